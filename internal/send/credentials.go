package send

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strconv"
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
	spellings   []string
}

// newCredentials returns how a says that a request is authenticated; token is
// the one that was fetched for it, if a wants one.
func newCredentials(a hook.Auth, token string) credentials {
	secret := string(a.Secret)
	switch a.Kind {
	case hook.BasicAuth:
		encoded := base64.StdEncoding.EncodeToString([]byte(a.User + ":" + secret))
		return credentials{"Authorization", "Basic " + encoded, spellings(encoded, secret)}
	case hook.BearerAuth:
		return credentials{"Authorization", "Bearer " + secret, spellings(secret)}
	case hook.KeyAuth:
		return credentials{http.CanonicalHeaderKey(a.Header), secret, spellings(secret)}
	case hook.OAuthAuth:
		return credentials{"Authorization", "Bearer " + token, spellings(token, secret)}
	case hook.NoAuth, hook.CompanyAuth:
	}
	return credentials{}
}

// spellings returns the ways in which servers write secrets into their answers:
// as they are, and escaped for JSON (of which there are several ways), HTML or a
// URL. Too short ones are left out.
func spellings(secrets ...string) []string {
	all := make([]string, 0, 3*len(secrets))
	for _, s := range secrets {
		if len(s) < minHidden {
			continue
		}
		all = append(all, s)
		add := func(other string) {
			if other != s && !slices.Contains(all, other) {
				all = append(all, other)
			}
		}
		add(url.QueryEscape(s))
		add(strings.ReplaceAll(s, "/", `\/`))
		if strings.ContainsAny(s, `"\<>&'`) {
			add(html.EscapeString(s))
			quoted := strconv.Quote(s)
			add(quoted[1 : len(quoted)-1])
			inJSON, _ := json.Marshal(s) // which doesn't fail for a string
			add(string(inJSON[1 : len(inJSON)-1]))
		}
	}
	return all
}

// hide returns text without the credentials.
func (c credentials) hide(text string) string {
	for _, s := range c.spellings {
		text = strings.ReplaceAll(text, s, hidden)
	}
	return text
}

// hideBody replaces the credentials where a receiver repeats them in the body of
// its response, also where that ends in the middle of them.
func (c credentials) hideBody(a *hook.Attempt) {
	if len(c.spellings) == 0 || len(a.ResponseBody) < minHidden {
		return
	}
	body := a.ResponseBody
	cut := a.Error != hook.NoError || len(body) >= hook.MaxResponse
	for _, s := range c.spellings {
		if cut {
			body = hideEnd(body, s)
		}
		if bytes.Contains(body, []byte(s)) {
			body = bytes.ReplaceAll(body, []byte(s), []byte(hidden))
		}
	}
	a.ResponseBody = body[:min(len(body), hook.MaxResponse)]
}

// hideEnd replaces the beginning of a secret with which body ends.
func hideEnd(body []byte, secret string) []byte {
	for n := min(len(secret)-1, len(body)); n >= minHidden; n-- {
		if string(body[len(body)-n:]) == secret[:n] {
			return append(body[:len(body)-n], hidden...)
		}
	}
	return body
}
