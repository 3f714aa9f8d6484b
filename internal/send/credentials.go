package send

import (
	"bytes"
	"encoding/base64"
	"strings"

	"github.com/waybillhq/waybill/internal/hook"
)

const (
	hidden    = "[secret]"
	minHidden = 6 // bytes of a secret below which hiding it would blot out ordinary words
)

// credentials are the header that authenticates a request, and what must not be
// shown of them. The zero value is none.
type credentials struct {
	name, value string // of the header
	secrets     []string
}

// newCredentials returns how a says that a request is authenticated; token is
// the one that was fetched for it, if a wants one.
func newCredentials(a hook.Auth, token string) credentials {
	secret := string(a.Secret)
	switch a.Kind {
	case hook.BasicAuth:
		encoded := base64.StdEncoding.EncodeToString([]byte(a.User + ":" + secret))
		return credentials{"Authorization", "Basic " + encoded, []string{encoded, secret}}
	case hook.BearerAuth:
		return credentials{"Authorization", "Bearer " + secret, []string{secret}}
	case hook.KeyAuth:
		return credentials{a.Header, secret, []string{secret}}
	case hook.OAuthAuth:
		return credentials{"Authorization", "Bearer " + token, []string{token, secret}}
	case hook.NoAuth, hook.CompanyAuth:
	}
	return credentials{}
}

// hide replaces the credentials where a receiver repeats them in its response.
func (c credentials) hide(a *hook.Attempt) {
	for _, secret := range c.secrets {
		a.ResponseHead = hide(a.ResponseHead, secret)
		a.Reason = hide(a.Reason, secret)
		if len(secret) >= minHidden && bytes.Contains(a.ResponseBody, []byte(secret)) {
			body := bytes.ReplaceAll(a.ResponseBody, []byte(secret), []byte(hidden))
			a.ResponseBody = body[:min(len(body), hook.MaxResponse)]
		}
	}
}

// hide replaces a secret in a text, unless it is so short that ordinary words
// would go with it.
func hide(text, secret string) string {
	if len(secret) < minHidden {
		return text
	}
	return strings.ReplaceAll(text, secret, hidden)
}
