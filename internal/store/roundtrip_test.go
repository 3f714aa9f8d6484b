package store_test

import (
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/pgtemp"
	"github.com/waybillhq/waybill/internal/store"
	"github.com/waybillhq/waybill/internal/store/storetest"
)

// A node may hold a great many deliveries and have seconds to hand them back,
// over a network where each round trip takes a millisecond or more.
func TestManyDeliveriesAreMovedInFewRoundTrips(t *testing.T) {
	t.Parallel()
	const many, few = 2000, 50
	w := tap(t, pgtemp.Database(t))
	st, err := store.OpenPostgres(t.Context(), w.url, storetest.Keys(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	plain := storetest.AddHook(t, st, "OrderChanged", "https://receiver.example/")
	unique := plain
	unique.Queue.Unique = true
	for _, h := range []hook.Hook{plain, unique} {
		node, ds := held(t, st, h, many)
		before := w.writes.Load()
		if err := st.HandBack(t.Context(), node, ds); err != nil {
			t.Fatal(err)
		}
		if n := w.writes.Load() - before; n > few {
			t.Errorf("%+v: handing back %d deliveries took %d writes to the server, want at most %d", h.Queue, many, n, few)
		}
		for _, d := range ds[many-3:] {
			if d, err := st.Delivery(t.Context(), d.Company, d.ID); err != nil || d.State != hook.Waiting || d.Attempt != 0 {
				t.Fatalf("what was handed back is %+v, %v, want it to wait", d, err)
			}
		}

		node, _ = held(t, st, h, many)
		if err := st.Leave(t.Context(), node); err != nil {
			t.Fatal(err)
		}
		before = w.writes.Load()
		if n, err := st.TakeOver(t.Context(), time.Now(), many); n != many || err != nil {
			t.Fatalf("%+v: TakeOver = %d, %v, want %d", h.Queue, n, err, many)
		}
		if n := w.writes.Load() - before; n > few {
			t.Errorf("%+v: taking over %d deliveries took %d writes to the server, want at most %d", h.Queue, many, n, few)
		}
	}
}

// held returns n deliveries of as many entities and the node that holds them.
func held(t *testing.T, st *store.Store, h hook.Hook, n int) (uuid.UUID, []hook.Delivery) {
	t.Helper()
	node, now := storetest.NewID(), time.Now()
	if err := st.Join(t.Context(), node, now, now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	as := make([]hook.Acceptance, n)
	for i := range as {
		as[i] = storetest.Owe(storetest.Event("OrderChanged", storetest.NewID().String(), now), h)
	}
	if _, err := st.Accept(t.Context(), node, as); err != nil {
		t.Fatal(err)
	}
	jobs, _, err := st.Claim(t.Context(), node, now, []hook.Want{{HookID: h.ID, Limit: n, Bytes: 1 << 30}})
	if err != nil || len(jobs) != n {
		t.Fatalf("Claim = %d deliveries, %v, want %d", len(jobs), err, n)
	}
	ds := make([]hook.Delivery, n)
	for i := range jobs {
		ds[i] = jobs[i].Delivery
	}
	return node, ds
}

// wire is a way to a PostgreSQL server that counts what is written to it.
type wire struct {
	url    string
	writes atomic.Int64
}

// tap returns a wire to the database that dbURL names. It lives as long as the
// test.
func tap(t *testing.T, dbURL string) *wire {
	t.Helper()
	config, err := pgx.ParseConfig(dbURL)
	if err != nil {
		t.Fatal(err)
	}
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{url: (&url.URL{
		Scheme: "postgres", User: url.UserPassword(config.User, config.Password), Host: ln.Addr().String(),
		Path: "/" + config.Database, RawQuery: "sslmode=disable",
	}).String()}
	network, address := pgconn.NetworkAddress(config.Host, config.Port)
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			client, err := ln.Accept()
			if err != nil {
				return // closed
			}
			server, err := (&net.Dialer{}).DialContext(t.Context(), network, address)
			if err != nil {
				client.Close()
				continue
			}
			wg.Go(func() { w.copy(server, client, &w.writes) })
			wg.Go(func() { w.copy(client, server, new(atomic.Int64)) })
		}
	})
	t.Cleanup(func() {
		ln.Close()
		wg.Wait()
	})
	return w
}

// copy copies until one side closes, closes the other, and counts the pieces.
func (*wire) copy(to io.WriteCloser, from io.Reader, pieces *atomic.Int64) {
	defer to.Close()
	buf := make([]byte, 256<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			pieces.Add(1)
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
