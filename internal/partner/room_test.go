package partner_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybillhq/waybill/internal/store"
	"github.com/waybillhq/waybill/internal/store/storetest"
	"github.com/waybillhq/waybill/internal/trade"
)

// slow is a store that holds up acme's readers until it is told.
type slow struct {
	*store.Store
	release chan struct{}
	reading atomic.Int32
}

func (s *slow) State(ctx context.Context, company string, e trade.Entity) (trade.State, error) {
	if company == "acme" {
		s.reading.Add(1)
		defer s.reading.Add(-1)
		<-s.release
	}
	return s.Store.State(ctx, company, e)
}

// Many answers to one company at a time don't take the room of another.
func TestAnswersAreNotMadeWithoutRoom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &slow{Store: storetest.Open(t), release: make(chan struct{})}
		w := newHandler(t, s.Store, slog.New(slog.DiscardHandler))
		w.handler = w.serveFrom(s, storetest.Keys(t), slog.New(slog.DiscardHandler))
		for _, company := range []string{"acme", "rival"} {
			w.putOrder(t, company, order("4711", 1), time.Now())
		}
		var waiting sync.WaitGroup
		for range 8 {
			waiting.Go(func() {
				if rec := w.call(t, "GET", "/v2/order/4711", "", "acme:"+w.keys["acme reader"]); rec.Code != 200 {
					t.Errorf("one that had room = %d %s, want 200", rec.Code, rec.Body)
				}
			})
		}
		synctest.Wait()
		if n := s.reading.Load(); n != 8 {
			t.Errorf("%d are being read, want 8", n)
		}
		begun := time.Now()
		rec := w.call(t, "GET", "/v2/order/4711", "", "acme:"+w.keys["acme reader"])
		if took := time.Since(begun); rec.Code != 503 || rec.Header().Get("Retry-After") != "1" || took != 10*time.Second {
			t.Errorf("one without room = %d %s after %s, want 503 after 10s", rec.Code, rec.Body, took)
		}
		if rec := w.call(t, "GET", "/v2/order/4711", "", "rival:"+w.keys["rival reader"]); rec.Code != 200 {
			t.Errorf("another company's = %d %s, want 200", rec.Code, rec.Body)
		}
		close(s.release)
		waiting.Wait()
		if rec := w.call(t, "GET", "/v2/order/4711", "", "acme:"+w.keys["acme reader"]); rec.Code != 200 {
			t.Errorf("when there is room again = %d %s, want 200", rec.Code, rec.Body)
		}
	})
}

// failing is a store in which one version can't be read.
type failing struct {
	*store.Store
	id string
}

var errDisk = errors.New("the disk is gone")

func (f *failing) StateVersion(ctx context.Context, company string, e trade.Entity, version int64) (trade.State, error) {
	if e.ID == f.id {
		return trade.State{}, errDisk
	}
	return f.Store.StateVersion(ctx, company, e, version)
}

// Whoever gets a part of a page is not to take it for the whole.
func TestAPageThatBreaksOffIsNotTakenForAWhole(t *testing.T) {
	t.Parallel()
	for id, whole := range map[string]bool{"a": true, "b": false} { // the first can be said properly
		s := &failing{Store: storetest.Open(t), id: id}
		w := newHandler(t, s.Store, slog.New(slog.DiscardHandler))
		var logged journal
		server := httptest.NewServer(w.serveFrom(s, storetest.Keys(t), slog.New(slog.NewTextHandler(&logged, nil))))
		t.Cleanup(server.Close)
		for i, id := range []string{"a", "b"} {
			w.putOrder(t, "acme", order(id, 1), time.Now().Add(time.Duration(i-60)*time.Minute))
		}
		resp, err := server.Client().Do(request(t, "POST", server.URL+orderPoll, `{}`, "acme:"+w.keys["acme reader"]))
		if err != nil {
			if whole {
				t.Errorf("the answer without its first order: %v, want 500", err)
			}
			continue // it broke off before its head was sent
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		switch {
		case whole && (resp.StatusCode != 500 || err != nil || strings.Contains(string(body), errDisk.Error())):
			t.Errorf("without the first order = %d %s, %v, want 500 that doesn't say why", resp.StatusCode, body, err)
		case !whole && err == nil:
			t.Errorf("without the second order = %d %s, want that it breaks off", resp.StatusCode, body)
		}
		if text := logged.text(); !strings.Contains(text, errDisk.Error()) || !strings.Contains(text, "level=ERROR") {
			t.Errorf("the log says %s, want why", text)
		}
	}
}

// A page is read one state after the other, whatever they add up to.
func TestALargePageIsSentInParts(t *testing.T) {
	t.Parallel()
	s := &counting{Store: storetest.Open(t)}
	w := newHandler(t, s.Store, slog.New(slog.DiscardHandler))
	w.handler = w.serveFrom(s, storetest.Keys(t), slog.New(slog.DiscardHandler))
	for i := range 20 {
		state := strings.Replace(order(strconv.Itoa(i), 1), `"shelf":"B 4"`, `"shelf":"`+strings.Repeat("x", 2<<20)+`"`, 1)
		w.putOrder(t, "acme", state, time.Now().Add(time.Duration(i-60)*time.Minute))
	}
	rec := &meter{ResponseRecorder: httptest.NewRecorder(), store: s}
	w.handler.ServeHTTP(rec, request(t, "POST", orderPoll, `{}`, "acme:"+w.keys["acme reader"]))
	if rec.bytes < 40<<20 || rec.Code != 200 {
		t.Errorf("the page = %d with %d bytes, want 200 with all", rec.Code, rec.bytes)
	}
	if rec.ahead > 1 {
		t.Errorf("%d states were read before one was sent, want one", rec.ahead)
	}
	if s.whole {
		t.Error("the states of the page were read all at once")
	}
}

// counting counts the states that are read.
type counting struct {
	*store.Store
	read  int
	whole bool // more than one with its JSON at a time
}

func (c *counting) StateVersion(ctx context.Context, company string, e trade.Entity, version int64) (trade.State, error) {
	c.read++
	return c.Store.StateVersion(ctx, company, e, version)
}

func (c *counting) States(ctx context.Context, q trade.StateQuery) ([]trade.State, error) {
	c.whole = c.whole || !q.Bare
	return c.Store.States(ctx, q)
}

// meter measures what is written.
type meter struct {
	*httptest.ResponseRecorder
	store *counting
	bytes int
	ahead int // the most states that were read and not sent
}

func (m *meter) Write(b []byte) (int, error) {
	sent := m.bytes / (2 << 20)
	m.ahead = max(m.ahead, m.store.read-sent)
	m.bytes += len(b)
	return len(b), nil
}

// lazy is a client that takes its time for each part, and notes how long it is given.
type lazy struct {
	*httptest.ResponseRecorder
	latest time.Time
}

func (l *lazy) SetWriteDeadline(deadline time.Time) error {
	if deadline.After(l.latest) {
		l.latest = deadline
	}
	return nil
}

func (l *lazy) Write(b []byte) (int, error) {
	time.Sleep(50 * time.Second)
	if !time.Now().Before(l.latest) {
		return 0, os.ErrDeadlineExceeded
	}
	return len(b), nil
}

// A client that reads slowly, and yet in time, doesn't take up room for ever.
func TestNoAnswerLastsForever(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newHandler(t, storetest.Open(t), slog.New(slog.DiscardHandler))
		w.putOrder(t, "acme", strings.Replace(order("1", 1), `"B 4"`, `"`+strings.Repeat("x", 2<<20)+`"`, 1), time.Now().Add(-time.Hour))
		begun := time.Now()
		client := &lazy{ResponseRecorder: httptest.NewRecorder()}
		defer func() {
			if recover() != http.ErrAbortHandler { //nolint:errorlint // it is panicked with as it is
				t.Error("the answer has an end, want that it breaks off")
			}
			if took := time.Since(begun); took != 10*time.Minute || !client.latest.Equal(begun.Add(took)) {
				t.Errorf("the client was given %s and time until %s, want 10m0s", took, client.latest.Sub(begun))
			}
		}()
		w.handler.ServeHTTP(client, request(t, "POST", orderPoll, `{}`, "acme:"+w.keys["acme reader"]))
	})
}
