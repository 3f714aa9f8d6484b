package api_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
)

// withAuth returns a trigger with the given authentication.
func withAuth(auth string) string {
	return strings.Replace(goodTrigger, "{", `{"auth":`+auth+`,`, 1)
}

func TestSecretsAreKeptAndNeverShown(t *testing.T) {
	t.Parallel()
	const secret, other = "not-a-real-secret", "not-a-real-one-either"
	oauth := func(client, rest string) string {
		return `{"type":"oauth2","tokenUrl":"https://login.example/token","clientId":"` + client + `"` + rest + `}`
	}
	for kind, steps := range map[string][]struct{ name, auth, want string }{
		"basic": {
			{"given", `{"type":"basic","user":"erp","secret":"` + secret + `"}`, secret},
			{"left out", `{"type":"basic","user":"erp"}`, secret},
			{"empty", `{"type":"basic","user":"erp","secret":""}`, secret},
			{"as it was read", `{"type":"basic","user":"erp","secretSet":true,"secretLength":17}`, secret},
			{"of another user", `{"type":"basic","user":"erp2","secret":"` + other + `"}`, other},
			{"of another user, empty", `{"type":"basic","user":"erp3","secret":""}`, ""},
			{"left out, empty before", `{"type":"basic","user":"erp3"}`, ""},
			{"removed", `{"type":"none"}`, ""},
		},
		"bearer": {
			{"given", `{"type":"bearer","secret":"` + secret + `"}`, secret},
			{"left out", `{"type":"bearer"}`, secret},
			{"changed", `{"type":"bearer","secret":"` + other + `"}`, other},
			{"another type", `{"type":"apiKey","header":"x-api-key","secret":"` + secret + `"}`, secret},
		},
		"apiKey": {
			{"given", `{"type":"apiKey","header":"X-Api-Key","secret":"` + secret + `"}`, secret},
			{"left out", `{"type":"apiKey","header":"x-api-key"}`, secret},
		},
		"oauth2": {
			{"given", oauth("c", `,"secret":"`+secret+`"`), secret},
			{"left out, with more", oauth("c", `,"scope":"orders  all","parameters":{"audience":"erp"},"clientAuth":"header"`), secret},
			{"changed", oauth("c", `,"secret":"`+other+`"`), other},
		},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			id := w.addTrigger(t)
			for _, step := range steps {
				a := w.do(t, "PUT", triggers+"/"+id, withAuth(step.auth))
				if a.status != 200 {
					t.Fatalf("%s: PUT = %d %s, want 200", step.name, a.status, a.body)
				}
				got := w.store.Directory().Hooks[uuid.MustParse(id)].Auth
				if string(got.Secret) != step.want {
					t.Errorf("%s: stored %q, want %q", step.name, string(got.Secret), step.want)
				}
				set := step.want != ""
				for text, want := range map[string]bool{
					`"secretSet":true`: set, `"secretSetAt":"2`: set, secret: false, other: false,
					fmt.Sprintf(`"secretLength":%d`, len(step.want)): set && got.Kind == hook.BasicAuth,
				} {
					if strings.Contains(string(a.body), text) != want {
						t.Errorf("%s: the answer has %s: %t, want %t: %s", step.name, text, !want, want, a.body)
					}
				}
			}
			for _, path := range []string{triggers, triggers + "/" + id, acme + "/audit"} {
				if a := w.do(t, "GET", path, ""); strings.Contains(string(a.body), secret) || strings.Contains(string(a.body), other) {
					t.Errorf("GET %s shows a secret", path)
				}
			}
			if log := w.log.String(); strings.Contains(log, secret) || strings.Contains(log, other) {
				t.Error("a secret is in the log")
			}
		})
	}
}

// A secret that is kept must not go elsewhere.
func TestASecretIsAskedForAgainWhereItWouldGoElsewhere(t *testing.T) {
	t.Parallel()
	const oauth = `{"type":"oauth2","tokenUrl":"https://login.example/token","clientId":"c"`
	elsewhere := func(trigger string) string {
		return strings.Replace(trigger, "https://hooks.example/", "https://evil.example/", 1)
	}
	for name, tt := range map[string]struct{ before, after string }{
		"another user":          {withAuth(`{"type":"basic","user":"a","secret":"s3cr3t"}`), withAuth(`{"type":"basic","user":"b"}`)},
		"another host":          {withAuth(`{"type":"bearer","secret":"s3cr3t"}`), elsewhere(withAuth(`{"type":"bearer"}`))},
		"another header":        {withAuth(`{"type":"apiKey","header":"X-A","secret":"s3cr3t"}`), withAuth(`{"type":"apiKey","header":"X-B"}`)},
		"another type":          {withAuth(`{"type":"bearer","secret":"s3cr3t"}`), withAuth(`{"type":"apiKey","header":"X-A"}`)},
		"another client":        {withAuth(oauth + `,"secret":"s3cr3t"}`), withAuth(strings.Replace(oauth, `"c"`, `"d"`, 1) + `}`)},
		"another token server":  {withAuth(oauth + `,"secret":"s3cr3t"}`), withAuth(strings.Replace(oauth, "login", "evil", 1) + `}`)},
		"another tenant's":      {withAuth(oauth + `,"secret":"s3cr3t"}`), withAuth(strings.Replace(oauth, "/token", "/evil/token", 1) + `}`)},
		"a token for elsewhere": {withAuth(oauth + `,"secret":"s3cr3t"}`), elsewhere(withAuth(oauth + `}`))},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			id := w.mustDo(t, 201, "POST", triggers, tt.before)["id"].(string)
			if a := w.do(t, "PUT", triggers+"/"+id, tt.after); a.status != 422 || reasons(t, a)["auth.secret"] == "" {
				t.Errorf("PUT = %d %s, want 422 about auth.secret", a.status, a.body)
			}
		})
	}
}

func TestBadAuthenticationIsNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	many := make([]string, 21)
	for i := range many {
		many[i] = fmt.Sprintf(`"p%d":"v"`, i)
	}
	for name, tt := range map[string]struct{ auth, field, reason string }{
		"an unknown type":           {`{"type":"digest"}`, "auth.type", "none, basic, bearer"},
		"no user":                   {`{"type":"basic","secret":"s"}`, "auth.user", "missing"},
		"a token with its scheme":   {`{"type":"bearer","secret":"Bearer abc"}`, "auth.secret", "token alone"},
		"a token with a line break": {`{"type":"bearer","secret":"abc\n"}`, "auth.secret", "line break"},
		"no token":                  {`{"type":"bearer"}`, "auth.secret", "missing"},
		"an empty token":            {`{"type":"bearer","secret":""}`, "auth.secret", "missing"},
		"a user for a token":        {`{"type":"bearer","user":"erp","secret":"s"}`, "auth.user", "belongs to the type basic"},
		"no header":                 {`{"type":"apiKey","secret":"s"}`, "auth.header", "cannot be the name"},
		"not a header":              {`{"type":"apiKey","header":"X Key","secret":"s"}`, "auth.header", "letters, digits and hyphens"},
		"a header of the request":   {`{"type":"apiKey","header":"content-type","secret":"s"}`, "auth.header", "something else"},
		"a header of Waybill's":     {`{"type":"apiKey","header":"webhook-id","secret":"s"}`, "auth.header", "something else"},
		"a key with a space":        {`{"type":"apiKey","header":"X-Key","secret":" s"}`, "auth.secret", "space"},
		"an http token server":      {`{"type":"oauth2","tokenUrl":"http://l.example/","clientId":"c","secret":"s"}`, "auth.tokenUrl", "use https"},
		"a private token server":    {`{"type":"oauth2","tokenUrl":"https://10.0.0.1/","clientId":"c","secret":"s"}`, "auth.tokenUrl", "refused"},
		"no client":                 {`{"type":"oauth2","tokenUrl":"https://l.example/","secret":"s"}`, "auth.clientId", "missing"},
		"a scope with a quote":      {`{"type":"oauth2","tokenUrl":"https://l.example/","clientId":"c","scope":"a\"","secret":"s"}`, "auth.scope", "RFC 6749"},
		"a parameter with a field": {
			`{"type":"oauth2","tokenUrl":"https://l.example/","clientId":"c","parameters":{"scope":"a"},"secret":"s"}`,
			"auth.parameters.scope", "field of its own",
		},
		"a parameter with a secret": {
			`{"type":"oauth2","tokenUrl":"https://l.example/","clientId":"c","parameters":{"Client_Assertion":"a"},"secret":"s"}`,
			"auth.parameters.Client_Assertion", "shown to everyone",
		},
		"too many parameters": {
			`{"type":"oauth2","tokenUrl":"https://l.example/","clientId":"c","parameters":{` + strings.Join(many, ",") + `},"secret":"s"}`,
			"auth.parameters", "more than 20",
		},
		"no default credentials": {`{"type":"company"}`, "auth.type", "no default credentials"},
	} {
		a := w.do(t, "POST", triggers, withAuth(tt.auth))
		if got := reasons(t, a)[tt.field]; a.status != 422 || !strings.Contains(got, tt.reason) {
			t.Errorf("%s: %d %s, want 422 with %s: …%s…", name, a.status, a.body, tt.field, tt.reason)
		}
	}
}

func TestAuthenticationIsStoredAsItWasGiven(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.mustDo(t, 201, "POST", triggers, withAuth(`{"type":"oauth2","tokenUrl":"https://login.example/token","clientId":"erp",
		"scope":" orders  all ","parameters":{"audience":"https://erp.example"},"clientAuth":"header","secret":"s3cr3t"}`))["id"].(string)
	got := w.store.Directory().Hooks[uuid.MustParse(id)].Auth
	want := hook.Auth{
		Kind: hook.OAuthAuth, Secret: "s3cr3t", SetAt: got.SetAt,
		OAuth: hook.OAuth{
			TokenURL: "https://login.example/token", ClientID: "erp", Scope: "orders all",
			Extra: map[string]string{"audience": "https://erp.example"}, ByHeader: true,
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("stored (-want +got):\n%s", diff)
	}
}

func TestTheDocumentationsAuthenticationIsAccepted(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/authentication.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "```json\n")
	examples, _, _ := strings.Cut(rest, "```")
	w := newWorld(t)
	w.mustDo(t, 200, "PUT", defaults, `{"auth":{"type":"bearer","secret":"fake-token"},"hosts":["hooks.example"]}`)
	seen := make(map[any]bool)
	for in := json.NewDecoder(strings.NewReader(examples)); ; {
		var auth map[string]any
		if err := in.Decode(&auth); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		got, ok := w.mustDo(t, 201, "POST", triggers, withAuth(asJSON(t, auth)))["auth"].(map[string]any)
		for name, value := range auth {
			if !ok || name != "secret" && !cmp.Equal(got[name], value) {
				t.Errorf("%v is answered with %v", auth, got)
			}
		}
		seen[auth["type"]] = true
	}
	if len(seen) != 6 {
		t.Errorf("the page shows the types %v, want all six", seen)
	}
}
