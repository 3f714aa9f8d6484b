package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/app"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/pgtemp"
	"github.com/waybillhq/waybill/internal/store"
)

const rekeyHooks = 120

// A rekey that is killed and run again leaves every secret readable, also for a
// server that runs all the while.
func TestRekeyKilledHalfway(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			database := filepath.Join(t.TempDir(), "waybill.db")
			if engine == "postgres" {
				database = pgtemp.Database(t)
			}
			in := newInbox(t, 0)
			n := startNode(t, database, in)
			n.addTrigger(t, in)
			books := app.Secrets{File: filepath.Join(filepath.Dir(in.trust), "waybill.key")}
			fillBooks(t, database, books)

			stop := n.keepChanging(t, in)
			left := 0
			for range 10 { // now and then it is done before it is killed
				killRekey(t, database, books)
				if left = countOld(t, database, books); left > 0 {
					break
				}
			}
			t.Logf("%s: when it was killed, %d secrets of %d and more were to be sealed", engine, left, rekeyHooks)
			out := runRekey(t, database, books)
			if !strings.Contains(out, "Sealed with an older key still") || strings.Contains(out, "Added a new key") {
				t.Errorf("run again, rekey says %q, want that it goes on", out)
			}
			if out = runRekey(t, database, books); !strings.Contains(out, "Added a new key") {
				t.Errorf("run once more, rekey says %q, want a new key", out)
			}
			stop()
			if left := countOld(t, database, books); left > 0 {
				t.Errorf("%d secrets are not sealed with the newest key", left)
			}
			forgetKeys(t, database, books)
			n.kill(t)
			n.start(t)
			countOld(t, database, books) // all of them can be read
		})
	}
}

// fillBooks adds hooks with passwords, and checks them when the test ends.
func fillBooks(t *testing.T, database string, x app.Secrets) {
	t.Helper()
	s := openBooks(t, database, x)
	for i := range rekeyHooks {
		err := s.AddHook(t.Context(), hook.Hook{
			ID: uuid.Must(uuid.NewV7()), Company: "acme", Kind: hook.Trigger, Version: 1, Title: fmt.Sprintf("secret-%d", i),
			EventTypes: []string{"ProductChanged"}, URL: "https://receiver.example/", CreatedAt: time.Now(), UpdatedAt: time.Now(),
			Auth: hook.Auth{Kind: hook.BasicAuth, User: "erp", Secret: hook.Secret(fmt.Sprintf("secret-%d", i))},
		}, account.Entry{})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func openBooks(t *testing.T, database string, x app.Secrets) *store.Store {
	t.Helper()
	s, _, err := app.OpenGuest(t.Context(), database, x)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// countOld returns how many secrets are not sealed with the newest key, and
// checks that all can be read.
func countOld(t *testing.T, database string, x app.Secrets) int {
	t.Helper()
	s := openBooks(t, database, x)
	found := 0
	for _, h := range s.Directory().Hooks {
		if strings.HasPrefix(h.Title, "secret-") && h.Title == string(h.Auth.Secret) {
			found++
		}
	}
	if found != rekeyHooks {
		t.Errorf("%d passwords can be read, want %d", found, rekeyHooks)
	}
	old, err := s.OldSecrets(t.Context())
	if err = errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	return old
}

// forgetKeys forgets all keys but the newest, as if that were hours old.
func forgetKeys(t *testing.T, database string, x app.Secrets) {
	t.Helper()
	before := time.Now().Add(-2 * time.Hour)
	if err := os.Chtimes(x.File, before, before); err != nil {
		t.Fatal(err)
	}
	cmd := rekeyProcess(t, database, x)
	cmd.Args = append(cmd.Args, "--forget")
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "Older keys forgotten: ") {
		t.Errorf("rekey --forget = %s, %v, want older keys forgotten", out, err)
	}
}

func rekeyProcess(t *testing.T, database string, x app.Secrets) *exec.Cmd {
	t.Helper()
	path, err := waybill()
	if err != nil {
		t.Fatal(err)
	}
	return exec.Command(path, "rekey", "--database="+database, "--secrets-file="+x.File)
}

func runRekey(t *testing.T, database string, x app.Secrets) string {
	t.Helper()
	out, err := rekeyProcess(t, database, x).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "All secrets are sealed with the newest key.") {
		t.Errorf("rekey = %s, %v, want all secrets sealed", out, err)
	}
	return string(out)
}

// killRekey kills a rekey when it has sealed the first secrets.
func killRekey(t *testing.T, database string, x app.Secrets) {
	t.Helper()
	cmd := rekeyProcess(t, database, x)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() && !strings.HasPrefix(lines.Text(), "Sealed ") {
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
}

// keepChanging adds triggers with passwords until stop is called: each time, the
// server reads all the others anew.
func (n *node) keepChanging(t *testing.T, in *inbox) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan int)
	go func() {
		made := 0
		for ; ctx.Err() == nil; made++ {
			body := fmt.Sprintf(`{"title":"later","eventTypes":["OrderChanged"],"url":%q,"auth":{"type":"basic","user":"u","secret":"later-%d"}}`,
				in.url+"/later", made)
			status, text, err := n.call(context.WithoutCancel(ctx), http.MethodPost, "/api/v1/companies/acme/hooks/triggers", "application/json", body)
			if err != nil || status != http.StatusCreated {
				t.Errorf("adding a trigger beside rekey = %d %s, %v", status, text, err)
				break
			}
			pause(t, 20*time.Millisecond)
		}
		done <- made
	}()
	return func() {
		cancel()
		if made := <-done; made == 0 {
			t.Error("the server changed nothing beside rekey, which proves nothing")
		}
	}
}
