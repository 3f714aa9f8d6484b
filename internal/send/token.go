package send

import (
	"context"
	"net/url"
	"sync"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
)

const (
	maxTokens  = 4096             // that are kept; more than most servers have hooks with OAuth 2.0
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

// fetched is what came of asking a token server.
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

// token is one that is there or is on its way.
type token struct {
	done chan struct{} // closed when the rest is filled in; nobody changes that afterwards

	fetched
	since  time.Time // it is there
	until  time.Time // it is used, or there is no point in asking again
	gaveUp bool      // whoever fetched it, for a reason of its own
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
			return fetched{reason: "the token server had not answered when the attempt's time was over"}
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
	if k != nil && !k.over(now) {
		return k, false
	}
	if t.kept == nil {
		t.kept = make(map[grant]*token)
	}
	delete(t.kept, g)
	if len(t.kept) >= maxTokens {
		t.makeRoom(now)
	}
	k = &token{done: make(chan struct{})}
	t.kept[g] = k
	return k, true
}

// makeRoom forgets the tokens that are over, and if too many are left, any one
// of them: whoever waits for that still gets it.
func (t *tokens) makeRoom(now time.Time) {
	for g, k := range t.kept {
		if k.over(now) {
			delete(t.kept, g)
		}
	}
	for g := range t.kept {
		if len(t.kept) < maxTokens {
			return
		}
		delete(t.kept, g)
	}
}

// there reports whether the token is no longer on its way.
func (k *token) there() bool {
	select {
	case <-k.done:
		return true
	default:
		return false
	}
}

// over reports whether another token has to be fetched.
func (k *token) over(now time.Time) bool { return k.there() && !now.Before(k.until) }

// fill fetches the token. A failure counts for a moment for the others as well,
// so that a token server in trouble isn't asked by each of a thousand deliveries,
// but not if it was the caller that gave up. A token's life is counted from when
// it was asked for, because nobody knows when its server began to count.
func (k *token) fill(ctx context.Context, fetch func(context.Context) fetched) {
	defer close(k.done)
	asked := time.Now()
	k.fetched = fetch(ctx)
	k.since = time.Now()
	switch {
	case k.reason != "" && ctx.Err() != nil:
		k.gaveUp = true
	case k.reason != "":
		k.until = k.since.Add(failedWait)
	case k.life <= 0:
		k.until = asked.Add(unsaidLife)
	default:
		k.until = asked.Add(k.life - min(mostEarly, k.life/10))
	}
}

// refuse forgets a token that a receiver has answered with 401, and reports
// whether to ask for one again. A token that is quite new was not refused for its
// age, so that another one would do no better.
func (t *tokens) refuse(g grant, refused string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := t.kept[g]
	if k == nil || !k.there() || k.token != refused {
		return true // somebody else has asked for another one, or will
	}
	if time.Since(k.since) < refusable {
		return false
	}
	delete(t.kept, g)
	return true
}
