package send

import (
	"context"
	"net/url"
	"sync"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
)

const (
	maxTokens  = 4096             // that are kept; far more than a server has hooks with OAuth 2.0
	unsaidLife = 5 * time.Minute  // of a token whose server doesn't say how long it is good for
	mostEarly  = time.Minute      // before a token expires it is replaced, or a tenth of its life if that is less
	failedWait = time.Second      // for which a failure counts for other requests too
	refusable  = 10 * time.Second // a token younger than this that a receiver refuses is refused for another reason than its age
)

// grant is what a token was fetched with: another one needs another token.
type grant struct {
	company, roots             string
	tokenURL, clientID, secret string
	scope, extra               string
	byHeader                   bool
}

func grantOf(company string, a hook.Auth, roots string) grant {
	g := grant{
		company: company, roots: roots, tokenURL: a.OAuth.TokenURL, clientID: a.OAuth.ClientID, secret: string(a.Secret),
		scope: a.OAuth.Scope, byHeader: a.OAuth.ByHeader,
	}
	if len(a.OAuth.Extra) > 0 {
		values := make(url.Values, len(a.OAuth.Extra))
		for name, value := range a.OAuth.Extra {
			values.Set(name, value)
		}
		g.extra = values.Encode() // in order of the names
	}
	return g
}

// fetched is what a token server has answered.
type fetched struct {
	token  string
	life   time.Duration // 0 if the server doesn't say
	reason string        // why there is no token, in words
}

// tokens keeps access tokens until shortly before they expire. Many requests
// that need the same one at the same time have it fetched once. It is safe for
// concurrent use.
type tokens struct {
	mu   sync.Mutex
	kept map[grant]*token
}

// token is one that is there or is being fetched.
type token struct {
	done   chan struct{} // closed when the rest is filled in
	since  time.Time
	until  time.Time
	gaveUp bool // whoever fetched it, for a reason of its own
	fetched
}

// of returns the token of a grant that is good now; fetch gets one if there is
// none. When ctx ends before it is there, the reason says so.
func (t *tokens) of(ctx context.Context, g grant, fetch func(context.Context) fetched) fetched {
	for {
		k, mine := t.find(g, time.Now())
		if mine {
			k.fill(ctx, fetch)
			return k.fetched
		}
		select {
		case <-k.done:
		case <-ctx.Done():
			return fetched{reason: "the token server had not answered in time"}
		}
		if k.gaveUp {
			continue
		}
		return k.fetched
	}
}

// find returns the token of a grant, which may still be on its way, or a new
// one that the caller has to fill.
func (t *tokens) find(g grant, now time.Time) (k *token, mine bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	k = t.kept[g]
	if k != nil && k.good(now) {
		return k, false
	}
	if len(t.kept) >= maxTokens {
		for old, k := range t.kept {
			if !k.good(now) {
				delete(t.kept, old)
			}
		}
	}
	k = &token{done: make(chan struct{})}
	if t.kept == nil {
		t.kept = make(map[grant]*token)
	}
	t.kept[g] = k
	return k, true
}

// good reports whether the token is on its way or can be used.
func (k *token) good(now time.Time) bool {
	select {
	case <-k.done:
		return now.Before(k.until)
	default:
		return true
	}
}

// fill fetches the token. A failure counts for a moment for the others as well,
// so that a token server in trouble isn't asked by each of a thousand deliveries,
// but not if it was the caller that gave up.
func (k *token) fill(ctx context.Context, fetch func(context.Context) fetched) {
	defer close(k.done)
	k.fetched = fetch(ctx)
	k.since = time.Now()
	switch {
	case k.reason != "" && ctx.Err() != nil:
		k.until, k.gaveUp = k.since, true
	case k.reason != "":
		k.until = k.since.Add(failedWait)
	case k.life <= 0:
		k.until = k.since.Add(unsaidLife)
	default:
		k.until = k.since.Add(k.life - min(mostEarly, k.life/10))
	}
}

// refuse forgets a token that a receiver has answered with 401, and reports
// whether another one may do better: this one isn't quite new.
func (t *tokens) refuse(g grant, refused string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := t.kept[g]
	if k == nil {
		return true
	}
	select {
	case <-k.done:
	default:
		return true // another one is on its way
	}
	if k.token != refused {
		return k.reason == ""
	}
	if time.Since(k.since) < refusable {
		return false
	}
	delete(t.kept, g)
	return true
}
