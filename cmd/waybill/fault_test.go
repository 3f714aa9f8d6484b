package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/pgtemp"
)

var faults = flag.Int("faults", 6, "how many faults the fault test makes on each engine")

// Whatever is answered with 202 arrives, however the ways to the database and to
// the receiver misbehave.
func TestFaults(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			in := newInbox(t, 0)
			f := &faulty{receiver: newProxy(t, hostOf(t, in.url))}
			in.url = "https://" + f.receiver.addr()
			database := filepath.Join(t.TempDir(), "waybill.db")
			if engine == "postgres" {
				database = f.postgres(t)
			}
			n := newNode(database, in)
			n.stderr = io.Discard // it has much to tell
			n.begin(t)
			n.addTriggerThat(t, in, `"retry":{"preset":"custom","custom":{"first":"1s","factor":1,"longest":"1s","retries":1000}}`)

			posters := startPosters(t, n)
			for range *faults {
				pause(t, time.Duration(100+rand.IntN(300))*time.Millisecond)
				f.fault(t)
			}
			pause(t, 100*time.Millisecond)
			accepted := posters.stop()
			lost := in.await(t, accepted, 2*time.Minute)
			t.Logf("%s: %v, accepted %d, delivered %d, repeated %d, failed %d, lost %d",
				engine, f.made, len(accepted), in.different(), in.repeats(), n.failed(t), len(lost))
			if len(lost) > 0 {
				t.Errorf("lost %d events that were answered with 202, such as %v", len(lost), lost[:min(5, len(lost))])
			}
			if len(accepted) < *faults {
				t.Errorf("only %d events were accepted over %d faults, which proves little", len(accepted), *faults)
			}
			in.checkIDs(t)
		})
	}
}

// faulty is what a server depends on and can be made to fail.
type faulty struct {
	receiver *proxy
	database *proxy         // nil on SQLite
	server   *pgtemp.Server // the database's
	made     map[string]int // faults by name
}

// postgres starts a server of its own, since it is to be restarted, and returns the
// URL of a database behind a proxy.
func (f *faulty) postgres(t *testing.T) string {
	t.Helper()
	server, err := pgtemp.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	direct, _, err := server.NewDatabase(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f.server, f.database = server, newProxy(t, hostOf(t, direct))
	u, err := url.Parse(direct)
	if err != nil {
		t.Fatal(err)
	}
	u.Host = f.database.addr()
	return u.String()
}

// fault makes one fault, and ends it.
func (f *faulty) fault(t *testing.T) {
	t.Helper()
	at, name := f.receiver, "receiver"
	if f.database != nil && rand.IntN(3) > 0 {
		at, name = f.database, "database"
	}
	kind := rand.IntN(4)
	if kind == 3 && at != f.database {
		kind = rand.IntN(3)
	}
	if f.made == nil {
		f.made = make(map[string]int)
	}
	f.made[name+" "+[]string{"cut", "silent", "slow", "restarted"}[kind]]++
	switch kind {
	case 0:
		at.set(cut)
		pause(t, time.Duration(rand.IntN(500))*time.Millisecond)
	case 1: // half-open: nobody is told
		at.set(silent)
		pause(t, time.Duration(200+rand.IntN(1500))*time.Millisecond)
		at.set(cut)
	case 2:
		at.set(slow)
		pause(t, time.Duration(rand.IntN(1000))*time.Millisecond)
	case 3:
		if err := f.server.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	at.set(passing)
}

func hostOf(t *testing.T, raw string) string {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

// failed returns how many deliveries have failed.
func (n *node) failed(t *testing.T) int {
	t.Helper()
	status, body, err := n.call(t.Context(), http.MethodGet, "/api/v1/companies/acme/deliveries?state=failed&limit=200", "", "")
	if err != nil || status != http.StatusOK {
		t.Fatalf("the failed deliveries: %d %s, %v", status, body, err)
	}
	var page struct{ Items []any }
	if err := json.Unmarshal([]byte(body), &page); err != nil {
		t.Fatal(fmt.Errorf("read the failed deliveries: %w", err))
	}
	return len(page.Items)
}
