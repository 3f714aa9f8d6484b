package manual

import (
	"bytes"
	"cmp"
	"errors"
	"html/template"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"github.com/waybillhq/waybill/docs"
)

// article is a page of Markdown.
type article struct {
	Name, Title string
	Summary     string // its first paragraph
	HTML        template.HTML
}

// order returns where a page stands in the list: first what is sent, then what to do
// with it. One that isn't named here comes last.
func order(name string) int {
	names := []string{
		"orders", "shipments", "get-webhooks", "document-notices", "answering", "fetching", "documents", "signatures", "certificates", "checklist",
	}
	if i := slices.Index(names, name); i >= 0 {
		return i
	}
	return len(names)
}

// addPages adds the pages of docs/receivers.
func (m *manual) addPages() error {
	files, err := fs.Glob(docs.Receivers, "receivers/*.md")
	if err != nil {
		return err
	}
	var all []article
	for _, file := range files {
		a, err := articleOf(strings.TrimSuffix(path.Base(file), ".md"))
		if err != nil {
			return err
		}
		all = append(all, a)
	}
	slices.SortFunc(all, func(a, b article) int { return cmp.Or(order(a.Name)-order(b.Name), strings.Compare(a.Name, b.Name)) })
	for _, a := range all {
		content, err := render("article", page{Title: a.Title, Root: "../../", Content: struct {
			article

			All []article
		}{a, all}})
		if err != nil {
			return err
		}
		m.add(PagesPath+a.Name, pageType, content)
	}
	content, err := render("articles", page{Title: "For those who write a receiver", Root: "../../", Content: all})
	if err != nil {
		return err
	}
	m.add(PagesPath, pageType, content)
	return nil
}

// articleOf returns the article with a name; none, if it isn't there.
func articleOf(name string) (article, error) {
	source, err := docs.Receivers.ReadFile("receivers/" + name + ".md")
	if errors.Is(err, fs.ErrNotExist) {
		return article{}, nil
	}
	if err != nil {
		return article{}, err
	}
	return read(name, source)
}

// read makes an article of Markdown.
func read(name string, source []byte) (article, error) {
	md := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithParserOptions(
		parser.WithAutoHeadingID(), parser.WithASTTransformers(util.Prioritized(links{}, 100)),
	))
	a := article{Name: name, Title: name}
	document := md.Parser().Parse(text.NewReader(source))
	for n := document.FirstChild(); n != nil; n = n.NextSibling() {
		if h, ok := n.(*ast.Heading); ok && h.Level == 1 {
			a.Title = words(h, source)
		}
		if p, ok := n.(*ast.Paragraph); ok && a.Summary == "" {
			a.Summary = words(p, source)
		}
	}
	var b bytes.Buffer
	if err := md.Renderer().Render(&b, source, document); err != nil {
		return article{}, err
	}
	// What is wider than a phone scrolls by itself, and by keys too.
	wide := strings.NewReplacer("<table>", `<div class="tablewrap" tabindex="0"><table>`, "</table>", "</table></div>", "<pre>", `<pre tabindex="0">`,
		`<input disabled="" type="checkbox">`, `<span class="box" aria-hidden="true"></span>`)
	a.HTML = template.HTML(wide.Replace(b.String())) //nolint:gosec // of our own pages, which goldmark has escaped
	return a, nil
}

// words returns the text of a node without what marks it up.
func words(n ast.Node, source []byte) string {
	var b strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // it fails only if this does
		if t, ok := n.(*ast.Text); ok && entering {
			b.Write(t.Segment.Value(source))
			if t.SoftLineBreak() {
				b.WriteByte(' ')
			}
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}

// links makes links work where pages are served: to other pages without .md; links
// to what isn't served become mere text. Code that is the path of a specification
// becomes a link to it.
type links struct{}

// Transform changes the links of a document.
func (links) Transform(document *ast.Document, reader text.Reader, _ parser.Context) {
	var found []*ast.Link
	var code []*ast.CodeSpan
	_ = ast.Walk(document, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // it fails only if this does
		if l, ok := n.(*ast.Link); ok && entering {
			found = append(found, l)
		}
		if c, ok := n.(*ast.CodeSpan); ok && entering {
			code = append(code, c)
		}
		return ast.WalkContinue, nil
	})
	for _, l := range found {
		if target := served(string(l.Destination)); target != "" {
			l.Destination = []byte(target)
		} else {
			unlink(l)
		}
	}
	for _, c := range code {
		if target := words(c, reader.Source()); strings.HasPrefix(target, SpecsPath) && !strings.ContainsAny(target, "{…") {
			l := ast.NewLink()
			l.Destination = []byte("../.." + target)
			c.Parent().ReplaceChild(c.Parent(), c, l)
			l.AppendChild(l, c)
		}
	}
}

// served returns what a link leads to where pages are served; nothing, if its target
// isn't.
func served(target string) string {
	file, anchor, _ := strings.Cut(target, "#")
	if anchor != "" {
		anchor = "#" + anchor
	}
	switch name, ok := strings.CutSuffix(file, ".md"); {
	case strings.Contains(target, "://"), file == "":
		return target
	case ok && fs.ValidPath(name):
		if _, err := fs.Stat(docs.Receivers, "receivers/"+file); err == nil {
			return name + anchor
		}
	}
	return ""
}

// unlink puts what a link shows in its place.
func unlink(l *ast.Link) {
	parent := l.Parent()
	for c := l.FirstChild(); c != nil; c = l.FirstChild() {
		parent.InsertBefore(parent, l, c)
	}
	parent.RemoveChild(parent, l)
}
