package manual_test

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/waybillhq/waybill/internal/manual"
	"github.com/waybillhq/waybill/internal/spec"
)

// serve serves the manual below a path, as a proxy may.
func serve(t *testing.T) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	manual.Mount(mux)
	server := httptest.NewServer(http.StripPrefix("/base", mux))
	t.Cleanup(server.Close)
	return server
}

// answer is what came besides the body.
type answer struct {
	status int
	header http.Header
	length int64 // that the header tells
}

func do(t *testing.T, method, url string, headers ...string) (answer, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, resp.ContentLength}, string(body)
}

func TestSpecificationsAreServed(t *testing.T) {
	t.Parallel()
	server := serve(t)
	for _, s := range spec.All() {
		raw, err := s.JSON()
		if err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct{ path, contentType, want string }{
			{s.Name, "text/html; charset=utf-8", "<h1>" + s.Title + "</h1>"},
			{s.Name + ".json", "application/openapi+json", string(raw)},
			{s.Name + ".json?openapi=3.0", "application/openapi+json", `"openapi":"3.0.3"`},
			{s.Name + ".yaml", "application/openapi+yaml", "openapi: 3.1.0"},
		} {
			resp, body := do(t, "GET", server.URL+"/base/specs/"+tt.path)
			if got := resp.header.Get("Content-Type"); resp.status != 200 || got != tt.contentType || !strings.Contains(body, tt.want) {
				t.Errorf("%s = %d of type %s, want 200 of type %s with %.80s", tt.path, resp.status, got, tt.contentType, tt.want)
			}
		}
	}
	if resp, body := do(t, "GET", server.URL+"/base/specs/order-webhook.xsd"); resp.status != 200 || body != string(spec.OrderXSD()) {
		t.Errorf("the XML Schema = %d %.80s", resp.status, body)
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	server := serve(t)
	for _, path := range []string{"/base/specs/", "/base/specs/order-webhook.json", "/base/docs/receivers/", "/base/specs/style.css"} {
		resp, body := do(t, "GET", server.URL+path)
		tag := resp.header.Get("Etag")
		if resp.status != 200 || tag == "" || resp.header.Get("Cache-Control") != "no-cache" || resp.header.Get("X-Content-Type-Options") != "nosniff" ||
			!strings.HasPrefix(resp.header.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s = %d with %v", path, resp.status, resp.header)
		}
		if again, rest := do(t, "GET", server.URL+path, "If-None-Match: "+tag); again.status != 304 || rest != "" {
			t.Errorf("%s again = %d %.40s, want 304", path, again.status, rest)
		}
		if head, none := do(t, "HEAD", server.URL+path); head.status != 200 || none != "" || head.length != int64(len(body)) {
			t.Errorf("HEAD of %s = %d of %d bytes", path, head.status, head.length)
		}
	}
	if resp, body := do(t, "GET", server.URL+"/base/specs/nothing"); resp.status != 404 || !strings.Contains(body, "There is no such page") {
		t.Errorf("what isn't there = %d %.80s", resp.status, body)
	}
	if resp, _ := do(t, "POST", server.URL+"/base/specs/"); resp.status != 405 {
		t.Errorf("POST = %d, want 405", resp.status)
	}
}

// Every page can be reached from the first by links, each of which leads somewhere
// within the server, or is one to elsewhere that a person follows; what pages load is
// there, too. IDs are there once.
func TestLinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	server := serve(t)
	ids := make(map[string]map[string]int) // by page
	var fragments []string
	wait := []string{server.URL + "/base/specs/"}
	for len(wait) > 0 {
		at := wait[0]
		wait = wait[1:]
		if ids[at] != nil {
			continue
		}
		ids[at] = make(map[string]int)
		resp, body := do(t, "GET", at)
		if resp.status != 200 {
			t.Errorf("%s = %d", at, resp.status)
		}
		if !strings.HasPrefix(resp.header.Get("Content-Type"), "text/html") {
			continue
		}
		node, err := html.Parse(strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		base, _ := url.Parse(at)
		for n := range node.Descendants() {
			for _, a := range n.Attr {
				switch {
				case a.Key == "id":
					ids[at][a.Val]++
				case a.Key == "style" || strings.HasPrefix(a.Key, "on") || n.Data == "script":
					t.Errorf("%s has %s %s, which its policy forbids", at, n.Data, a.Key)
				case a.Key == "src" || a.Key == "href":
					to, err := base.Parse(a.Val)
					if err != nil {
						t.Errorf("%s has a link to %q", at, a.Val)
						continue
					}
					if to.Host != base.Host && n.Data == "a" {
						continue
					}
					fragments = append(fragments, to.String())
					to.Fragment = ""
					wait = append(wait, to.String())
				}
			}
		}
	}
	for _, to := range fragments {
		to, fragment, _ := strings.Cut(to, "#")
		if fragment != "" && fragment != "main" && ids[to][fragment] != 1 {
			t.Errorf("there is a link to %s#%s, which is there %d times", to, fragment, ids[to][fragment])
		}
	}
	pages := slices.Sorted(maps.Keys(ids))
	for _, want := range []string{"/base/specs/trigger-event.yaml", "/base/docs/receivers/checklist", "/base/docs/receivers/signatures", "/base/specs/icon.svg"} {
		if !slices.Contains(pages, server.URL+want) {
			t.Errorf("there is no way to %s, but to %q", want, pages)
		}
	}
}
