package signin_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/signin"
	"github.com/waybillhq/waybill/internal/store"
	"github.com/waybillhq/waybill/internal/store/storetest"
	"github.com/waybillhq/waybill/internal/trade"
)

const (
	password = "früh staubt die Leiter"
	other    = "spät klappert das Fenster"
	here     = "192.0.2.7" // where people are
)

// world is a gate with a real store, in which there is a company with an admin,
// Erika.
type world struct {
	*signin.Gate
	store    *store.Store
	operator string // key
	erika    account.User
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{store: storetest.Open(t), operator: account.NewKey(account.Operator)}
	w.Gate = w.gate(w.store)
	for _, id := range []string{"acme", "rival"} {
		w.addCompany(t, id)
	}
	hash, err := account.HashPassword(password)
	if err != nil {
		t.Fatal(err)
	}
	w.erika = w.addUser(t, account.User{Company: "acme", Email: "erika@acme.example", Role: account.Admin, Password: hash})
	return w
}

func (w *world) gate(s signin.Store) *signin.Gate {
	return signin.New(signin.Options{
		Store: s, Operator: account.Digest(w.operator), Log: slog.New(slog.DiscardHandler),
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8:f::/48")},
	})
}

func moment() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

func (w *world) addCompany(t *testing.T, id string) {
	t.Helper()
	c := trade.Company{ID: id, Name: id, Language: "de", TimeZone: "Europe/Berlin", CreatedAt: moment()}
	if _, err := w.store.PutCompany(t.Context(), c, account.Entry{}); err != nil {
		t.Fatal(err)
	}
}

func (w *world) addUser(t *testing.T, u account.User) account.User {
	t.Helper()
	u.ID, u.Name, u.Language, u.CreatedAt = storetest.NewID(), "Erika Mustermann", "de", moment()
	if err := w.store.AddUser(t.Context(), u, account.Entry{}); err != nil {
		t.Fatal(err)
	}
	return u
}

// change changes a user as they are now, and returns what is stored then.
func (w *world) change(t *testing.T, u account.User, change func(*account.User)) account.User {
	t.Helper()
	read, err := w.store.User(t.Context(), u.ID)
	if err != nil {
		t.Fatal(err)
	}
	next := read
	change(&next)
	stored, err := w.store.ChangeUser(t.Context(), read, next)
	if err != nil {
		t.Fatal(err)
	}
	return stored
}

// meanwhile lets something happen, once, just before the gate stores what it
// has decided about a user.
func (w *world) meanwhile(do func()) { w.Gate = w.gate(&overtaken{Store: w.store, do: do}) }

// addKey adds a key of a company and returns both forms of it.
func (w *world) addKey(t *testing.T, company string, role account.Role, expires time.Time) (string, account.Key) {
	t.Helper()
	key := account.NewKey(role)
	k := account.Key{
		ID: storetest.NewID(), Company: company, Role: role, Name: "shop", Prefix: account.PrefixOf(key),
		Digest: account.Digest(key), CreatedAt: moment(), ExpiresAt: expires,
	}
	if err := w.store.AddKey(t.Context(), k, account.Entry{}); err != nil {
		t.Fatal(err)
	}
	return key, k
}

// signIn signs Erika in.
func (w *world) signIn(t *testing.T) signin.Signed {
	t.Helper()
	s, err := w.SignIn(t.Context(), signin.Credentials{Email: w.erika.Email, Password: password}, here, "Browser/1")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// with identifies a request that has a header, from here.
func (w *world) with(t *testing.T, name, value string) (account.Actor, error) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	r.RemoteAddr = here + ":4711"
	r.Header.Set(name, value)
	return w.Identify(r)
}

// visit identifies a request with the cookie of a session.
func (w *world) visit(t *testing.T, token string) (account.Actor, error) {
	t.Helper()
	return w.with(t, "Cookie", "lang=de; "+signin.Cookie+"="+token)
}

func (w *world) audit(t *testing.T, action string) []account.Entry {
	t.Helper()
	entries, err := w.store.Audit(t.Context(), account.AuditQuery{Everyone: true, Action: action, Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

// check fails the test if err doesn't have a fault, or not the words for it.
func check(t *testing.T, doing string, err error, want hook.Fault) {
	t.Helper()
	e, ok := errors.AsType[*hook.Error](err)
	if !ok || e.Fault != want || e.German == "" {
		t.Errorf("%s: %v, want the fault %s, in German too", doing, err, want)
	}
}

// brittle is a store that fails now and then, and remembers what it was asked.
type brittle struct {
	*store.Store

	mu     sync.Mutex
	err    error // of UseKeys
	sweeps int
	uses   []map[uuid.UUID]time.Time
}

func (b *brittle) UseKeys(_ context.Context, used map[uuid.UUID]time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.uses = append(b.uses, used)
	return b.err
}

func (b *brittle) Sweep(ctx context.Context, now time.Time) error {
	b.mu.Lock()
	b.sweeps++
	b.mu.Unlock()
	return b.Store.Sweep(ctx, now)
}

// fail says what comes of UseKeys from now on.
func (b *brittle) fail(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.err = err
}

// asked returns the uses that were to be written and how often to sweep.
func (b *brittle) asked() ([]map[uuid.UUID]time.Time, int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.uses), b.sweeps
}

// overtaken is a store in which something happens just before it is asked to
// store something about a user.
type overtaken struct {
	*store.Store

	once sync.Once
	do   func()
}

func (o *overtaken) ChangeUser(ctx context.Context, read, u account.User, notes ...account.Entry) (account.User, error) {
	o.once.Do(o.do)
	return o.Store.ChangeUser(ctx, read, u, notes...)
}

func (o *overtaken) SetPassword(ctx context.Context, read account.User, hash, keep string, e account.Entry) error {
	o.once.Do(o.do)
	return o.Store.SetPassword(ctx, read, hash, keep, e)
}

func (o *overtaken) AddSession(ctx context.Context, s account.Session, read account.User, e account.Entry) error {
	o.once.Do(o.do)
	return o.Store.AddSession(ctx, s, read, e)
}

func (o *overtaken) AddLink(ctx context.Context, l account.Link, read account.User, e account.Entry) error {
	o.once.Do(o.do)
	return o.Store.AddLink(ctx, l, read, e)
}
