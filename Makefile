.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

BENCH    ?= --events 50000
GROWN    ?= --waiting 1000000 --settled 10000000
CANCEL   ?= 100000
FUZZTIME ?= 30s
KILLS    ?= 200
FAULTS   ?= 100
EVENTS   ?= 200000
# SQLite and the hashes of passwords take three times as long while the detector
# watches each of their steps, and their inner races are not ours to find. Only
# packages without generics: the linker may take what they instantiate for all others.
UNWATCHED := $(foreach p,modernc.org/sqlite/lib golang.org/x/crypto/argon2 golang.org/x/crypto/blake2b,-gcflags=$(p)=-race=false)
LINT     := go tool -modfile=tools/go.mod golangci-lint

.PHONY: help build run demo test check race lint fix generate fuzz cover vuln bench bench-queue bench-documents bench-orders soak

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## Build the one static binary, bin/waybill
	@scripts/need go
	CGO_ENABLED=0 go build -trimpath -o bin/waybill ./cmd/waybill

run: ## Run the server with its default settings
	@scripts/need go
	CGO_ENABLED=0 go run ./cmd/waybill serve

demo: ## Show Waybill at work, with a receiver and nothing to set up
	@scripts/need go
	CGO_ENABLED=0 go run ./cmd/waybill demo

test: ## Run the tests, on SQLite and on PostgreSQL
	@scripts/need go
	@scripts/need postgres
	@scripts/need node
	@scripts/need nginx
	@scripts/need xmllint
	go test ./...

check: generate lint race ## All that must pass before a change lands

generate: ## Regenerate; fail if what is in the tree was not up to date
	@scripts/need go
	scripts/check-generated

lint: ## Check the form of the code (the first run builds the linter, minutes)
	@scripts/need go
	$(LINT) config verify
	$(LINT) run

race: ## Run the tests in random order with the race detector
	@scripts/need go
	@scripts/need postgres
	@scripts/need node
	@scripts/need nginx
	@scripts/need xmllint
	@scripts/need gcc
	CGO_ENABLED=1 go test -race $(UNWATCHED) -shuffle=on -timeout=20m ./...

fix: ## Format, modernise and repair what the linters can
	go fix ./...
	$(LINT) run --fix

fuzz: ## Fuzz each target for FUZZTIME (30s)
	scripts/fuzz $(FUZZTIME)

cover: ## Show how much of the code the tests run
	@scripts/need postgres
	@scripts/need node
	@scripts/need nginx
	@scripts/need xmllint
	go test -coverpkg=./internal/... -coverprofile=cover.out ./...
	@go tool cover -func=cover.out | tail -1

vuln: ## Look for known holes in what is linked (needs the network)
	go tool -modfile=tools/go.mod govulncheck ./...

bench: ## Measure deliveries per second on both engines (BENCH="--events 50000")
	@scripts/need postgres
	CGO_ENABLED=0 go run ./cmd/waybill bench --engine sqlite $(BENCH)
	CGO_ENABLED=0 go run ./cmd/waybill bench --engine postgres $(BENCH)

bench-queue: ## Measure long queues (GROWN="--waiting 1000000 --settled 10000000") and a job that cancels CANCEL (100000); an hour or more, 20 GB
	@scripts/need postgres
	CGO_ENABLED=0 go run ./cmd/waybill bench --engine sqlite --grown $(GROWN)
	CGO_ENABLED=0 go run ./cmd/waybill bench --engine postgres --grown $(GROWN)
	CGO_ENABLED=0 go run ./cmd/waybill bench --engine sqlite --cancel $(CANCEL)
	CGO_ENABLED=0 go run ./cmd/waybill bench --engine postgres --cancel $(CANCEL)

soak: ## Make KILLS (200) kills and FAULTS (100) faults, send EVENTS (200000) by three nodes, and look for what was lost
	@scripts/need postgres
	go test ./cmd/waybill -run TestCrash -crash-kills=$(KILLS) -count=1 -timeout=30m -v
	go test ./cmd/waybill -run TestFaults -faults=$(FAULTS) -count=1 -timeout=30m -v
	go test ./cmd/waybill -run TestThreeNodes -cluster-events=$(EVENTS) -count=1 -timeout=30m -v
	go test ./cmd/waybill -run TestDocumentsSurviveCrashes -document-kills=$(KILLS) -count=1 -timeout=30m -v

bench-documents: ## Bring 1000 documents of 1 MiB and one of 500 MiB, and say what memory that took
	@scripts/need postgres
	go test ./cmd/waybill -run TestDocumentsInBoundedMemory -documents=1000 -document-size=1048576 -large-document=524288000 -count=1 -timeout=60m -v

bench-orders: ## Measure that the largest order is told within a second, on both engines
	@scripts/need postgres
	go test ./internal/app -run TestTheLargestOrder -parallel=1 -v -count=1 -largest-time=1s
