// Package manual serves what those who write a receiver read: the specifications of
// what receivers are sent and can call, and the pages of docs/receivers. It needs
// no credentials.
package manual

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/waybillhq/waybill/internal/spec"
)

// What the paths of the manual begin with.
const (
	SpecsPath = "/specs/"
	PagesPath = "/docs/receivers/"
)

// Media types of what is served.
const (
	pageType = "text/html; charset=utf-8"
	jsonType = "application/openapi+json"
	yamlType = "application/openapi+yaml"
	xsdType  = "application/xml"
)

// policy lets a page load our style sheet and icon, and nothing else.
const policy = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// file is what is served at a path.
type file struct {
	contentType string
	content     []byte
	tag         string
}

// manual is everything that is served. It is safe for concurrent use.
type manual struct{ files map[string]file } // by path

func newManual() (*manual, error) {
	m := &manual{files: make(map[string]file)}
	for _, add := range []func() error{m.addAssets, m.addPages, m.addSpecs} {
		if err := add(); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *manual) add(path, contentType string, content []byte) {
	sum := sha256.Sum256(content)
	m.files[path] = file{contentType, content, `"` + hex.EncodeToString(sum[:16]) + `"`}
}

// Mount has mux serve the manual.
func Mount(mux *http.ServeMux) {
	for _, path := range []string{SpecsPath, PagesPath} {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) { made().serve(w, r) }) // and HEAD
	}
}

// made is made by the first request, as it takes a tenth of a second, from constants,
// and never changed after.
//
//nolint:gochecknoglobals // see above.
var made = sync.OnceValue(func() *manual {
	m, err := newManual()
	if err != nil {
		panic("manual: " + err.Error())
	}
	return m
})

func (m *manual) serve(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	if r.URL.Query().Get("openapi") == "3.0" {
		path += older
	}
	f, ok := m.files[path]
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	if !ok {
		m.refuse(w, r)
		return
	}
	h.Set("Content-Type", f.contentType)
	h.Set("Cache-Control", "no-cache") // it may be kept, but is asked for again
	h.Set("ETag", f.tag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.content))
}

// refuse says that there is no such page.
func (m *manual) refuse(w http.ResponseWriter, r *http.Request) {
	f := m.files[missing+strings.Repeat("../", min(strings.Count(r.URL.Path, "/")-1, deepest))]
	w.Header().Set("Content-Type", f.contentType)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusNotFound)
	if r.Method != http.MethodHead {
		_, _ = w.Write(f.content) // a client that is gone needs no answer
	}
}

// What is in the names of files that are at no path.
const (
	missing = "missing "        // with the way to the root after it
	older   = " in OpenAPI 3.0" // with a path before it
)

// deepest is how many folders deep a path is whose page knows the way to the root.
const deepest = 4

// addSpecs adds the specifications.
func (m *manual) addSpecs() error {
	for _, s := range spec.All() {
		path := SpecsPath + s.Name
		for _, form := range []struct {
			path, contentType string
			make              func() ([]byte, error)
		}{
			{path + ".json", jsonType, s.JSON},
			{path + ".json" + older, jsonType, s.OpenAPI30},
			{path + ".yaml", yamlType, s.YAML},
			{path, pageType, func() ([]byte, error) { return specPage(s) }},
		} {
			content, err := form.make()
			if err != nil {
				return err
			}
			m.add(form.path, form.contentType, content)
		}
	}
	m.add(SpecsPath+"order-webhook.xsd", xsdType, spec.OrderXSD())
	list, err := render("specs", page{Title: "Specifications", Root: "../", Specs: true, Content: spec.All()})
	if err != nil {
		return err
	}
	m.add(SpecsPath, pageType, list)
	for depth := 1; depth <= deepest; depth++ {
		root := strings.Repeat("../", depth)
		content, err := render("missing", page{Title: "There is no such page", Root: root})
		if err != nil {
			return err
		}
		m.add(missing+root, pageType, content)
	}
	return nil
}
