package oidc

import (
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
)

func TestFlow(t *testing.T) {
	t.Parallel()
	t.Run("a cookie keeps all of it", func(t *testing.T) {
		t.Parallel()
		want := newFlow(time.Now())
		got, err := ParseFlow(want.Cookie())
		if err != nil || got.State != want.State || got.Nonce != want.Nonce || got.Verifier != want.Verifier ||
			!got.ExpiresAt.Equal(want.ExpiresAt) {
			t.Errorf("got %+v, %v; want %+v", got, err, want)
		}
	})
	t.Run("no two are alike", func(t *testing.T) {
		t.Parallel()
		a, b := newFlow(time.Now()), newFlow(time.Now())
		if a.State == b.State || a.Nonce == b.Nonce || a.Verifier == b.Verifier || a.State == a.Nonce {
			t.Error("got two flows with a text in common")
		}
	})
	t.Run("only what comes back with its state belongs to it", func(t *testing.T) {
		t.Parallel()
		f := newFlow(time.Now())
		if err := f.Check(url.Values{"state": {f.State}}); err != nil {
			t.Errorf("got %v, want nil", err)
		}
		for _, state := range []string{"", f.Nonce} {
			refused(t, f.Check(url.Values{"state": {state}}), hook.Unknown, "not begun in this browser")
		}
		refused(t, Flow{}.Check(url.Values{}), hook.Unknown, "not begun in this browser")
	})
	t.Run("another cookie is none", func(t *testing.T) {
		t.Parallel()
		good := newFlow(time.Now()).Cookie()
		for _, cookie := range []string{
			"", "...", good[1:], good + "x", good + ".1", strings.Replace(good, ".", "!", 1), "é" + good[2:],
		} {
			_, err := ParseFlow(cookie)
			refused(t, err, hook.Unknown, "sign in again")
		}
	})
}

func TestFlowEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := New(Options{})
		flow := newFlow(time.Now())
		query := url.Values{"state": {flow.State}, "error": {"access_denied"}}
		time.Sleep(FlowLifetime - time.Second)
		_, err := p.Finish(t.Context(), flow, query)
		refused(t, err, hook.Denied, "cancelled")
		time.Sleep(time.Second)
		_, err = p.Finish(t.Context(), flow, query)
		refused(t, err, hook.Unknown, "ten minutes")
	})
}
