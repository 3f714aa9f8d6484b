package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/app"
	"github.com/waybillhq/waybill/internal/pgtemp"
	"github.com/waybillhq/waybill/internal/receiver"
)

const (
	operatorKey = "test-key-of-the-operator"
	acme        = "/api/v1/companies/acme"
)

// patience is how long something that must happen may take on a slow machine.
const patience = time.Minute

// rig is an App that runs, with a receiver.
type rig struct {
	app    *app.App
	url    string // of the API
	target string // of the receiver
}

// engines are the databases that an App runs on.
func engines() map[string]func(*testing.T) string {
	return map[string]func(*testing.T) string{
		"SQLite":     func(t *testing.T) string { t.Helper(); return filepath.Join(t.TempDir(), "waybill.db") },
		"PostgreSQL": func(t *testing.T) string { t.Helper(); return pgtemp.Database(t) },
	}
}

// startRig starts an App on a database, with the company acme, and a receiver that
// answers by h.
func startRig(t *testing.T, database string, h http.Handler, change func(*app.Options)) *rig {
	t.Helper()
	folder := t.TempDir()
	authority, err := receiver.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	roots := filepath.Join(folder, "authority.pem")
	if err := os.WriteFile(roots, authority.PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	cert, err := authority.Issue("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	target, err := receiver.Listen(t.Context(), "127.0.0.1:0", cert, h)
	if err != nil {
		t.Fatal(err)
	}
	o := app.Options{
		Listen: "127.0.0.1:0", Database: database, Secrets: app.Secrets{File: filepath.Join(folder, "waybill.key")},
		OperatorKey: operatorKey, Roots: []string{roots}, AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		Timeout: patience, ConnectTimeout: patience, Drain: patience, Concurrency: 4, MaxEvent: 1 << 20, MaxBatch: 1 << 20,
		Log: discard(), Version: "1.2.3",
	}
	change(&o)
	a, err := app.New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 2)
	go func() { done <- a.Run(ctx) }()
	go func() { done <- target.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-done, <-done); err != nil {
			t.Error(err)
		}
	})
	r := &rig{app: a, url: "http://" + a.Addr(), target: target.URL()}
	r.do(t, http.StatusCreated, "PUT", acme, `{"name":"Acme"}`, nil)
	return r
}

// do makes a request with the operator's key and returns the answer, which must
// have the status.
func (r *rig) do(t *testing.T, status int, method, path, body string, header http.Header) []byte {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, r.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+operatorKey)
	req.Header.Set("Content-Type", "application/json")
	maps.Copy(req.Header, header)
	got, text := exchange(t, req)
	if got != status {
		t.Fatalf("%s %s = %d %s, want %d", method, path, got, text, status)
	}
	return text
}

func exchange(t *testing.T, req *http.Request) (int, []byte) {
	t.Helper()
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, text
}

// addTrigger adds a trigger that tells the receiver, and returns its ID.
func (r *rig) addTrigger(t *testing.T, eventType, path, more string) string {
	t.Helper()
	var made struct{ ID string }
	body := r.do(t, http.StatusCreated, "POST", acme+"/hooks/triggers",
		`{"title":"test","eventTypes":["`+eventType+`"],"url":"`+r.target+path+`"`+more+`}`, nil)
	if err := json.NewDecoder(bytes.NewReader(body)).Decode(&made); err != nil {
		t.Fatal(err)
	}
	return made.ID
}

// await waits until ready says so.
func await(t *testing.T, what string, ready func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !ready(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }
