package partner_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/document"
	"github.com/waybillhq/waybill/internal/store/storetest"
	"github.com/waybillhq/waybill/internal/trade"
)

// keep stores a PDF of acme's.
func (w *world) keep(t *testing.T, filename, content string) trade.Object {
	t.Helper()
	u, err := w.archive.Begin(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close(t.Context())
	if err := u.Bring(t.Context(), strings.NewReader(content)); err != nil {
		t.Fatal(err)
	}
	o, _, err := w.archive.Keep(t.Context(), u, document.ObjectRequest{Company: "acme", Filename: filename, MediaType: "application/pdf"})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// metadata is what receivers are told of an object.
type metadata struct {
	ID          string `json:"id" xml:"id"`
	Filename    string `json:"filename" xml:"filename"`
	ContentType string `json:"contentType" xml:"contentType"`
	DownloadURL string `json:"downloadUrl" xml:"downloadUrl"`
}

func metadataPath(id uuid.UUID) string {
	return "/v2/object-storage/document/" + id.String() + "/metadata"
}

func (w *world) metadata(t *testing.T, id uuid.UUID) metadata {
	t.Helper()
	resp, body := w.do(t, "GET", metadataPath(id), "acme:"+w.keys["acme reader"])
	var m metadata
	if err := json.Unmarshal(body, &m); err != nil || resp.status != 200 {
		t.Fatalf("%d %s: %v", resp.status, body, err)
	}
	return m
}

func TestAnObjectIsDownloadedWithoutCredentials(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		content := strings.Repeat("0123456789abcdef", 40_000)
		o := w.keep(t, "Zeichnung für A.pdf", content)
		m := w.metadata(t, o.ID)
		if m.ID != o.ID.String() || m.Filename != o.Filename || m.ContentType != "application/pdf" {
			t.Errorf("metadata = %+v, want those of %+v", m, o)
		}
		path, ok := strings.CutPrefix(m.DownloadURL, publicURL)
		if !ok {
			t.Errorf("downloadUrl = %s, want one that begins with %s", m.DownloadURL, publicURL)
		}
		resp, body := w.do(t, "GET", path, "")
		if resp.status != 200 || string(body) != content {
			t.Errorf("the download = %d with %d bytes, want 200 with %d", resp.status, len(body), len(content))
		}
		for name, want := range map[string]string{
			"Content-Type": "application/pdf", "X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store", "Referrer-Policy": "no-referrer",
			"Content-Disposition": `attachment; filename="Zeichnung f_r A.pdf"; filename*=UTF-8''Zeichnung%20f%C3%BCr%20A.pdf`,
		} {
			if got := resp.header.Get(name); got != want {
				t.Errorf("%s = %q, want %q", name, got, want)
			}
		}
		tag := resp.header.Get("Etag")
		if resp, body := w.do(t, "GET", path, "", "Range: bytes=262100-262200", "If-Range: "+tag); resp.status != 206 || string(body) != content[262100:262201] {
			t.Errorf("a range = %d with %d bytes, want 206 with 101", resp.status, len(body))
		}
		if resp, _ := w.do(t, "GET", path, "", "If-None-Match: "+tag); resp.status != 304 {
			t.Errorf("with If-None-Match = %d, want 304", resp.status)
		}
		if resp, body := w.do(t, "HEAD", path, ""); resp.status != 200 || resp.length != int64(len(content)) || len(body) != 0 {
			t.Errorf("HEAD = %d that tells %d bytes, want 200 and %d", resp.status, resp.length, len(content))
		}
		if err := w.archive.DeleteObject(t.Context(), "acme", o.ID); err != nil {
			t.Fatal(err)
		}
		if resp, _ := w.do(t, "GET", path, ""); resp.status != 404 {
			t.Errorf("the download of a deleted object = %d, want 404", resp.status)
		}
	})
}

func TestADocumentIsAnObject(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		m := w.metadata(t, w.document.ID)
		if m.Filename != "DISPATCHNOTIFICATION-t-1.xml" || m.ContentType != "application/xml" {
			t.Errorf("metadata = %+v, want those of the document", m)
		}
		resp, body := w.do(t, "GET", strings.TrimPrefix(m.DownloadURL, publicURL), "")
		if resp.status != 200 || !bytes.Equal(body, w.content) {
			t.Errorf("the download = %d with %d bytes, want 200 with %d", resp.status, len(body), len(w.content))
		}
	})
}

func TestWhoMaySeeMetadata(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		o := w.keep(t, "a.pdf", "%PDF-1.7")
		w.checkWho(t, "GET", metadataPath(o.ID), "")
		for name, path := range map[string]string{
			"an object that isn't there": metadataPath(uuid.New()), "what isn't an ID": "/v2/object-storage/document/a/metadata",
			"an ID in another form": "/v2/object-storage/document/" + strings.ReplaceAll(o.ID.String(), "-", "") + "/metadata",
		} {
			if resp, body := w.do(t, "GET", path, "acme:"+w.keys["acme reader"]); resp.status != 404 {
				t.Errorf("%s = %d %s, want 404", name, resp.status, body)
			}
		}
		resp, body := w.do(t, "GET", metadataPath(o.ID), "acme:"+w.keys["acme reader"], "Accept: application/xml")
		var m metadata
		if err := xml.Unmarshal(body, &m); err != nil || m.ID != o.ID.String() || m.DownloadURL == "" || resp.header.Get("Content-Type") != "application/xml" {
			t.Errorf("as XML = %s, %v, want the same", body, err)
		}
	})
}

// checkWho makes a request of something of acme's with all sorts of credentials.
func (w *world) checkWho(t *testing.T, method, path, content string) {
	t.Helper()
	for name, tt := range map[string]struct {
		credentials string
		headers     []string
		status      int
	}{
		"an admin's key":             {"acme:" + w.keys["acme admin"], nil, 200},
		"a producer's key":           {"acme:" + w.keys["acme producer"], nil, 200},
		"a reader's key":             {"acme:" + w.keys["acme reader"], nil, 200},
		"a key as a bearer":          {"", []string{"Authorization: Bearer " + w.keys["acme reader"]}, 200},
		"another company":            {"rival:" + w.keys["rival reader"], nil, 404},
		"another company's admin":    {"rival:" + w.keys["rival admin"], nil, 404},
		"another company's bearer":   {"", []string{"Authorization: Bearer " + w.keys["rival reader"]}, 404},
		"another's key as one's own": {"acme:" + w.keys["rival reader"], nil, 401},
		"the operator's key":         {"acme:" + operatorKey, nil, 401},
		"the operator's bearer":      {"", []string{"Authorization: Bearer " + operatorKey}, 401},
		"a wrong key":                {"acme:wrong", nil, 401},
		"a wrong bearer":             {"", []string{"Authorization: Bearer wrong"}, 401},
		"nobody":                     {"", nil, 401},
		"a session":                  {"", []string{"Cookie: waybill_session=made-up"}, 401},
	} {
		resp, body := w.send(t, method, path, content, tt.credentials, tt.headers...)
		if method == "POST" && tt.status == 404 {
			tt.status = 200 // which shows nothing; see the test of polls
		}
		if resp.status != tt.status {
			t.Errorf("%s %s by %s = %d %.200s, want %d", method, path, name, resp.status, body, tt.status)
		}
		if got := resp.header.Values("Www-Authenticate"); tt.status == 401 && (len(got) != 2 || !strings.HasPrefix(got[0], "Basic ") || !strings.HasPrefix(got[1], "Bearer ")) {
			t.Errorf("%s: WWW-Authenticate = %q, want Basic and Bearer", name, got)
		}
	}
}

// journal is what is logged.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(p)
}

func (j *journal) text() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.String()
}

func TestASignedURLWorksForAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var logged journal
		w := newHandler(t, storetest.Open(t), slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug})))
		o := w.keep(t, "a.pdf", "%PDF-1.7")
		me := "acme:" + w.keys["acme reader"]
		var m metadata
		if err := json.Unmarshal(w.call(t, "GET", metadataPath(o.ID), "", me).Body.Bytes(), &m); err != nil {
			t.Fatal(err)
		}
		link := m.DownloadURL
		get := func(link string, want int) string {
			t.Helper()
			rec := w.call(t, "GET", link, "", "")
			if rec.Code != want {
				t.Errorf("GET %s = %d %s, want %d", link, rec.Code, rec.Body, want)
			}
			if want == http.StatusForbidden && rec.Header().Get("Content-Type") != "application/problem+json" {
				t.Errorf("the refusal is of type %s, want a problem", rec.Header().Get("Content-Type"))
			}
			return rec.Body.String()
		}
		time.Sleep(time.Minute - time.Millisecond)
		if got := get(link, 200); got != "%PDF-1.7" {
			t.Errorf("the download = %s, want the object", got)
		}
		other := w.keep(t, "b.pdf", "other")
		for _, changed := range changes(t, link, other.ID) {
			if got := get(changed, 403); !strings.Contains(got, "as it was given out") {
				t.Errorf("the refusal says %s, want that the URL is another", got)
			}
		}
		time.Sleep(time.Millisecond)
		if got := get(link, 403); !strings.Contains(got, "expired") || !strings.Contains(got, metadataPath(o.ID)) {
			t.Errorf("the refusal says %s, want that the URL has expired, and where a new one is", got)
		}
		parsed, err := url.Parse(link)
		if err != nil {
			t.Fatal(err)
		}
		if text, signature := logged.text(), parsed.Query().Get("signature"); strings.Contains(text, signature) || !strings.Contains(text, "status=403") {
			t.Errorf("the log has the signature %s, or nothing of what was refused: %s", signature, text)
		}
	})
}

// changes returns what a signed URL can be altered to.
func changes(t *testing.T, link string, other uuid.UUID) []string {
	t.Helper()
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	with := func(name, value string) string {
		changed, query := *u, u.Query()
		query.Set(name, value)
		changed.RawQuery = query.Encode()
		return changed.String()
	}
	id := strings.Split(u.Path, "/")[4]
	signature, expires := u.Query().Get("signature"), u.Query().Get("expires")
	return []string{
		with("company", "rival"), with("company", "acme\n"), with("company", ""),
		with("expires", "1"+expires), with("expires", expires+"0"), with("expires", ""), with("expires", "+"+expires),
		with("signature", ""), with("signature", signature[:len(signature)-1]), with("signature", signature+"AA"), with("signature", signature+"!"),
		with("signature", signature+"\n"), with("signature", strings.ToLower(signature)), with("signature", strings.Repeat("A", len(signature))),
		strings.Replace(link, id, other.String(), 1), strings.Replace(link, id, strings.ToUpper(id), 1),
		u.Scheme + "://" + u.Host + u.Path,
	}
}

// Nodes with the same keys, and no others, know each other's URLs.
func TestASignedURLIsOfItsKeys(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		o := w.keep(t, "a.pdf", "%PDF-1.7")
		path := strings.TrimPrefix(w.metadata(t, o.ID).DownloadURL, publicURL)
		for name, tt := range map[string]struct {
			node *world
			want int
		}{
			"another node": {newNode(t, w, storetest.Keys(t)), 200}, "one with other keys": {newNode(t, w, otherKeys(t)), 403},
		} {
			if rec := tt.node.call(t, "GET", path, "", ""); rec.Code != tt.want {
				t.Errorf("%s = %d %s, want %d", name, rec.Code, rec.Body, tt.want)
			}
		}
	})
}
