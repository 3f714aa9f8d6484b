package oidc

import (
	"crypto/rand"
	"crypto/subtle"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/waybillhq/waybill/internal/hook"
)

// FlowLifetime is how long somebody may take at the provider.
const FlowLifetime = 10 * time.Minute

// What the parts of a flow look like, as newFlow makes them.
const (
	randomLength   = 26 // of State and Nonce: 130 bits in base32
	verifierLength = 43 // 256 bits in base64url
	base64URL      = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
)

// Flow is one sign-in that was begun: what the browser that began it has to
// prove when it comes back.
type Flow struct {
	State     string      // comes back in the query; says that this browser began it
	Nonce     string      // comes back in the ID token; says that the token is of this sign-in
	Verifier  hook.Secret // goes with the code; says that whoever redeems it began it
	ExpiresAt time.Time   // to the second
}

func newFlow(now time.Time) Flow {
	return Flow{
		State: rand.Text(), Nonce: rand.Text(), Verifier: hook.Secret(oauth2.GenerateVerifier()),
		ExpiresAt: now.Add(FlowLifetime).Truncate(time.Second),
	}
}

// Cookie returns the flow as the value of a cookie.
//
// The value is neither signed nor sealed, as it need not be. Finish asks that
// the state in the query equals the one in the cookie; an attacker who lures
// somebody into a sign-in of the attacker's own would have to set a cookie in
// that browser, and could set one that Begin has signed just as well. The prefix
// __Host- is what prevents that. Somebody who changes their own cookie only
// spoils their own sign-in: the code is bound to the verifier's hash and the ID
// token to the nonce, both at the provider. And the verifier is a secret from
// everyone but the browser that holds it, which knows the code anyway.
func (f Flow) Cookie() string {
	return strings.Join([]string{
		f.State, f.Nonce, string(f.Verifier), strconv.FormatInt(f.ExpiresAt.Unix(), 10),
	}, ".")
}

// ParseFlow reads what Cookie returned. For anything else, such as an empty
// text, it returns a *hook.Error of fault Unknown that says to sign in again.
func ParseFlow(cookie string) (Flow, error) {
	parts := strings.Split(cookie, ".")
	if len(parts) != 4 || len(parts[0]) != randomLength || len(parts[1]) != randomLength ||
		len(parts[2]) != verifierLength || strings.Trim(parts[0]+parts[1]+parts[2], base64URL) != "" {
		return Flow{}, notBegun()
	}
	expires, err := strconv.ParseInt(parts[3], 10, 64)
	if err != nil {
		return Flow{}, notBegun()
	}
	return Flow{
		State: parts[0], Nonce: parts[1], Verifier: hook.Secret(parts[2]), ExpiresAt: time.Unix(expires, 0),
	}, nil
}

// Check returns nil if the query with which a browser comes back belongs to the
// flow that it kept. Else it has begun no such sign-in, and has not failed at one:
// any site can send a browser here. The error is a *hook.Error of fault Unknown.
func (f Flow) Check(query url.Values) error {
	if !same(f.State, query.Get("state")) {
		return notBegun()
	}
	return nil
}

// same compares two random texts in a time that doesn't tell where they differ.
// An empty one is like no other.
func same(a, b string) bool {
	return a != "" && subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1
}
