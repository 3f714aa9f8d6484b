package api

import (
	"context"
	"net/http"
	"net/url"

	"github.com/danielgtaylor/huma/v2"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/trade"
)

// The ways to authenticate that the OpenAPI document names.
const (
	keyScheme    = "key"
	basicScheme  = "basic"
	cookieScheme = "session"
)

const actionKey = "action" // in the metadata of an operation: the account.Action it is

// exchangeKey is where the context of a handler has its *exchange.
type exchangeKey struct{}

// callOf returns the exchange that a handler's context is about.
func callOf(ctx context.Context) *exchange { return ctx.Value(exchangeKey{}).(*exchange) }

// actorOf returns who makes the request that a handler's context is about. On a
// public route it is nobody.
func actorOf(ctx context.Context) account.Actor { return callOf(ctx).actor }

// guard lets a request pass if whoever makes it may take the operation's action
// and it doesn't come from another site by means of a user's cookie.
func (s *Server) guard() func(ctx huma.Context, next func(huma.Context)) {
	sameOrigin := s.sameOrigin()
	return func(ctx huma.Context, next func(huma.Context)) {
		x := exchangeOf(ctx)
		action, restricted := ctx.Operation().Metadata[actionKey].(account.Action)
		err := sameOrigin(x, restricted)
		if err == nil && restricted {
			x.Header().Set("Cache-Control", "no-store")
			err = s.allow(x, action)
		}
		if err != nil {
			x.refuse(err)
			return
		}
		next(huma.WithValue(ctx, exchangeKey{}, x))
	}
}

// allow asks who makes a request and whether they may take an action. What a
// path says of another company than their own is not there, whatever the action.
func (s *Server) allow(x *exchange, action account.Action) error {
	var err error
	if x.actor, err = s.Gate.Identify(x.request); err != nil {
		return err
	}
	id := x.request.PathValue("company")
	if id == "" {
		return s.Policy.Allow(x.actor, action, nil)
	}
	var company *trade.Company
	if c, ok := s.Store.Directory().Companies[id]; ok {
		company = &c
	}
	if err = s.Policy.Allow(x.actor, action, company); hook.FaultOf(err) != hook.Denied {
		return err
	}
	if hidden := s.Policy.Allow(x.actor, account.ReadCompany, company); hook.FaultOf(hidden) == hook.Missing {
		return hidden
	}
	return err
}

// sameOrigin returns a check for requests that a browser may have been made to
// send by another site: those with a session cookie, and those that get one.
func (s *Server) sameOrigin() func(x *exchange, restricted bool) error {
	protection := http.NewCrossOriginProtection()
	if u, err := url.Parse(s.PublicURL); err == nil && u.Host != "" {
		// A proxy may give us another Host. What cannot be an origin is none.
		_ = protection.AddTrustedOrigin(u.Scheme + "://" + u.Host)
	}
	return func(x *exchange, restricted bool) error {
		if restricted && x.token == "" || protection.Check(x.request) == nil {
			return nil
		}
		return &hook.Error{
			Fault:  hook.Denied,
			Msg:    "the request was made by a page of another site; use the pages of this server, or a key",
			German: "Die Anfrage kam von der Seite einer anderen Website; nutzen Sie die Seiten dieses Servers oder einen Schlüssel.",
		}
	}
}

// challenge says how to authenticate (RFC 6750, section 3).
func challenge(x *exchange) string {
	if x.request.Header.Get("Authorization") == "" && x.token == "" {
		return `Bearer realm="waybill"`
	}
	return `Bearer realm="waybill", error="invalid_token"`
}

// unprocessable answers 422 where huma would answer 400, so that an input which
// isn't JSON at all is refused like one that isn't valid, on every route.
func unprocessable(ctx huma.Context, next func(huma.Context)) { next(unprocessableContext{ctx}) }

type unprocessableContext struct{ humaContext }

type humaContext huma.Context

// Unwrap serves humago.Unwrap.
func (c unprocessableContext) Unwrap() huma.Context { return c.humaContext }

// SetStatus begins the answer.
func (c unprocessableContext) SetStatus(status int) {
	c.humaContext.SetStatus(unprocessableStatus(status))
}

func unprocessableStatus(status int) int {
	if status == http.StatusBadRequest {
		return http.StatusUnprocessableEntity
	}
	return status
}
