package manual

import (
	"bytes"
	"embed"
	"encoding/json"
	"encoding/xml"
	"errors"
	"html/template"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/waybillhq/waybill/internal/spec"
)

//go:embed pages
var pages embed.FS

// page is what the frame of every page is filled with.
type page struct {
	Title   string
	Root    string // the way from the page to the root
	Specs   bool   // it is one of the specifications
	Content any
}

// render makes a page of the template with a name, within the frame.
func render(name string, p page) ([]byte, error) {
	t, err := template.New("frame.html").Funcs(template.FuncMap{
		"paragraphs": paragraphs, "pretty": pretty, "typed": typed, "linked": linked, "reference": reference,
	}).ParseFS(pages, "pages/frame.html", "pages/"+name+".html")
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = t.Execute(&b, p)
	return b.Bytes(), err
}

// addAssets adds what all pages load.
func (m *manual) addAssets() error {
	for name, contentType := range map[string]string{"style.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml"} {
		content, err := pages.ReadFile("pages/" + name)
		if err != nil {
			return err
		}
		m.add(SpecsPath+name, contentType, content)
	}
	return nil
}

// operation is a request of a specification, as its page shows it.
type operation struct {
	*huma.Operation

	Asked   []body
	Answers []answer
}

// body is a request's or an answer's: a type in a media type.
type body struct{ MediaType, Type string }

// answer is one of a request's.
type answer struct {
	Status string
	Words  string
	Bodies []body
}

func specPage(s spec.Spec) ([]byte, error) {
	operations := make([]operation, len(s.Operations))
	for i, op := range s.Operations {
		operations[i] = describe(op)
	}
	a, err := articleOf(s.Article)
	if err != nil {
		return nil, err
	}
	return render("spec", page{Title: s.Title, Root: "../", Specs: true, Content: struct {
		*spec.Spec

		Operations []operation
		Article    article
	}{&s, operations, a}})
}

func describe(op *huma.Operation) operation {
	o := operation{Operation: op}
	if op.RequestBody != nil {
		o.Asked = bodies(op.RequestBody.Content)
	}
	for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
		r := op.Responses[status]
		o.Answers = append(o.Answers, answer{status, r.Description, bodies(r.Content)})
	}
	return o
}

func bodies(content map[string]*huma.MediaType) []body {
	var all []body
	for _, mediaType := range slices.Sorted(maps.Keys(content)) {
		all = append(all, body{mediaType, reference(content[mediaType].Schema)})
	}
	return all
}

// reference returns the name of the type that a schema refers to, if it does.
func reference(s *huma.Schema) string {
	if s == nil {
		return ""
	}
	return strings.TrimPrefix(s.Ref, "#/components/schemas/")
}

// paragraphs splits a description.
func paragraphs(text string) []string { return strings.Split(text, "\n\n") }

// typed says in words what a member holds, but for a type of its own, which is linked.
func typed(m spec.Member) string {
	word := map[spec.Kind]string{
		spec.Text: "text", spec.Number: "number", spec.Whole: "whole number", spec.Bool: "true or false", spec.Date: "date",
		spec.Time: "time", spec.Any: "anything", spec.ID: "whole number or text",
	}[m.Kind]
	switch m.Format {
	case "uuid":
		word = "text (UUID)"
	case "uri":
		word = "text (URL)"
	}
	return word
}

// linked reports whether a member has a type of its own.
func linked(m spec.Member) bool { return m.Kind == spec.Object || m.Kind == spec.Choice }

// pretty indents JSON or XML.
func pretty(raw []byte) (string, error) {
	var b bytes.Buffer
	if !bytes.HasPrefix(raw, []byte("<")) {
		err := json.Indent(&b, raw, "", "  ")
		return b.String(), err
	}
	in, out := xml.NewDecoder(bytes.NewReader(raw)), xml.NewEncoder(&b)
	out.Indent("", "  ")
	for {
		token, err := in.Token()
		if errors.Is(err, io.EOF) {
			return b.String(), out.Flush()
		}
		if err != nil {
			return "", err
		}
		if text, ok := token.(xml.CharData); ok && len(bytes.TrimSpace(text)) == 0 {
			continue
		}
		if err := out.EncodeToken(token); err != nil {
			return "", err
		}
	}
}
