package api_test

import (
	"strings"
	"testing"

	"github.com/waybillhq/waybill/internal/account"
)

func TestPortalLinkSignsInOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.addUser(t, "acme", "kim@acme.example", account.Member)
	link := w.mustDo(t, 201, "POST", acme+"/users/"+u.ID.String()+"/portal-link", "")["url"].(string)
	path, ok := strings.CutPrefix(link, publicURL)
	if !ok || !strings.HasPrefix(path, "/portal/") {
		t.Fatalf("the link = %s, want %s/portal/…", link, publicURL)
	}
	if a := w.do(t, "HEAD", path, "", noKey); a.status != 405 {
		t.Errorf("HEAD = %d, want 405, without using the link up", a.status)
	}
	a := w.do(t, "GET", path, "", noKey)
	if got := a.header.Get("Location"); a.status != 303 || got != "/account/webhooks" {
		t.Fatalf("GET = %d to %q, want 303 to the webhooks", a.status, got)
	}
	for name, want := range map[string]string{"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"} {
		if got := a.header.Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	c := cookieOf(t, a)
	if got := w.mustDo(t, 200, "GET", "/api/v1/me", "", noKey, "Cookie: "+sessionCookie+"="+c.Value)["id"]; got != u.ID.String() {
		t.Errorf("signed in as %v, want %s", got, u.ID)
	}
	for language, want := range map[string]string{"en": "expired or was used", "de": "abgelaufen"} {
		a := w.do(t, "GET", path, "", noKey, "Accept-Language: "+language)
		if a.status != 410 || !strings.Contains(string(a.body), want) || a.header.Get("Content-Language") != language ||
			!strings.HasPrefix(a.header.Get("Content-Type"), "text/html") || a.header.Get("Set-Cookie") != "" ||
			a.header.Get("Cache-Control") != "no-store" || a.header.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("the link again in %s = %d %v %s, want a page that says %s", language, a.status, a.header, a.body, want)
		}
	}
	if strings.Contains(w.log.String(), strings.TrimPrefix(path, "/portal/")) {
		t.Error("the token is in the log")
	}
}
