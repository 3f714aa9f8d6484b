package api_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"
)

const objects = acme + "/objects"

// addObject stores a file of acme's.
func (w *world) addObject(t *testing.T) map[string]any {
	t.Helper()
	return w.mustDo(t, 201, "POST", objects+"?filename=drawing.pdf", "%PDF-1.7", "Content-Type: application/pdf")
}

// objectCalls are those of everyCall for objects.
func objectCalls(t *testing.T, w *world) map[string][]call {
	t.Helper()
	one := objects + "/" + w.addObject(t)["objectId"].(string)
	gone := objects + "/" + w.addObject(t)["objectId"].(string)
	path := objects + "?filename=drawing.pdf"
	return map[string][]call{
		"postObject": {
			{path: path, body: "%PDF-1.7", want: 201},
			{path: objects, body: "%PDF-1.7", want: 422},
			{path: path, want: 422},
			{path: path, body: strings.Repeat("x", maxDocument+1), want: 413},
			{path: path, body: "%PDF-1.7", headers: []string{"Content-Encoding: gzip"}, want: 415},
			{body: "%PDF-1.7", want: 404},
		},
		"getObject":    {{path: one, want: 200}, {path: objects + "/" + idLike, want: 404}},
		"deleteObject": {{path: gone, want: 204}, {path: gone, want: 404}},
	}
}

func TestObjectIsKeptAsItWasBrought(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	content := strings.Repeat("0123456789abcdef", 50_000) // four chunks
	sum := sha256.Sum256([]byte(content))
	want := map[string]any{
		"filename": "Zeichnung für A.dwg", "contentType": "image/vnd.dwg", "size": float64(len(content)), "sha256": hex.EncodeToString(sum[:]),
	}
	inForm, header := form(t, "Zeichnung für A.dwg", content, map[string]string{"sha256": hex.EncodeToString(sum[:])})
	inForm = strings.Replace(inForm, "application/octet-stream", "image/vnd.dwg", 1)
	digest := "Content-Digest: sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"
	for name, made := range map[string]map[string]any{
		"a body": w.mustDo(t, 201, "POST", objects+"?filename=Zeichnung%20f%C3%BCr%20A.dwg", content, "Content-Type: Image/vnd.DWG", digest),
		"a form": w.mustDo(t, 201, "POST", objects, inForm, header),
	} {
		if made["repeated"] != false {
			t.Errorf("%s is answered as repeated", name)
		}
		read := w.mustDo(t, 200, "GET", objects+"/"+made["objectId"].(string), "")
		for _, answer := range []map[string]any{made, read} {
			for field, value := range want {
				if answer[field] != value {
					t.Errorf("%s: %s = %v, want %v", name, field, answer[field], value)
				}
			}
		}
	}
	if n := w.rest(t); n != 0 {
		t.Errorf("%d contents belong to nothing, want none", n)
	}
}

func TestObjectWithoutATypeIsBytes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.mustDo(t, 201, "POST", objects+"?filename=a.bin", "abc", "Content-Type: ")
	if made["contentType"] != "application/octet-stream" {
		t.Errorf("contentType = %v, want application/octet-stream", made["contentType"])
	}
}

func TestObjectIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, tt := range map[string]struct {
		query, field string
		headers      []string
	}{
		"no name":                  {"", "filename", nil},
		"a folder":                 {"?filename=a%2Fb.pdf", "filename", nil},
		"a folder of Windows":      {"?filename=a%5Cb.pdf", "filename", nil},
		"the folder above":         {"?filename=..", "filename", nil},
		"two lines":                {"?filename=a%0D%0AX-Other:%20b", "filename", nil},
		"a name that looks like":   {"?filename=a%E2%80%AEfdp.exe", "filename", nil},
		"what isn't UTF-8":         {"?filename=%FF.pdf", "filename", nil},
		"a long name":              {"?filename=" + strings.Repeat("%C3%BC", 101), "filename", nil},
		"what isn't a type":        {"?filename=a.pdf", "Content-Type", []string{"Content-Type: pdf"}},
		"a long type":              {"?filename=a.pdf", "Content-Type", []string{"Content-Type: text/" + strings.Repeat("x", 200)}},
		"another SHA-256":          {"?filename=a.pdf&sha256=" + strings.Repeat("0", 64), "Content-Digest", nil},
		"an Idempotency-Key, none": {"?filename=a.pdf", "Idempotency-Key", []string{"Idempotency-Key: "}},
	} {
		a := w.do(t, "POST", objects+tt.query, "abc", tt.headers...)
		if got := reasons(t, a)[tt.field]; a.status != 422 || got == "" {
			t.Errorf("%s = %d %s, want 422 that names %s", name, a.status, a.body, tt.field)
		}
	}
	body, header := form(t, "a.pdf", "abc", map[string]string{"kind": "ORDER"})
	if a := w.do(t, "POST", objects, body, header); a.status != 422 || reasons(t, a)["kind"] == "" {
		t.Errorf("a field that there isn't = %d %s, want 422 that names it", a.status, a.body)
	}
	if n := w.rest(t); n != 0 {
		t.Errorf("%d contents belong to nothing, want none", n)
	}
}

func TestObjectWithAKeyIsStoredOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const key = "Idempotency-Key: k-1"
	first := w.mustDo(t, 201, "POST", objects+"?filename=a.pdf", "abc", key)
	again := w.mustDo(t, 201, "POST", objects+"?filename=a.pdf", "abc", key)
	if again["objectId"] != first["objectId"] || again["repeated"] != true {
		t.Errorf("again = %v, want the first, repeated", again)
	}
	for name, other := range map[string][2]string{"another name": {"b.pdf", "abc"}, "another content": {"a.pdf", "abd"}} {
		a := w.do(t, "POST", objects+"?filename="+other[0], other[1], key)
		if a.status != 422 || reasons(t, a)["Idempotency-Key"] == "" {
			t.Errorf("%s with the same key = %d %s, want 422 that names it", name, a.status, a.body)
		}
	}
	if n := w.rest(t); n != 0 {
		t.Errorf("%d contents belong to nothing, want none", n)
	}
}

// Documents are objects too, but for their removal.
func TestDocumentAsAnObject(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one := objects + "/" + w.addDocument(t, "<INVOICE/>")["id"].(string)
	o := w.mustDo(t, 200, "GET", one, "")
	if o["filename"] != "INVOICE-t-1.xml" || o["contentType"] != "application/xml" || o["size"] != 10.0 {
		t.Errorf("the object = %v, want the document's name, type and size", o)
	}
	if a := w.do(t, "DELETE", one, ""); a.status != 404 {
		t.Errorf("DELETE = %d %s, want 404", a.status, a.body)
	}
}
