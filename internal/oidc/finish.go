package oidc

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	coreos "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// Finish takes the query with which a browser comes back from the provider, and
// the flow that it kept. It redeems the code, verifies the ID token (OpenID
// Connect Core 1.0, section 3.1.3.7), asks for the user's information if the
// token lacks a claim that is needed (section 5.3), and returns who they are.
//
// Its errors are *hook.Error, with texts to show in English and German and
// details for the log that hold neither code nor token: of fault Unknown if
// signing in again may help, Denied if the provider, the person's account there
// or the way this server is set up forbids it, Busy if the provider can't be
// reached. With an error, the person has what is known of them: Subject and Email,
// Subject alone, or nothing. A flow is good for one call, because its code is.
func (p *Provider) Finish(ctx context.Context, flow Flow, query url.Values) (Person, error) {
	if err := p.check(flow, query, time.Now()); err != nil {
		return Person{}, err
	}
	found, err := p.discover(ctx)
	if err != nil {
		return Person{}, err
	}
	ctx = coreos.ClientContext(ctx, p.client)
	code := query.Get("code")
	token, err := p.redeem(ctx, found, flow, code)
	if err != nil {
		return Person{}, redeeming(err, code, string(flow.Verifier), string(p.o.ClientSecret))
	}
	raw, _ := token.Extra("id_token").(string)
	if raw == "" {
		return Person{}, unverified(errors.New("the provider sent no ID token"))
	}
	id, err := found.VerifierContext(ctx, &coreos.Config{ClientID: p.o.ClientID}).Verify(ctx, raw)
	if err != nil {
		return Person{}, verifying("verify the ID token", err, raw, token.AccessToken)
	}
	if !same(flow.Nonce, id.Nonce) {
		return Person{}, unverified(errors.New("the ID token has another nonce"))
	}
	all := claims{}
	if err := id.Claims(&all); err != nil {
		return Person{}, verifying("read the ID token", err, raw)
	}
	if err := p.complete(ctx, found, all, id.Subject, token); err != nil {
		return Person{}, err
	}
	return p.o.person(id.Subject, all)
}

// check looks at what can be known without asking the provider.
func (p *Provider) check(flow Flow, query url.Values, now time.Time) error {
	if err := flow.Check(query); err != nil {
		return err
	}
	switch {
	case !now.Before(flow.ExpiresAt):
		return tooLate()
	case query.Has("iss") && query.Get("iss") != p.o.Issuer: // RFC 9207, section 2.4
		return unverified(errors.New("the answer names another issuer"))
	case query.Has("error"):
		return refusal(query.Get("error"), query.Get("error_description"))
	case query.Get("code") == "":
		return unverified(errors.New("the answer has neither a code nor an error"))
	}
	return nil
}

// redeem exchanges the code for tokens. The client proves itself by HTTP Basic,
// which every provider should take (RFC 6749, section 2.3.1), or else by the
// body, if the provider doesn't take it so; a code is not used up by that.
func (p *Provider) redeem(ctx context.Context, found *coreos.Provider, flow Flow, code string) (*oauth2.Token, error) {
	verifier := oauth2.VerifierOption(string(flow.Verifier))
	if p.o.ClientSecret == "" {
		return p.config(found, oauth2.AuthStyleInParams).Exchange(ctx, code, verifier)
	}
	token, err := p.config(found, oauth2.AuthStyleInHeader).Exchange(ctx, code, verifier)
	if !clientRefused(err) {
		return token, err
	}
	return p.config(found, oauth2.AuthStyleInParams).Exchange(ctx, code, verifier)
}

// clientRefused reports whether err says that the client isn't who it says it
// is, or may not prove it in that way (RFC 6749, section 5.2).
func clientRefused(err error) bool {
	refused, ok := errors.AsType[*oauth2.RetrieveError](err)
	return ok && (refused.ErrorCode == "invalid_client" ||
		refused.ErrorCode == "" && refused.Response.StatusCode == http.StatusUnauthorized)
}

// complete adds the claims that the ID token lacks, if the provider has a place
// to ask for them.
func (p *Provider) complete(ctx context.Context, found *coreos.Provider, all claims, subject string, token *oauth2.Token) error {
	if found.UserInfoEndpoint() == "" || all.have("email", "email_verified", p.o.CompanyClaim, p.o.RoleClaim) {
		return nil
	}
	info, err := found.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return verifying("ask for the user's information", err, token.AccessToken)
	}
	// Section 5.3.2: it may be somebody else's otherwise.
	if info.Subject != subject {
		return unverified(errors.New("the user's information is of another subject"))
	}
	more := claims{}
	if err := info.Claims(&more); err != nil {
		return verifying("read the user's information", err, token.AccessToken)
	}
	all.add(more)
	return nil
}
