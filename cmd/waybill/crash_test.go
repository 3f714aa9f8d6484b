package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/pgtemp"
	"github.com/waybillhq/waybill/internal/receiver"
)

var crashKills = flag.Int("crash-kills", 20, "how often the crash test kills the server, on each engine")

// Whatever is answered with 202 arrives, however often the server is killed.
func TestCrash(t *testing.T) {
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

			posters := startPosters(t, n)
			for range *crashKills {
				pause(t, time.Duration(50+rand.IntN(400))*time.Millisecond)
				n.kill(t)
				n.start(t)
			}
			accepted := posters.stop()
			lost := in.await(t, accepted, time.Minute)
			t.Logf("%s: %d kills, accepted %d, arrived %d, repeated %d, lost %d",
				engine, *crashKills, len(accepted), in.different(), in.repeats(), len(lost))
			if len(lost) > 0 {
				t.Errorf("lost %d events that were answered with 202, such as %v", len(lost), lost[:min(5, len(lost))])
			}
			if len(accepted) < *crashKills {
				t.Errorf("only %d events were accepted over %d kills, which proves little", len(accepted), *crashKills)
			}
			in.checkIDs(t)
		})
	}
}

// What a node leaves behind when it is killed is delivered by the other.
func TestTwoNodes(t *testing.T) {
	t.Parallel()
	database := pgtemp.Database(t)
	in := newInbox(t, 20*time.Millisecond)
	a, b := startNode(t, database, in), startNode(t, database, in)
	a.addTrigger(t, in)
	b.awaitTrigger(t)

	var accepted []string
	for _, n := range []*node{a, b} {
		for range 10 {
			accepted = append(accepted, n.postBatch(t, 200)...)
		}
	}
	a.kill(t)
	killed := time.Now()
	lost := in.await(t, accepted, 30*time.Second)
	t.Logf("accepted %d, arrived %d, repeated %d, lost %d; all there %v after the kill",
		len(accepted), in.different(), in.repeats(), len(lost), time.Since(killed).Round(time.Millisecond))
	if len(lost) > 0 {
		t.Errorf("%d events were not delivered within 30 s", len(lost))
	}
	in.checkIDs(t)
}

// pause waits in real time, which a process under test lives in.
func pause(t *testing.T, d time.Duration) {
	t.Helper()
	select {
	case <-time.After(d):
	case <-t.Context().Done():
	}
}

// posters post events until they are stopped, each as often as it takes to have
// it accepted.
type posters struct {
	cancel   context.CancelFunc
	wg       sync.WaitGroup
	mu       sync.Mutex
	accepted []string
}

func startPosters(t *testing.T, n *node) *posters {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	p := &posters{cancel: cancel}
	for w := range 4 {
		p.wg.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				id := fmt.Sprintf("w%d-%d", w, i)
				if n.postUntilAnswered(ctx, id) {
					p.mu.Lock()
					p.accepted = append(p.accepted, id)
					p.mu.Unlock()
				}
				select {
				case <-ctx.Done():
				case <-time.After(2 * time.Millisecond):
				}
			}
		})
	}
	t.Cleanup(cancel)
	return p
}

func (p *posters) stop() []string {
	p.cancel()
	p.wg.Wait()
	return p.accepted
}

// inbox is a receiver that remembers which events have come, with which IDs.
type inbox struct {
	url   string
	trust string // file with its authority

	mu    sync.Mutex
	ids   map[string]map[string]int // by event: webhook ID → times
	count int
	now   map[string]int // requests under way, by webhook ID
	twice int            // requests that came while another of the same ID was under way
}

func newInbox(t *testing.T, delay time.Duration) *inbox {
	t.Helper()
	in := &inbox{ids: make(map[string]map[string]int), now: make(map[string]int)}
	in.url, in.trust = startReceiver(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		in.begin(r)
		defer in.end(r)
		select {
		case <-time.After(delay):
		case <-r.Context().Done():
		}
		in.receive(w, r)
	}))
	return in
}

// startReceiver starts a receiver that answers by h. It returns its URL, and the file of
// the authority that vouches for it.
func startReceiver(t *testing.T, h http.Handler) (url, trust string) {
	t.Helper()
	authority, err := receiver.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	cert, err := authority.Issue("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	srv, err := receiver.Listen(t.Context(), "127.0.0.1:0", cert, h)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- srv.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return srv.URL(), writeFile(t, "authority.pem", authority.PEM())
}

func (in *inbox) begin(r *http.Request) {
	in.mu.Lock()
	defer in.mu.Unlock()
	id := r.Header.Get("Webhook-Id")
	if in.now[id]++; in.now[id] > 1 {
		in.twice++
	}
}

func (in *inbox) end(r *http.Request) {
	in.mu.Lock()
	defer in.mu.Unlock()
	id := r.Header.Get("Webhook-Id")
	if in.now[id]--; in.now[id] == 0 {
		delete(in.now, id)
	}
}

func (in *inbox) overlaps() int {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.twice
}

func (in *inbox) receive(w http.ResponseWriter, r *http.Request) {
	var payload struct {
		EntityData struct{ OrderCode string } `json:"entityData"`
	}
	if err := json.NewDecoder(r.Body).Decode(&payload); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	event := payload.EntityData.OrderCode
	if in.ids[event] == nil {
		in.ids[event] = make(map[string]int)
	}
	in.ids[event][r.Header.Get("Webhook-Id")]++
	in.count++
}

// await waits until all events have come, and returns those that haven't in time.
func (in *inbox) await(t *testing.T, events []string, limit time.Duration) []string {
	t.Helper()
	deadline := time.Now().Add(limit)
	for {
		missing := in.missing(events)
		if len(missing) == 0 || time.Now().After(deadline) {
			return missing
		}
		pause(t, 50*time.Millisecond)
	}
}

func (in *inbox) missing(events []string) []string {
	in.mu.Lock()
	defer in.mu.Unlock()
	var missing []string
	for _, e := range events {
		if in.ids[e] == nil {
			missing = append(missing, e)
		}
	}
	return missing
}

func (in *inbox) different() int {
	in.mu.Lock()
	defer in.mu.Unlock()
	return len(in.ids)
}

func (in *inbox) repeats() int {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.count - len(in.ids)
}

// checkIDs checks that repeats of an event came with the same webhook ID.
func (in *inbox) checkIDs(t *testing.T) {
	t.Helper()
	in.mu.Lock()
	defer in.mu.Unlock()
	for event, ids := range in.ids {
		if len(ids) != 1 {
			t.Errorf("event %s came with %d webhook IDs, want 1", event, len(ids))
		}
	}
}

// eventJSON is an event whose payload carries its ID.
func eventJSON(id string) string {
	return fmt.Sprintf(`{"id":%q,"type":"OrderChanged","entityId":%q,"data":{"OrderId":1,"OrderCode":%q}}`, id, id, id)
}

// postUntilAnswered posts an event again and again until the server answers,
// and reports whether it was accepted before ctx ended.
func (n *node) postUntilAnswered(ctx context.Context, id string) bool {
	for ctx.Err() == nil {
		status, _, err := n.call(ctx, http.MethodPost, "/api/v1/companies/acme/events", "application/json", eventJSON(id))
		if err == nil && status == http.StatusAccepted {
			return true
		}
		select {
		case <-ctx.Done():
		case <-time.After(5 * time.Millisecond):
		}
	}
	return false
}

// postBatch posts count events in one call and returns their IDs.
func (n *node) postBatch(t *testing.T, count int) []string {
	t.Helper()
	var ids, lines []string
	for range count {
		id := fmt.Sprintf("b%d", rand.Uint64())
		ids, lines = append(ids, id), append(lines, eventJSON(id))
	}
	status, body, err := n.call(t.Context(), http.MethodPost, "/api/v1/companies/acme/events/batch",
		"application/x-ndjson", strings.Join(lines, "\n"))
	if err != nil || status != http.StatusOK || strings.Count(body, `"status":202`) != count {
		t.Fatal(errors.Join(err, fmt.Errorf("batch answered %d %s", status, body)))
	}
	return ids
}
