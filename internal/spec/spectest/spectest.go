// Package spectest makes receivers of webhooks from our OpenAPI documents, by
// generators that nobody here wrote, for tests that send to them.
package spectest

import (
	"context"
	"net/http"
	"net/http/httputil"
	neturl "net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/waybillhq/waybill/internal/nodetest"
	"github.com/waybillhq/waybill/internal/spec"
)

// The paths of a receiver; orders and shipments are GET webhooks' too, with an ID as
// one more segment.
const (
	Orders         = "/orders"
	OrderDocuments = "/order-documents"
	Shipments      = "/shipments"
	Documents      = "/documents"
	Events         = "/events"
)

// Go makes a receiver in Go (with ogen), starts it, and returns its URL. It answers 204
// to what is as the documents say, and 400 or another status to everything else,
// saying why. It speaks plain HTTP on loopback, takes any credentials, but wants
// some, and ends with the test.
func Go(tb testing.TB) string {
	tb.Helper()
	dir := tb.TempDir()
	copyFiles(tb, filepath.Join(here(tb), "testdata", "go"), dir, "go.mod", "go.sum", "main.go", "ogen.yml")
	generator := filepath.Join(dir, "ogen")
	run(tb, dir, "go", "build", "-o", generator, "github.com/ogen-go/ogen/cmd/ogen")
	for _, name := range write(tb, dir) {
		pkg := strings.ReplaceAll(name, "-", "")
		run(tb, dir, generator, "--package", pkg, "--target", pkg, "--config", "ogen.yml", filepath.Join("documents", name+".json"))
	}
	program := filepath.Join(dir, "receiver")
	run(tb, dir, "go", "build", "-trimpath", "-o", program, ".")
	return start(tb, dir, program)
}

// Node makes a receiver in TypeScript (with openapi-ts and zod), which is as Go's, but
// wants no credentials.
func Node(tb testing.TB) string {
	tb.Helper()
	source := filepath.Join(here(tb), "testdata", "npm")
	modules, err := nodetest.Install(tb.Context(), "receivers", source)
	if err != nil {
		tb.Fatal(err)
	}
	dir := tb.TempDir()
	copyFiles(tb, source, dir, "package.json", "generate.mjs", "tsconfig.json")
	if err := os.Symlink(filepath.Join(modules, "node_modules"), filepath.Join(dir, "node_modules")); err != nil {
		tb.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "src"), 0o700); err != nil {
		tb.Fatal(err)
	}
	copyFiles(tb, source, filepath.Join(dir, "src"), "server.ts")
	run(tb, dir, "node", append([]string{"generate.mjs"}, write(tb, dir)...)...)
	run(tb, dir, "node", "node_modules/typescript/bin/tsc", "-p", "tsconfig.json")
	return start(tb, dir, "node", "out/server.js")
}

// here returns the folder of this file.
func here(tb testing.TB) string {
	tb.Helper()
	_, file, _, ok := runtime.Caller(0)
	if !ok {
		tb.Fatal("the folder of package spectest isn't known")
	}
	return filepath.Dir(file)
}

// write puts the documents into a folder of their own within dir and returns their
// names.
func write(tb testing.TB, dir string) []string {
	tb.Helper()
	if err := os.Mkdir(filepath.Join(dir, "documents"), 0o700); err != nil {
		tb.Fatal(err)
	}
	var names []string
	for _, s := range spec.All() {
		for form, document := range map[string]func() ([]byte, error){".json": s.JSON, ".3.0.json": s.OpenAPI30, ".yaml": s.YAML} {
			raw, err := document()
			if err != nil {
				tb.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "documents", s.Name+form), raw, 0o600); err != nil {
				tb.Fatal(err)
			}
		}
		names = append(names, s.Name)
	}
	return names
}

func copyFiles(tb testing.TB, from, to string, names ...string) {
	tb.Helper()
	for _, name := range names {
		raw, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			tb.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(to, name), raw, 0o600); err != nil {
			tb.Fatal(err)
		}
	}
}

// run runs a program to its end.
func run(tb testing.TB, dir, program string, args ...string) {
	tb.Helper()
	cmd := exec.CommandContext(tb.Context(), program, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		tb.Fatalf("%s %s: %v\n%s", filepath.Base(program), strings.Join(args, " "), err, out)
	}
}

// start starts a program that prints its URL and ends when its input does, which is
// when the test ends.
func start(tb testing.TB, dir, program string, args ...string) string {
	tb.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(tb.Context()), program, args...)
	cmd.Dir = dir
	return nodetest.Run(tb, cmd).Line(tb)
}

// Front returns a handler that passes everything on to the receiver at the URL, for
// tests whose deliveries need TLS before it.
func Front(tb testing.TB, url string) http.Handler {
	tb.Helper()
	target, err := neturl.Parse(url)
	if err != nil {
		tb.Fatal(err)
	}
	return &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}
}
