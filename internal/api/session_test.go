package api_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/api"
	"github.com/waybillhq/waybill/internal/signin"
)

// cookieOf returns the session cookie that an answer sets.
func cookieOf(t *testing.T, a answer) *http.Cookie {
	t.Helper()
	for _, c := range (&http.Response{Header: a.header}).Cookies() {
		if c.Name == sessionCookie {
			return c
		}
	}
	t.Fatalf("%d %s sets no session cookie", a.status, a.body)
	return nil
}

func TestPeopleSignInAndOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.addUser(t, "acme", "kim@acme.example", account.Member)
	password := w.addPassword(t, u)
	a := w.do(t, "POST", "/api/v1/session", `{"email":"Kim@Acme.Example","password":"`+password+`"}`, noKey)
	if a.status != 200 || !strings.Contains(string(a.body), `"email":"kim@acme.example"`) || a.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("POST session = %d %s, want the user, not to be stored", a.status, a.body)
	}
	c := cookieOf(t, a)
	if !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.Expires.IsZero() {
		t.Errorf("the cookie is %v, want it HttpOnly, Secure, SameSite=Lax, for / and with an end", c)
	}
	cookie := "Cookie: " + sessionCookie + "=" + c.Value
	if got := w.mustDo(t, 200, "GET", "/api/v1/me", "", noKey, cookie)["company"]; got != "acme" {
		t.Errorf("the company of the profile = %v, want acme", got)
	}
	out := w.do(t, "DELETE", "/api/v1/session", "", noKey, cookie)
	if c := cookieOf(t, out); out.status != 204 || c.MaxAge >= 0 || c.Value != "" {
		t.Errorf("DELETE session = %d, cookie %v, want it removed", out.status, c)
	}
	w.mustDo(t, 401, "GET", "/api/v1/me", "", noKey, cookie)
	if log := w.log.String(); strings.Contains(log, c.Value) || strings.Contains(log, password) {
		t.Error("a password or token is in the log")
	}
}

// A server whose settings don't know of TLS is told of it by its proxy, or else
// sets cookies that browsers take without.
func TestCookiesAreAsSafeAsTheConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	password := w.addPassword(t, w.addUser(t, "acme", "kim@acme.example", account.Member))
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	s := &api.Server{
		Store: w.store, Gate: signin.New(signin.Options{Store: w.store, TrustedProxies: proxies}), Provider: w.provider,
		PublicURL: "http://waybill.internal", Log: slog.New(slog.DiscardHandler),
	}
	handler := s.Handler()
	send := func(method, path, from, cookie string) answer {
		r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(`{"email":"kim@acme.example","password":"`+password+`"}`))
		r.RemoteAddr = from
		r.Header = http.Header{"X-Forwarded-Proto": {"https"}, "Content-Type": {"application/json"}, "Cookie": {cookie}}
		got := httptest.NewRecorder()
		handler.ServeHTTP(got, r)
		return answer{got.Code, got.Header(), got.Body.Bytes()}
	}
	if a := w.do(t, "GET", "/api/v1/openapi.json", ""); !strings.Contains(string(a.body), `"name":"__Host-waybill_session"`) {
		t.Error("the document names another cookie")
	}
	for name, tt := range map[string]struct {
		from            string
		cookie, ignored string
		secure          bool
	}{
		"behind a trusted proxy": {"10.1.2.3:80", "__Host-waybill_session", "waybill_session", true},
		"behind another one":     {"192.0.2.7:80", "waybill_session", "__Host-waybill_session", false},
	} {
		in, begun := send("POST", "/api/v1/session", tt.from, ""), send("GET", "/oidc/begin", tt.from, "")
		for cookie, a := range map[string]answer{tt.cookie: in, strings.Replace(tt.cookie, "session", "flow", 1): begun} {
			set := (&http.Response{Header: a.header}).Cookies()
			if len(set) != 1 || set[0].Name != cookie || set[0].Secure != tt.secure || set[0].Path != "/" || set[0].Domain != "" {
				t.Fatalf("%s: %d sets %v, want %s for /, without a domain, secure: %t", name, a.status, set, cookie, tt.secure)
			}
		}
		for cookie, want := range map[string]int{tt.cookie: 200, tt.ignored: 401} {
			if got := send("GET", "/api/v1/me", tt.from, cookie+"="+cookieNamed(in, tt.cookie).Value); got.status != want {
				t.Errorf("%s: with the cookie %s = %d, want %d", name, cookie, got.status, want)
			}
		}
	}
}

func TestWhoCannotSignInIsNotToldWhy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.addPassword(t, w.addUser(t, "acme", "kim@acme.example", account.Member))
	gone := w.addUser(t, "acme", "gone@acme.example", account.Member)
	password := w.addPassword(t, gone)
	in := w.signIn(t, gone)
	w.mustDo(t, 200, "GET", "/api/v1/me", "", in...)
	w.mustDo(t, 200, "PATCH", acme+"/users/"+gone.ID.String(), `{"disabled":true}`)
	w.mustDo(t, 401, "GET", "/api/v1/me", "", in...)
	w.addUser(t, "acme", "new@acme.example", account.Member)
	for _, language := range []string{"en", "de"} {
		said := map[string]bool{}
		for _, body := range []string{
			`{"email":"kim@acme.example","password":"wrong"}`, `{"email":"nobody@acme.example","password":"wrong"}`,
			`{"email":"gone@acme.example","password":"` + password + `"}`, `{"email":"new@acme.example","password":""}`,
		} {
			a := w.do(t, "POST", "/api/v1/session", body, noKey, "Accept-Language: "+language)
			if a.status != 401 || a.header.Get("Set-Cookie") != "" {
				t.Errorf("%s = %d, want 401", body, a.status)
			}
			said[string(a.body)] = true
		}
		if len(said) != 1 {
			t.Errorf("in %s there are different words: %v", language, said)
		}
	}
}

func TestGuessingIsSlowedDown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.addUser(t, "acme", "kim@acme.example", account.Member)
	password := w.addPassword(t, u)
	wrong := `{"email":"kim@acme.example","password":"wrong"}`
	for range 5 {
		w.mustDo(t, 401, "POST", "/api/v1/session", wrong, noKey)
	}
	for _, body := range []string{wrong, `{"email":"kim@acme.example","password":"` + password + `"}`} {
		a := w.do(t, "POST", "/api/v1/session", body, noKey, inDE)
		after, err := strconv.Atoi(a.header.Get("Retry-After"))
		if a.status != 429 || err != nil || after < 1 || a.header.Get("Content-Language") != "de" {
			t.Errorf("after five failures = %d, Retry-After %q, %s, want 429 with seconds, in German", a.status, a.header.Get("Retry-After"), a.body)
		}
	}
}

func TestSessionsCanBeEndedFromElsewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.addUser(t, "acme", "kim@acme.example", account.Member)
	lost, here := w.signIn(t, u), w.signIn(t, u)
	other := w.signIn(t, w.addUser(t, "acme", "lee@acme.example", account.Admin))
	items := w.mustDo(t, 200, "GET", "/api/v1/me/sessions", "", here...)["items"].([]any)
	if len(items) != 2 {
		t.Fatalf("%d sessions, want 2", len(items))
	}
	newest, oldest := items[0].(map[string]any), items[1].(map[string]any)
	if newest["current"] != true || oldest["current"] != false || oldest["address"] != "192.0.2.7" || oldest["agent"] != "test" {
		t.Errorf("sessions = %v, want the newest first and current, with address and agent", items)
	}
	path := "/api/v1/me/sessions/" + oldest["id"].(string)
	w.mustDo(t, 404, "DELETE", path, "", other...)
	w.mustDo(t, 200, "GET", "/api/v1/me", "", lost...)
	w.mustDo(t, 204, "DELETE", path, "", here...)
	w.mustDo(t, 401, "GET", "/api/v1/me", "", lost...)
	w.mustDo(t, 200, "GET", "/api/v1/me", "", here...)
}

// A page of another site can make a browser send requests with the cookie.
func TestOtherSitesCannotUseASession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	admin := w.addUser(t, "acme", "kim@acme.example", account.Admin)
	password := w.addPassword(t, admin)
	in := w.signIn(t, admin)
	key := w.addKey(t, "acme", account.Admin)
	credentials := `{"email":"kim@acme.example","password":"` + password + `"}`
	for name, tt := range map[string]struct {
		method, path, body string
		headers            []string
		origin             string
		want               int
	}{
		"a change from another site":          {"PATCH", acme, `{"name":"A"}`, in, "Sec-Fetch-Site: cross-site", 403},
		"a change from a sibling":             {"PATCH", acme, `{"name":"A"}`, in, "Sec-Fetch-Site: same-site", 403},
		"a change from another origin":        {"PATCH", acme, `{"name":"A"}`, in, "Origin: https://evil.example", 403},
		"a change from our own page":          {"PATCH", acme, `{"name":"A"}`, in, "Sec-Fetch-Site: same-origin", 200},
		"a change behind a proxy":             {"PATCH", acme, `{"name":"A"}`, in, "Origin: " + publicURL, 200},
		"a change with a key":                 {"PATCH", acme, `{"name":"A"}`, key, "Sec-Fetch-Site: cross-site", 200},
		"a reading request from another site": {"GET", acme, "", in, "Sec-Fetch-Site: cross-site", 200},
		"a sign-in from another site":         {"POST", "/api/v1/session", credentials, []string{noKey}, "Sec-Fetch-Site: cross-site", 403},
	} {
		a := w.do(t, tt.method, tt.path, tt.body, append([]string{tt.origin}, tt.headers...)...)
		if a.status != tt.want {
			t.Errorf("%s = %d %s, want %d", name, a.status, a.body, tt.want)
		}
		if tt.want == 403 && !strings.Contains(reasons(t, a)["detail"], "another site") {
			t.Errorf("%s is told %s, want why", name, a.body)
		}
	}
}

func TestPasswordsAreChosenByLinkAndChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.addUser(t, "acme", "kim@acme.example", account.Member)
	in := w.signIn(t, u)
	link := w.mustDo(t, 201, "POST", acme+"/users/"+u.ID.String()+"/password-link", "")
	token := link["token"].(string)
	if want := publicURL + "/password?token=" + token; link["url"] != want {
		t.Errorf("the link = %v, want %s", link["url"], want)
	}
	choose := func(password string) string { return `{"token":"` + token + `","password":"` + password + `"}` }
	for language, want := range map[string]string{"en": "12", "de": "Zeichen"} {
		a := w.do(t, "POST", "/api/v1/password", choose("short"), noKey, "Accept-Language: "+language)
		if got := reasons(t, a)["password"]; a.status != 422 || !strings.Contains(got, want) {
			t.Errorf("a weak password in %s = %d %s, want 422 that says %s", language, a.status, a.body, want)
		}
	}
	w.mustDo(t, 204, "POST", "/api/v1/password", choose("a horse of brass 7"), noKey)
	w.mustDo(t, 401, "GET", "/api/v1/me", "", in...)
	for language, want := range map[string]string{"en": "ask for a new one", "de": "abgelaufen"} {
		a := w.do(t, "POST", "/api/v1/password", choose("a horse of brass 8"), noKey, "Accept-Language: "+language)
		if got := reasons(t, a)["detail"]; a.status != 404 || !strings.Contains(got, want) {
			t.Errorf("a used link in %s = %d %s, want 404 that says %s", language, a.status, a.body, want)
		}
	}
	credentials := func(password string) string {
		return `{"email":"kim@acme.example","password":"` + password + `"}`
	}
	here := "Cookie: " + sessionCookie + "=" + cookieOf(t, w.do(t, "POST", "/api/v1/session", credentials("a horse of brass 7"), noKey)).Value
	elsewhere := w.signIn(t, u)
	w.mustDo(t, 422, "POST", "/api/v1/me/password", `{"old":"wrong","new":"a ship of copper 8"}`, noKey, here)
	w.mustDo(t, 204, "POST", "/api/v1/me/password", `{"old":"a horse of brass 7","new":"a ship of copper 8"}`, noKey, here)
	w.mustDo(t, 200, "GET", "/api/v1/me", "", noKey, here)
	w.mustDo(t, 401, "GET", "/api/v1/me", "", elsewhere...)
	w.mustDo(t, 401, "POST", "/api/v1/session", credentials("a horse of brass 7"), noKey)
	w.mustDo(t, 200, "POST", "/api/v1/session", credentials("a ship of copper 8"), noKey)
}
