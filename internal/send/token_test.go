package send

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
)

// tokenServer is a token server of which only the answers count: each is another
// token, unless it is told to fail.
type tokenServer struct {
	takes  time.Duration
	life   time.Duration // of a token
	fails  atomic.Bool
	asked  atomic.Int32
	answer atomic.Int32
}

func (s *tokenServer) fetch(ctx context.Context) fetched {
	s.asked.Add(1)
	select {
	case <-time.After(s.takes):
	case <-ctx.Done():
		return fetched{reason: "gave up"}
	}
	if s.fails.Load() {
		return fetched{reason: "broken"}
	}
	return fetched{token: fmt.Sprintf("token-%d", s.answer.Add(1)), life: s.life}
}

// wantAsked checks how often the server was asked for a token.
func (s *tokenServer) wantAsked(t *testing.T, want int32) {
	t.Helper()
	if got := s.asked.Load(); got != want {
		t.Errorf("the token server was asked %d times, want %d", got, want)
	}
}

// many has n callers ask for the same token at once and returns what each got.
func many(ctx context.Context, n int, tokens *tokens, s *tokenServer) map[fetched]int {
	var mu sync.Mutex
	got := make(map[fetched]int)
	var callers sync.WaitGroup
	for range n {
		callers.Go(func() {
			f := tokens.of(ctx, grant{}, s.fetch)
			mu.Lock()
			defer mu.Unlock()
			got[f]++
		})
	}
	callers.Wait()
	return got
}

func TestTokenIsFetchedOnceForManyThatWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var ts tokens
		s := &tokenServer{takes: 3 * time.Second, life: time.Hour}
		if got := many(t.Context(), 1000, &ts, s); got[fetched{token: "token-1", life: time.Hour}] != 1000 {
			t.Errorf("1000 callers got %v, want token-1 for all", got)
		}
		s.wantAsked(t, 1)
	})
}

func TestTokenIsUsedUntilShortlyBeforeItExpires(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		life, used time.Duration
	}{
		"a minute before, if it lives for an hour":         {time.Hour, 59 * time.Minute},
		"a minute before, if it lives for ten":             {10 * time.Minute, 9 * time.Minute},
		"a tenth of its life before, if that is less":      {100 * time.Second, 90 * time.Second},
		"five minutes, if its server doesn't say how long": {0, 5 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var ts tokens
				// Nobody knows when in these two seconds the token's life began.
				s := &tokenServer{takes: 2 * time.Second, life: tt.life}
				start := time.Now()
				want := func(token string) {
					t.Helper()
					if got := ts.of(t.Context(), grant{}, s.fetch); got.token != token {
						t.Errorf("after %v the token is %q, want %q", time.Since(start), got.token, token)
					}
				}
				want("token-1")
				time.Sleep(tt.used - s.takes - time.Nanosecond)
				want("token-1")
				time.Sleep(time.Nanosecond)
				want("token-2")
				s.wantAsked(t, 2)
			})
		})
	}
}

func TestFailureToFetchATokenIsSharedForAMoment(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var ts tokens
		s := &tokenServer{takes: time.Second, life: time.Hour}
		s.fails.Store(true)
		for range 2 { // the second time, the failure is there already
			if got := many(t.Context(), 100, &ts, s); got[fetched{reason: "broken"}] != 100 {
				t.Errorf("100 callers got %v, want the failure for all", got)
			}
		}
		s.wantAsked(t, 1)
		s.fails.Store(false)
		time.Sleep(failedWait)
		if got := many(t.Context(), 100, &ts, s); got[fetched{token: "token-1", life: time.Hour}] != 100 {
			t.Errorf("100 callers got %v, want token-1 for all", got)
		}
		s.wantAsked(t, 2)
	})
}

func TestWhoGivesUpDoesNotFailTheOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var ts tokens
		s := &tokenServer{takes: 10 * time.Second, life: time.Hour}
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var callers sync.WaitGroup
		callers.Go(func() {
			if got := ts.of(short, grant{}, s.fetch); got.reason != "gave up" {
				t.Errorf("the first caller got %v, want a reason", got)
			}
		})
		synctest.Wait() // it is fetching
		callers.Go(func() {
			got := ts.of(short, grant{}, s.fetch)
			if got.token != "" || got.reason == "" {
				t.Errorf("a caller with as little time got %v, want a reason", got)
			}
		})
		if got := many(t.Context(), 100, &ts, s); got[fetched{token: "token-1", life: time.Hour}] != 100 {
			t.Errorf("100 callers got %v, want token-1 for all", got)
		}
		callers.Wait()
		if n := s.answer.Load(); n != 1 {
			t.Errorf("the token server gave %d tokens, want 1", n)
		}
	})
}

func TestRefusedTokenIsFetchedAnewUnlessItIsNew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var ts tokens
		s := &tokenServer{takes: time.Second, life: time.Hour}
		first := ts.of(t.Context(), grant{}, s.fetch).token
		time.Sleep(refusable - time.Nanosecond)
		if ts.refuse(grant{}, first) {
			t.Error("a token that is new is to be fetched anew")
		}
		if got := ts.of(t.Context(), grant{}, s.fetch).token; got != first {
			t.Errorf("afterwards the token is %q, want %q still", got, first)
		}
		time.Sleep(time.Nanosecond)
		var callers sync.WaitGroup
		for range 100 {
			callers.Go(func() {
				if !ts.refuse(grant{}, first) {
					t.Error("a token that is old is not to be fetched anew")
				}
				if got := ts.of(t.Context(), grant{}, s.fetch).token; got != "token-2" {
					t.Errorf("the new token is %q, want token-2", got)
				}
			})
		}
		callers.Wait()
		if !ts.refuse(grant{}, first) {
			t.Error("who comes late with the old token doesn't get the new one")
		}
		if ts.refuse(grant{}, "token-2") {
			t.Error("the new token is to be fetched anew")
		}
		s.wantAsked(t, 2)
	})
}

func TestTokensAreBoundedInNumber(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var ts tokens
		s := &tokenServer{life: time.Hour}
		get := func(n int) { ts.of(t.Context(), grant{clientID: strconv.Itoa(n)}, s.fetch) }
		for n := range maxTokens + 100 {
			get(n)
		}
		if n := len(ts.kept); n != maxTokens {
			t.Errorf("%d tokens are kept, want %d", n, maxTokens)
		}
		time.Sleep(2 * time.Hour)
		get(-1)
		if n := len(ts.kept); n != 1 {
			t.Errorf("%d tokens are kept after all but one have expired, want 1", n)
		}
	})
}

func TestTokensAreSharedOnlyForTheSameGrant(t *testing.T) {
	t.Parallel()
	auth := func(change func(*hook.Auth)) hook.Auth {
		a := hook.Auth{Kind: hook.OAuthAuth, Secret: "s", OAuth: hook.OAuth{
			TokenURL: "https://login.example/", ClientID: "id", Scope: "a", Extra: map[string]string{"a": "1", "b": "2"},
		}}
		if change != nil {
			change(&a)
		}
		return a
	}
	grants := map[string]grant{
		"the first":                    grantOf("c", auth(nil), ""),
		"of another company":           grantOf("d", auth(nil), ""),
		"by other authorities":         grantOf("c", auth(nil), "PEM"),
		"of another server":            grantOf("c", auth(func(a *hook.Auth) { a.OAuth.TokenURL += "x" }), ""),
		"of another client":            grantOf("c", auth(func(a *hook.Auth) { a.OAuth.ClientID = "other" }), ""),
		"with another secret":          grantOf("c", auth(func(a *hook.Auth) { a.Secret = "t" }), ""),
		"for another scope":            grantOf("c", auth(func(a *hook.Auth) { a.OAuth.Scope = "b" }), ""),
		"with another parameter":       grantOf("c", auth(func(a *hook.Auth) { a.OAuth.Extra["c"] = "3" }), ""),
		"with another value":           grantOf("c", auth(func(a *hook.Auth) { a.OAuth.Extra["b"] = "3" }), ""),
		"with parameters run together": grantOf("c", auth(func(a *hook.Auth) { a.OAuth.Extra = map[string]string{"a": "1&b=2"} }), ""),
		"by the header":                grantOf("c", auth(func(a *hook.Auth) { a.OAuth.ByHeader = true }), ""),
	}
	var ts tokens
	s := &tokenServer{life: time.Hour}
	of := make(map[string]string) // tokens, and whose they are
	for name, g := range grants {
		token := ts.of(t.Context(), g, s.fetch).token
		if other, ok := of[token]; ok {
			t.Errorf("one %s is also one %s", name, other)
		}
		of[token] = name
	}
	for range 2 {
		if got := ts.of(t.Context(), grantOf("c", auth(nil), ""), s.fetch).token; of[got] != "the first" {
			t.Errorf("asked again, the token is %q, want that of the first", got)
		}
	}
	s.wantAsked(t, int32(len(grants)))
}
