package oidc

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/oauth2"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
)

func parse(t *testing.T, text string) claims {
	t.Helper()
	c := claims{}
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestPerson(t *testing.T) {
	t.Parallel()
	o := Options{Issuer: "https://login.example", CompanyClaim: "org", RoleClaim: "groups", Roles: map[string]account.Role{
		"staff": account.Operator, "admins": account.Admin, "people": account.Member,
	}}
	const email = `"email":"max@shop.example","email_verified":true`
	member := Person{
		Subject: "https://login.example 7", Email: "max@shop.example", Name: "max@shop.example", Language: "en",
		Company: "shop", Role: account.Member,
	}
	with := func(change func(*Person)) Person {
		changed := member
		change(&changed)
		return changed
	}
	for _, c := range []struct {
		name, claims string
		want         Person
		refusal      string
	}{
		{"a role may be one text", `{` + email + `,"org":"shop","groups":"people"}`, member, ""},
		{"and a company a list of one", `{` + email + `,"org":["shop"],"groups":["people"]}`, member, ""},
		{"the highest role counts", `{` + email + `,"org":"shop","groups":["people","x","admins"]}`, with(func(p *Person) { p.Role = account.Admin }), ""},
		{"an operator has no company", `{` + email + `,"org":"shop","groups":["people","staff"]}`, with(func(p *Person) { p.Role, p.Company = account.Operator, "" }), ""},
		{"a name may be in parts", `{` + email + `,"org":"shop","groups":"people","given_name":"Max","family_name":"Muster"}`, with(func(p *Person) { p.Name = "Max Muster" }), ""},
		{"or only that of the account", `{` + email + `,"org":"shop","groups":"people","preferred_username":"max\n"}`, with(func(p *Person) { p.Name = "max" }), ""},
		{"Austrians read German", `{` + email + `,"org":"shop","groups":"people","locale":"de_AT"}`, with(func(p *Person) { p.Language = "de" }), ""},
		{"a language that begins alike is another", `{` + email + `,"org":"shop","groups":"people","locale":"den"}`, member, ""},
		{"verified may be a text", `{"email":"max@shop.example","email_verified":"true","org":"shop","groups":"people"}`, member, ""},
		{"but must be true", `{"email":"max@shop.example","email_verified":"yes","org":"shop","groups":"people"}`, Person{}, "has not verified"},
		{"and be there", `{"email":"max@shop.example","org":"shop","groups":"people"}`, Person{}, "has not verified"},
		{"an address must be one", `{"email":"Max <max@shop.example>","email_verified":true,"org":"shop","groups":"people"}`, Person{}, "e-mail address"},
		{"two companies are too many", `{` + email + `,"org":["shop","other"],"groups":"people"}`, Person{}, "which company"},
		{"a number is no company", `{` + email + `,"org":7,"groups":"people"}`, Person{}, "which company"},
		{"an unknown role is none", `{` + email + `,"org":"shop","groups":["admin",""]}`, Person{}, "no role"},
		{"a list of other things is no role", `{` + email + `,"org":"shop","groups":[{"name":"admins"}]}`, Person{}, "no role"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := o.person("7", parse(t, c.claims))
			if c.refusal != "" {
				refused(t, err, hook.Denied, c.refusal)
			} else if err != nil || got != c.want {
				t.Errorf("got %+v, %v; want %+v", got, err, c.want)
			}
		})
	}
	t.Run("an address may be any that isn't said to be unverified, if the operator says so", func(t *testing.T) {
		t.Parallel()
		lax := o
		lax.AnyEmail = true
		for verified, want := range map[string]string{
			``: "", `,"email_verified":null`: "", `,"email_verified":true`: "",
			`,"email_verified":false`: "has not verified", `,"email_verified":"false"`: "has not verified",
			`,"email_verified":"yes"`: "has not verified", `,"email_verified":0`: "has not verified",
		} {
			got, err := lax.person("7", parse(t, `{"email":"max@shop.example","org":"shop","groups":"people"`+verified+`}`))
			if want != "" {
				refused(t, err, hook.Denied, want)
			} else if err != nil || got != member {
				t.Errorf("with %q: got %+v, %v; want %+v", verified, got, err, member)
			}
		}
	})
	t.Run("a subject is needed", func(t *testing.T) {
		t.Parallel()
		for _, subject := range []string{"", "a\x00", strings.Repeat("a", maxSubject+1)} {
			_, err := o.person(subject, parse(t, `{`+email+`,"org":"shop","groups":"people"}`))
			refused(t, err, hook.Unknown, "no subject")
		}
	})
}

func TestAdd(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, token, info string
		verified, denied  bool
	}{
		{"the information says that the token's address is verified", `{"email":"a@b.example"}`, `{"email":"a@b.example","email_verified":true}`, true, false},
		{"it says so of another", `{"email":"a@b.example"}`, `{"email":"c@b.example","email_verified":true}`, false, false},
		{"it says of another that it is not", `{"email":"a@b.example"}`, `{"email":"c@b.example","email_verified":false}`, false, false},
		{"the token says so of no address", `{"email_verified":true}`, `{"email":"c@b.example"}`, false, false},
		{"the token says of no address that it is not", `{"email_verified":false}`, `{"email":"c@b.example"}`, false, true},
		{"so does it, and the information otherwise", `{"email_verified":false}`, `{"email":"c@b.example","email_verified":true}`, true, false},
		{"so does it, and the information nothing", `{"email_verified":false}`, `{"email":"c@b.example","email_verified":null}`, false, true},
		{"the token says that it is not", `{"email":"a@b.example","email_verified":false}`, `{"email":"a@b.example","email_verified":true}`, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			all := parse(t, c.token)
			all.add(parse(t, c.info))
			if got := all.yes("email_verified"); got != c.verified || !all.have("email") {
				t.Errorf("got %v in %s; want %v", got, all, c.verified)
			}
			if got := all.no("email_verified"); got != c.denied {
				t.Errorf("got %v in %s; want %v", got, all, c.denied)
			}
		})
	}
}

func TestPrintable(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ä", maxName)
	for in, want := range map[string]string{
		" Max\r\n\x00": "Max", "\t": "", "x" + long: "x" + long[:maxName-2],
	} {
		if got := printable(in); got != want || !utf8.ValidString(got) {
			t.Errorf("printable(%q): got %q, want %q", in, got, want)
		}
	}
}

func TestClean(t *testing.T) {
	t.Parallel()
	t.Run("what the provider repeats stays secret", func(t *testing.T) {
		t.Parallel()
		err := &oauth2.RetrieveError{
			Response: &http.Response{Status: "400 Bad Request", StatusCode: http.StatusBadRequest},
			Body:     []byte("code=a+b/c"), ErrorCode: "invalid_grant", ErrorDescription: "no code a+b/c or a%2Bb%2Fc",
		}
		refused(t, redeeming(err, "a+b/c"), hook.Unknown, `400 Bad Request "invalid_grant" "no code [secret] or [secret]"`, "a+b/c", "a%2Bb%2Fc")
	})
	t.Run("what it says at length is cut", func(t *testing.T) {
		t.Parallel()
		if got := clean("ask", errors.New(strings.Repeat("é", maxDetail))).Error(); len(got) > maxDetail+len("ask: ") || !utf8.ValidString(got) {
			t.Errorf("got %d bytes: %q", len(got), got)
		}
	})
}

func TestRefusal(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]hook.Fault{
		"access_denied": hook.Denied, "server_error": hook.Busy, "temporarily_unavailable": hook.Busy,
		"login_required": hook.Unknown, "invalid_scope": hook.Denied, "": hook.Denied,
	} {
		refused(t, refusal(code, "because"), want, `"because"`)
	}
}
