// Package signin tells who makes a request: it signs people in and out, by
// password, link or what another system vouches for, and knows the holders of
// keys and sessions.
package signin

import (
	"context"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
)

// Store is the part of the store that a Gate needs; see store.Store. What isn't
// there is an error of fault hook.Missing. What is done to a user as they were
// read fails with fault hook.Conflict if they were changed since.
type Store interface {
	User(ctx context.Context, id uuid.UUID) (account.User, error)
	// UserByEmail returns the user of a company with an e-mail address, UsersByEmail
	// up to n with it, each of another company.
	UserByEmail(ctx context.Context, company, email string) (account.User, error)
	UsersByEmail(ctx context.Context, email string, n int) ([]account.User, error)
	UserBySubject(ctx context.Context, subject string) (account.User, error)
	// AddUser and ChangeUser fail with fault hook.Missing if there is no such
	// company, and with hook.Conflict if somebody else has the subject or, in the
	// company, the e-mail address. ChangeUser returns what is stored then.
	AddUser(ctx context.Context, u account.User, e account.Entry) error
	ChangeUser(ctx context.Context, read, u account.User, notes ...account.Entry) (account.User, error)
	// SetPassword ends all sessions of the user but the one with the digest keep.
	SetPassword(ctx context.Context, read account.User, hash, keep string, e account.Entry) error

	AddSession(ctx context.Context, s account.Session, read account.User, e account.Entry) error
	// Session returns a session that has not ended, of a user who is not disabled.
	Session(ctx context.Context, digest string, now time.Time) (account.Session, account.User, error)
	SeeSession(ctx context.Context, digest string, now, expires time.Time) error
	EndSession(ctx context.Context, user, id uuid.UUID, e account.Entry) error

	AddLink(ctx context.Context, l account.Link, read account.User, e account.Entry) error
	// TakeLink returns a link that has not expired to the first who asks for it.
	TakeLink(ctx context.Context, digest string, p account.Purpose, now time.Time) (account.Link, account.User, error)

	Keys() account.Keys
	UseKeys(ctx context.Context, used map[uuid.UUID]time.Time) error
	Note(ctx context.Context, es ...account.Entry) error
	Sweep(ctx context.Context, now time.Time) error
}

// Options are the parts of a Gate.
type Options struct {
	Store          Store
	Operator       string         // digest of the operator's key in the settings; empty: there is none
	TrustedProxies []netip.Prefix // whose X-Forwarded-For and -Proto say where a request comes from and how
	HTTPS          bool           // whether people reach the server by https, whatever is in front of it
	Log            *slog.Logger   // for Run; may be nil without it
}

// How long things last.
const (
	sessionIdle  = 12 * time.Hour // without a request
	sessionWhole = 7 * 24 * time.Hour
	seenEvery    = time.Minute
	passwordLink = 24 * time.Hour
	portalLink   = 2 * time.Minute

	usedEvery  = time.Minute
	sweepEvery = time.Hour
	lastWrite  = 5 * time.Second // at the end of Run
)

// rereads is how often a provider's sign-in begins again because what it had read
// was changed meanwhile, by an admin or by the same person's other sign-in.
const rereads = 3

// hashers is how many passwords are hashed at a time: each takes 19 MiB and
// keeps a core busy.
const hashers = 2

// Gate knows who is who. Its methods may be called concurrently.
type Gate struct {
	store    Store
	operator [64]byte // the digest
	trusted  []netip.Prefix
	https    bool
	log      *slog.Logger
	hashing  chan struct{} // holds one for each password being hashed
	pairs    *throttle     // by e-mail address and place
	people   *throttle     // by e-mail address
	places   *throttle     // by place
	refused  *throttle     // by place: what is noted of sign-ins by provider

	mu   sync.Mutex
	used map[uuid.UUID]time.Time // keys that were used since that was last written
}

// New returns a Gate. What it knows of wrong passwords is its own: nodes count
// them apart.
func New(o Options) *Gate {
	g := &Gate{
		store: o.Store, trusted: o.TrustedProxies, https: o.HTTPS, log: o.Log,
		hashing: make(chan struct{}, hashers),
		pairs:   newThrottle(freePair, lastWait),
		people:  newThrottle(freePerson, slowest),
		places:  newThrottle(freePlace, lastWait),
		refused: newThrottle(freePlace, lastWait),
		used:    make(map[uuid.UUID]time.Time),
	}
	copy(g.operator[:], o.Operator)
	return g
}

// Run writes when keys were last used, every minute and at the end, and clears
// away expired sessions and links, at the beginning and every hour, until ctx
// ends. It returns what went wrong at the end.
func (g *Gate) Run(ctx context.Context) error {
	uses, sweeps := time.NewTicker(usedEvery), time.NewTicker(sweepEvery)
	defer uses.Stop()
	defer sweeps.Stop()
	g.try(ctx, "expired sessions and links were not cleared away", g.sweep)
	for {
		select {
		case <-uses.C:
			g.try(ctx, "the last uses of keys were not written", g.writeUses)
		case <-sweeps.C:
			g.try(ctx, "expired sessions and links were not cleared away", g.sweep)
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWrite)
			defer cancel()
			return g.writeUses(last)
		}
	}
}

// try logs what can be done again later.
func (g *Gate) try(ctx context.Context, failed string, do func(context.Context) error) {
	if err := do(ctx); err != nil && ctx.Err() == nil {
		g.log.WarnContext(ctx, "housekeeping failed and will be tried again", "failed", failed, "err", err)
	}
}

func (g *Gate) sweep(ctx context.Context) error { return g.store.Sweep(ctx, moment()) }

// writeUses writes when keys were last used, and keeps that if it fails.
func (g *Gate) writeUses(ctx context.Context) error {
	g.mu.Lock()
	used := g.used
	g.used = make(map[uuid.UUID]time.Time, len(used))
	g.mu.Unlock()
	if len(used) == 0 {
		return nil
	}
	err := g.store.UseKeys(ctx, used)
	if err == nil {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for id, at := range used {
		if g.used[id].Before(at) {
			g.used[id] = at
		}
	}
	return err
}

// moment returns the time as the store keeps it.
func moment() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }
