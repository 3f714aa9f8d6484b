package api_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/api"
	"github.com/waybillhq/waybill/internal/store"
)

const users = acme + "/users"

func TestUsersAreAddedAndChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.do(t, "POST", users, `{"email":"Kim@Acme.Example","name":"Kim Example","language":"de","role":"member"}`)
	var u struct{ ID, Email, Company, Role, Language string }
	if err := json.Unmarshal(a.body, &u); err != nil || a.status != 201 {
		t.Fatalf("POST = %d %s", a.status, a.body)
	}
	location := a.header.Get("Location")
	if u.Email != "kim@acme.example" || u.Company != "acme" || u.Role != "member" || u.Language != "de" || location != users+"/"+u.ID {
		t.Errorf("added %+v at %s, want Kim in lower case", u, location)
	}
	w.mustDo(t, 200, "PATCH", location, `{"role":"admin","email":"kim.e@acme.example"}`)
	got := w.mustDo(t, 200, "GET", location, "")
	if got["role"] != "admin" || got["email"] != "kim.e@acme.example" || got["name"] != "Kim Example" || got["passwordSet"] != false {
		t.Errorf("after the change = %v, want role and e-mail changed, and nothing else", got)
	}
	if list := w.mustDo(t, 200, "GET", users, "")["items"].([]any); len(list) != 1 {
		t.Errorf("users = %v, want one", list)
	}
	if staff := w.mustDo(t, 200, "GET", "/api/v1/users", "")["items"].([]any); len(staff) != 0 {
		t.Errorf("the operator's people = %v, want none", staff)
	}
}

// overtaken is a store in which something happens after a user was read and
// before they are changed.
type overtaken struct {
	*store.Store
	meanwhile func()
}

func (o overtaken) ChangeUser(ctx context.Context, read, u account.User, notes ...account.Entry) (account.User, error) {
	o.meanwhile()
	return o.Store.ChangeUser(ctx, read, u, notes...)
}

func TestTwoAdminsDoNotUndoEachOthersChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.addUser(t, "acme", "kim@acme.example", account.Admin)
	path := users + "/" + u.ID.String()
	s := &api.Server{
		Store: overtaken{w.store, func() { w.mustDo(t, 200, "PATCH", path, `{"disabled":true}`) }}, Gate: w.gate,
		Log: slog.New(slog.DiscardHandler),
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPatch, path, strings.NewReader(`{"role":"member"}`))
	r.Header.Set("Authorization", "Bearer "+w.key)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept-Language", "de")
	got := httptest.NewRecorder()
	s.Handler().ServeHTTP(got, r)
	if got.Code != 409 || !strings.Contains(got.Body.String(), "inzwischen geändert") {
		t.Errorf("the second change = %d %s, want 409 that says why", got.Code, got.Body)
	}
	if stored := w.mustDo(t, 200, "GET", path, ""); stored["disabled"] != true || stored["role"] != "admin" {
		t.Errorf("stored is %v, want the first change", stored)
	}
}

func TestNobodyChangesTheirOwnRole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.addUser(t, "acme", "kim@acme.example", account.Admin)
	in := w.signIn(t, u)
	path := users + "/" + u.ID.String()
	for _, body := range []string{`{"role":"member"}`, `{"disabled":true}`} {
		if a := w.do(t, "PATCH", path, body, in...); a.status != 403 {
			t.Errorf("%s = %d %s, want 403", body, a.status, a.body)
		}
	}
	w.mustDo(t, 200, "PATCH", path, `{"name":"Kim Other","role":"admin","disabled":false}`, in...)
	w.mustDo(t, 422, "PATCH", users+"/"+w.addUser(t, "acme", "lee@acme.example", account.Member).ID.String(), `{"role":"operator"}`, in...)
}

// What people get wrong is told them in their language.
func TestMistakesOfPeopleAreNamedInTheirLanguage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.addUser(t, "acme", "kim@acme.example", account.Member)
	in := w.signIn(t, w.addUser(t, "acme", "lee@acme.example", account.Member))
	for name, tt := range map[string]struct {
		method, path, body string
		headers            []string
		status             int
		field              string
		english, german    string
	}{
		"an unknown role":      {"POST", users, `{"email":"a@acme.example","name":"A","role":"king"}`, nil, 422, "role", "admin or member", "admin oder member"},
		"an operator":          {"POST", users, `{"email":"a@acme.example","name":"A","role":"operator"}`, nil, 422, "role", "admin or member", "admin oder member"},
		"no role":              {"POST", users, `{"email":"a@acme.example","name":"A"}`, nil, 422, "role", "admin or member", "admin oder member"},
		"a duplicate e-mail":   {"POST", users, `{"email":"KIM@acme.example","name":"A","role":"member"}`, nil, 409, "email", "choose another", "andere"},
		"no e-mail address":    {"POST", users, `{"email":"kim","name":"A","role":"member"}`, nil, 422, "email", "e-mail", "E-Mail"},
		"an unknown language":  {"PATCH", "/api/v1/me", `{"language":"fr"}`, in, 422, "language", "en or de", "en oder de"},
		"a blank name":         {"PATCH", "/api/v1/me", `{"name":" "}`, in, 422, "name", "blank", "leer"},
		"an unknown field":     {"PATCH", "/api/v1/me", `{"role":"admin"}`, in, 422, "role", "no such field", "gibt es nicht"},
		"a missing field":      {"POST", users, `{"name":"A","role":"member"}`, nil, 422, "email", "is missing", "fehlt"},
		"a role of no key":     {"POST", acme + "/keys", `{"name":"A","role":"member"}`, nil, 422, "role", "producer or reader or admin", "producer oder reader oder admin"},
		"a key expired before": {"POST", acme + "/keys", `{"name":"A","role":"reader","expiresAt":"2020-01-01T00:00:00Z"}`, nil, 422, "expiresAt", "over already", "schon vorbei"},
		"an unknown module":    {"PUT", acme, `{"name":"A","modules":["business-api","standart-integration"]}`, nil, 422, "modules[1]", "did you mean standard-integration?", "Meinten Sie standard-integration?"},
		"a strange module":     {"PUT", acme, `{"name":"A","modules":["zzz"]}`, nil, 422, "modules[0]", "business-api, individual-api-integration, standard-integration", "die Module sind business-api"},
		"a shop twice":         {"PUT", acme, `{"name":"A","shops":[{"id":"1","name":"A"},{"id":"1","name":"B"}]}`, nil, 422, "shops[1].id", "twice", "doppelt"},
		"an unknown time zone": {"PATCH", acme, `{"timeZone":"Mars"}`, nil, 422, "timeZone", "Europe/Berlin", "Diese Zeitzone"},
		"no picture":           {"PUT", "/api/v1/me/picture", "GIF89a", in, 422, "", "PNG or JPEG", "PNG oder JPEG"},
		"a wide picture":       {"PUT", "/api/v1/me/picture", pngOf(t, 2049), in, 422, "", "2048 pixels", "2048 Pixel"},
		"a large picture":      {"PUT", "/api/v1/me/picture", string(make([]byte, 256<<10+1)), in, 413, "detail", "256 KiB; make", "größer als 256 KiB"},
		"a blank title":        {"POST", triggers, strings.Replace(goodTrigger, "Orders", "  ", 1), nil, 422, "title", "blank", "leer"},
		"nobody's user":        {"GET", users + "/" + idLike, "", nil, 404, "detail", "no such user", "gibt es nicht"},
	} {
		for language, want := range map[string]string{"en": tt.english, "de": tt.german} {
			a := w.do(t, tt.method, tt.path, tt.body, append([]string{"Accept-Language: " + language}, tt.headers...)...)
			if got := reasons(t, a)[tt.field]; a.status != tt.status || !strings.Contains(got, want) {
				t.Errorf("%s in %s = %d %s, want %d that says %q of %s", name, language, a.status, a.body, tt.status, want, tt.field)
			}
			if got := a.header.Get("Content-Language") == "de"; got != (language == "de") {
				t.Errorf("%s in %s has Content-Language %q", name, language, a.header.Get("Content-Language"))
			}
		}
	}
}

func TestPicturesAreWhatTheyAre(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.addUser(t, "acme", "kim@acme.example", account.Member)
	in := w.signIn(t, u)
	const own = "/api/v1/me/picture"
	w.mustDo(t, 200, "PATCH", "/api/v1/me", `{"name":"<kim> van &Dam"}`, in...)
	for _, path := range []string{own, users + "/" + u.ID.String() + "/picture"} {
		a := w.do(t, "GET", path, "", in...)
		if a.header.Get("Content-Type") != "image/svg+xml" || !strings.Contains(string(a.body), ">&lt;&amp;</text>") {
			t.Errorf("%s = %s, want the initials, escaped", path, a.body)
		}
		if a.header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(a.header.Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("%s has headers %v, want it to be nothing but a picture", path, a.header)
		}
	}
	picture := pngOf(t, 2048)
	w.mustDo(t, 204, "PUT", own, picture, append([]string{"Content-Type: text/html"}, in...)...)
	if a := w.do(t, "GET", users+"/"+u.ID.String()+"/picture", ""); a.header.Get("Content-Type") != "image/png" || string(a.body) != picture {
		t.Errorf("the picture is %d bytes of %s, want the PNG", len(a.body), a.header.Get("Content-Type"))
	}
	if got := w.mustDo(t, 200, "GET", "/api/v1/me", "", in...)["picture"]; got != true {
		t.Errorf("picture = %v, want true", got)
	}
	w.mustDo(t, 204, "DELETE", own, "", in...)
	if a := w.do(t, "GET", own, "", in...); a.header.Get("Content-Type") != "image/svg+xml" {
		t.Errorf("after its removal the picture is %s, want initials", a.header.Get("Content-Type"))
	}
}
