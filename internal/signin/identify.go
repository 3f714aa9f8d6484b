package signin

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
)

// operatorName is what the audit log calls the holder of the key in the settings.
const operatorName = "operator key"

// Identify tells who makes a request: by Authorization: Bearer KEY (RFC 6750,
// section 2.1), by Basic with a company's ID and a key of that company (RFC
// 7617), or, without that header, by the cookie of a session. A request with
// neither is nobody's, the zero Actor. A credential that isn't valid is an error
// of fault hook.Unknown.
//
// Whether a request with a cookie comes from a page of ours is the caller's to
// check.
func (g *Gate) Identify(r *http.Request) (account.Actor, error) {
	if header := r.Header.Get("Authorization"); header != "" {
		return g.authorized(r, header)
	}
	token := g.Token(r)
	if token == "" {
		return account.Actor{}, nil
	}
	return g.visitor(r, token)
}

// authorized tells who sent an Authorization header.
func (g *Gate) authorized(r *http.Request, header string) (account.Actor, error) {
	scheme, credential, _ := strings.Cut(header, " ")
	credential = strings.Trim(credential, " ")
	switch {
	case strings.EqualFold(scheme, "Bearer"):
		return g.holder(r, credential)
	case strings.EqualFold(scheme, "Basic"):
		pair, err := base64.StdEncoding.DecodeString(credential)
		company, key, ok := strings.Cut(string(pair), ":")
		if err != nil || !ok || company == "" {
			return account.Actor{}, unknown(
				"the header Authorization cannot be read; send Basic with the Base64 of COMPANY:KEY",
				"Die Kopfzeile Authorization ist nicht lesbar; senden Sie Basic mit dem Base64 von UNTERNEHMEN:SCHLÜSSEL.")
		}
		a, err := g.holder(r, key)
		if err == nil && a.Company != company {
			return account.Actor{}, badKey()
		}
		return a, err
	}
	return account.Actor{}, unknown(
		"the header Authorization has another scheme than Bearer and Basic; send Authorization: Bearer KEY",
		"Die Kopfzeile Authorization hat ein anderes Schema als Bearer und Basic; senden Sie Authorization: Bearer SCHLÜSSEL.")
}

// holder tells whose key it is. Every event comes by here.
func (g *Gate) holder(r *http.Request, key string) (account.Actor, error) {
	var room [128]byte // keeps a key of the usual length off the heap
	sum := sha256.Sum256(append(room[:0], key...))
	var digest [2 * sha256.Size]byte
	hex.Encode(digest[:], sum[:])

	if k := g.store.Keys()[string(digest[:])]; k != nil {
		now := time.Now()
		if !k.Valid(now) {
			on := k.ExpiresAt.UTC()
			return account.Actor{}, unknown("the key expired on "+on.Format("2 January 2006")+"; make a new one",
				"Der Schlüssel ist am "+on.Format("02.01.2006")+" abgelaufen; erzeugen Sie einen neuen.")
		}
		g.mu.Lock()
		g.used[k.ID] = now
		g.mu.Unlock()
		return account.Actor{Role: k.Role, Company: k.Company, Key: k.ID, Name: k.Name, From: g.From(r)}, nil
	}
	if subtle.ConstantTimeCompare(digest[:], g.operator[:]) == 1 {
		return account.Actor{Role: account.Operator, Name: operatorName, From: g.From(r)}, nil
	}
	return account.Actor{}, badKey()
}

func badKey() error {
	return unknown("the key is not valid; it may have been revoked",
		"Der Schlüssel ist nicht gültig; vielleicht wurde er widerrufen.")
}

// visitor tells whose session it is, and keeps it from ending.
func (g *Gate) visitor(r *http.Request, token string) (account.Actor, error) {
	ctx, now := r.Context(), moment()
	s, u, err := g.session(ctx, token, now)
	if err == nil && now.Sub(s.SeenAt) >= seenEvery {
		err = g.store.SeeSession(ctx, s.Digest, now, until(s.CreatedAt, now))
	}
	if hook.FaultOf(err) == hook.Missing {
		return account.Actor{}, unknown("the session has ended; sign in again",
			"Die Sitzung ist beendet; bitte melden Sie sich neu an.")
	}
	if err != nil {
		return account.Actor{}, err
	}
	return actor(u, g.From(r)), nil
}

func (g *Gate) session(ctx context.Context, token string, now time.Time) (account.Session, account.User, error) {
	return g.store.Session(ctx, account.Digest(token), now)
}

// until returns when a session ends that was begun at created and seen at seen.
func until(created, seen time.Time) time.Time {
	idle, whole := seen.Add(sessionIdle), created.Add(sessionWhole)
	if whole.Before(idle) {
		return whole
	}
	return idle
}

// actor returns a user who is at an IP address.
func actor(u account.User, from string) account.Actor {
	return account.Actor{Role: u.Role, Company: u.Company, User: u.ID, Name: u.Email, From: from}
}

func unknown(msg, german string) error {
	return &hook.Error{Fault: hook.Unknown, Msg: msg, German: german}
}
