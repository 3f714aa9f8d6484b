package store_test

import (
	"bytes"
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/store"
	"github.com/waybillhq/waybill/internal/store/storetest"
)

// hookOf returns the hook of addHooks whose password has a number.
func hookOf(t *testing.T, st *store.Store, i int) hook.Hook {
	t.Helper()
	for _, h := range st.Directory().Hooks {
		if "recognisable-"+h.Title == password(i) {
			return *h
		}
	}
	t.Fatalf("there is no hook %d", i)
	return hook.Hook{}
}

func TestOneLockedPasswordLeavesTheRestReadable(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, e engine) {
		lock := &storetest.Lock{Keys: storetest.Keys(t)}
		guest := openStore(t, e, storetest.Keys(t))
		addHooks(t, guest)
		k := operatorKey()
		if err := guest.AddKey(t.Context(), k, account.Entry{}); err != nil {
			t.Fatal(err)
		}
		closeStore(t, guest)

		lock.Lock(hook.Secret(password(2)))
		st := openStore(t, e, lock)
		if st.Keys()[k.Digest] == nil {
			t.Error("the key is not known")
		}
		if err := st.RevokeKey(t.Context(), "", k.ID, time.Now(), account.Entry{}); err != nil {
			t.Errorf("RevokeKey = %v, want nil", err)
		}
		if st.Keys()[k.Digest] != nil {
			t.Error("the key is known after it was revoked")
		}
		for i := range hooks {
			want := hook.Auth{Kind: hook.BasicAuth, User: "recognisable-user", Secret: hook.Secret(password(i))}
			if i == 2 {
				want.Secret = ""
			}
			got := hookOf(t, st, i)
			want.SetAt = got.Auth.SetAt
			if !cmp.Equal(got.Auth, want) || got.Auth.SetAt.IsZero() || got.Sends(time.Now()) != (i != 2 && got.Enabled) {
				t.Errorf("hook %d is %+v, sends %t, want %+v", i, got.Auth, got.Sends(time.Now()), want)
			}
		}
		closeStore(t, st)
	})
}

func TestALockedPasswordIsKeptUntilItIsSetAnew(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, e engine) {
		lock := &storetest.Lock{Keys: storetest.Keys(t)}
		st := openStore(t, e, lock)
		addHooks(t, st)
		lock.Lock(hook.Secret(password(0)))
		closeStore(t, st)
		st = openStore(t, e, lock)
		h := hookOf(t, st, 0)
		change := func() {
			t.Helper()
			h.Version++
			if err := st.ChangeHook(t.Context(), h, account.Entry{}); err != nil {
				t.Fatal(err)
			}
		}
		h.URL = "https://receiver.example/elsewhere"
		change()
		lock.Lock("")
		closeStore(t, st)
		st = openStore(t, e, lock)
		if got := hookOf(t, st, 0); string(got.Auth.Secret) != password(0) || len(got.Locked) != 0 {
			t.Errorf("after another change the password is %q, locked %q, want %q", string(got.Auth.Secret), got.Locked, password(0))
		}

		lock.Lock(hook.Secret(password(0)))
		h.Auth, h.Locked = hook.Auth{Kind: hook.BasicAuth, User: "recognisable-user", Secret: "another"}, nil
		change()
		if got := st.Directory().Hooks[h.ID]; string(got.Auth.Secret) != "another" || !got.Sends(time.Now()) {
			t.Errorf("set anew, the password is %q, and the hook sends: %t", string(got.Auth.Secret), got.Sends(time.Now()))
		}
		closeStore(t, st)
	})
}

// logged is what was logged, by lines.
type logged struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logged) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.buf.String(), text)
}

func TestALockedPasswordIsToldOnceAndTriedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lock := &storetest.Lock{Keys: storetest.Keys(t)}
		st, err := store.OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "test.db"), lock)
		st = closed(t, st, err)
		addHooks(t, st)
		h := hookOf(t, st, 1)
		var log logged
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- st.Watch(ctx, slog.New(slog.NewTextHandler(&log, nil)), func([]uuid.UUID) {}) }()
		lock.Lock(hook.Secret(password(1)))
		storetest.AddHook(t, st, "OrderChanged", "https://receiver.example/") // has the others read
		time.Sleep(time.Minute)
		if n := log.count("cannot be opened"); n != 1 || log.count(h.ID.String()) != 1 {
			t.Errorf("the log tells %d times of a locked password, want once, with the hook", n)
		}
		if got := hookOf(t, st, 1); len(got.Locked) != 1 {
			t.Errorf("the hook's secrets %q are locked, want one", got.Locked)
		}
		before := st.Directory()
		time.Sleep(time.Minute)
		if st.Directory() != before {
			t.Error("the directory was made anew though nothing has changed")
		}

		lock.Lock("")
		time.Sleep(10 * time.Second)
		if got := hookOf(t, st, 1); string(got.Auth.Secret) != password(1) || log.count("no longer missing") != 1 {
			t.Errorf("with the key there, the password is %q, and the log tells %d times of it", string(got.Auth.Secret), log.count("no longer missing"))
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
