package opentrans

import (
	"encoding/xml"
	"io"
	"strings"
	"unicode"
)

// guard is what encoding/xml reads a document through: it hands out the elements
// of the schema, checked and under the names that the structs have for them, and
// nothing else. What is refused is refused before it takes memory.
type guard struct {
	in      *xml.Decoder
	meter   *meter
	limits  Limits
	open    []frame
	counts  []int       // of the open elements' children, in one slice
	ready   []xml.Token // to hand out before anything else is read, the last one first
	root    *element
	header  position   // where the header began
	parties []position // where each party began
	items   []position // where each item began
	sum     position   // where the summary began
}

// position is a place in the input: line and column, in bytes, from 1.
type position struct{ line, column int }

// frame is an element that has begun and not ended.
type frame struct {
	element *element
	at      position
	nth     int // of its name; 0 if it can't be repeated
	counts  int // where its children's counts begin
}

// Token returns the next token that belongs to the schema.
func (g *guard) Token() (xml.Token, error) {
	for len(g.ready) == 0 {
		if err := g.advance(); err != nil {
			return nil, err
		}
	}
	last := len(g.ready) - 1
	t := g.ready[last]
	g.ready = g.ready[:last]
	return t, nil
}

// advance reads a token, and makes ready what it means to the structs, if anything.
func (g *guard) advance() error {
	t, at, err := g.next()
	if err != nil {
		return err
	}
	switch t := t.(type) {
	case xml.StartElement:
		return g.begin(t, at)
	case xml.EndElement:
		return g.end()
	case xml.CharData:
		if space, rest := spaceBefore(string(t)); rest != "" {
			return g.fail(at.after(space), "there is the text %s between elements; put it into an element, or take it out", quote(rest))
		}
	}
	return nil
}

// spaceBefore cuts s after the white space that it begins with.
func spaceBefore(s string) (space, rest string) {
	rest = strings.TrimLeftFunc(s, unicode.IsSpace)
	return s[:len(s)-len(rest)], rest
}

// next reads a token and says where it began. It passes over comments and
// instructions.
func (g *guard) next() (xml.Token, position, error) {
	for {
		g.meter.next()
		at := g.here()
		t, err := g.in.Token()
		if err != nil {
			return nil, at, g.broken(err)
		}
		switch t := t.(type) {
		case xml.Directive:
			return nil, at, g.fail(at, "there is a document type declaration (<!%s …>), which could define entities and name other files; take it out",
				strings.ToUpper(cut(firstWord(string(t)))))
		case xml.Comment, xml.ProcInst:
		default:
			return t, at, nil
		}
	}
}

func (g *guard) here() position {
	line, column := g.in.InputPos()
	return position{line, column}
}

// start reads up to the root element and finds out what it is.
func (g *guard) start() error {
	for {
		t, at, err := g.next()
		if err != nil {
			return err
		}
		switch t := t.(type) {
		case xml.StartElement:
			return g.begin(t, at)
		case xml.CharData:
			if space, s := spaceBefore(string(t)); s != "" {
				return g.fail(at.after(space), "the document begins with %s, not with an element; send XML that begins with <ORDER …> or another document of openTRANS 2.1", quote(s))
			}
		}
	}
}

// finish reads what comes after the root element, which may be white space,
// comments and instructions.
func (g *guard) finish() error {
	for {
		t, at, err := g.next()
		if err == io.EOF { //nolint:errorlint // the decoder and broken return it as it is
			return nil
		}
		if err != nil {
			return err
		}
		if c, ok := t.(xml.CharData); !ok || strings.TrimSpace(string(c)) != "" {
			return g.fail(at, "there is more after the end of the document; send one document at a time")
		}
	}
}

// begin takes an element that begins.
func (g *guard) begin(t xml.StartElement, at position) error {
	if len(g.open) == g.limits.Depth {
		return g.fail(at, "elements are nested deeper than %d, which no document of openTRANS needs; send the document itself", g.limits.Depth)
	}
	if len(g.open) == 0 {
		return g.beginRoot(t, at)
	}
	parent := g.open[len(g.open)-1]
	e := parent.element.children[t.Name.Local]
	if parent.element.content == anything {
		return g.extension(t, at)
	}
	if e == nil || e.written {
		return g.skip()
	}
	if namespace, _ := e.local(); t.Name.Space != namespace {
		return g.misplaced(e, t, at)
	}
	n := &g.counts[parent.counts+e.index]
	*n++
	f := frame{element: e, at: at}
	if e.many {
		f.nth = *n
	}
	switch {
	case *n > 1 && e.first:
		return g.skip()
	case *n > 1 && !e.many:
		return g.failIn(f, "it is there twice; leave only one")
	case *n > g.limits.Lines:
		return g.failIn(f, "there are more than %d; send them in several documents", g.limits.Lines)
	}
	start := xml.StartElement{Name: xml.Name{Local: e.name}, Attr: known(e, t.Attr)}
	if e.content >= text {
		return g.leaf(f, start)
	}
	g.note(f)
	g.push(f, start)
	return nil
}

// note keeps the places that a problem may be about which is found later.
func (g *guard) note(f frame) {
	switch {
	case len(g.open) == 1 && f.element.index == 0:
		g.header = f.at
	case len(g.open) == 1:
		g.sum = f.at // the last one of list and summary
	case len(g.open) == 2 && f.element.many:
		g.items = append(g.items, f.at)
	case f.element.name == "PARTY":
		g.parties = append(g.parties, f.at)
	}
}

func (g *guard) push(f frame, start xml.StartElement) {
	f.counts = len(g.counts)
	for range f.element.order {
		g.counts = append(g.counts, 0)
	}
	g.open = append(g.open, f)
	g.ready = append(g.ready, start)
}

// end takes the end of the element that began last.
func (g *guard) end() error {
	f := g.open[len(g.open)-1]
	for _, child := range f.element.order {
		if child.required && !child.written && g.counts[f.counts+child.index] == 0 {
			namespace, name := child.local()
			return g.fail(f.at, "%s is missing or empty; add it, in the namespace %s", name, namespace)
		}
	}
	g.open, g.counts = g.open[:len(g.open)-1], g.counts[:f.counts]
	g.ready = append(g.ready, xml.EndElement{Name: xml.Name{Local: f.element.name}})
	return nil
}

// skip passes over the element that has just begun.
func (g *guard) skip() error {
	for depth := 1; depth > 0; {
		t, at, err := g.next()
		if err != nil {
			return err
		}
		switch t.(type) {
		case xml.StartElement:
			depth++
			if len(g.open)+depth > g.limits.Depth {
				return g.fail(at, "elements are nested deeper than %d, which no document of openTRANS needs; send the document itself", g.limits.Depth)
			}
		case xml.EndElement:
			depth--
		}
	}
	return nil
}

// leaf takes an element that holds text. An empty one counts as not there.
func (g *guard) leaf(f frame, start xml.StartElement) error {
	s, err := g.text(f)
	if err != nil {
		return err
	}
	if s == "" {
		g.counts[g.open[len(g.open)-1].counts+f.element.index]--
		return nil
	}
	s, problem := f.element.value(s)
	if problem != "" {
		return g.failIn(f, "%s", problem)
	}
	g.ready = append(g.ready, start.End(), xml.CharData(s), start)
	return nil
}

// extension takes a child of HEADER_UDX or ITEM_UDX: one that holds text and has a
// name that begins as theirs do. Others are passed over.
func (g *guard) extension(t xml.StartElement, at position) error {
	parent := g.open[len(g.open)-1]
	e := *parent.element.order[0]
	e.name = t.Name.Local
	n := &g.counts[parent.counts]
	*n++
	f := frame{element: &e, at: at, nth: *n}
	if *n > g.limits.Lines {
		return g.failIn(f, "there are more than %d; send them in several documents", g.limits.Lines)
	}
	if !strings.HasPrefix(e.name, "UDX.") || t.Name.Space != Namespace {
		return g.skip()
	}
	start := xml.StartElement{Name: xml.Name{Local: e.name}}
	var b strings.Builder
	for {
		t, _, err := g.next()
		if err != nil {
			return err
		}
		switch t := t.(type) {
		case xml.CharData:
			if err := g.append(&b, t, f); err != nil {
				return err
			}
		case xml.StartElement: // a structure of somebody's own: only plain fields are kept
			if err := g.skip(); err != nil {
				return err
			}
			return g.skip()
		case xml.EndElement:
			s, problem := e.value(strings.TrimSpace(b.String()))
			if problem != "" {
				return g.failIn(f, "%s", problem)
			}
			if s != "" {
				g.ready = append(g.ready, start.End(), xml.CharData(s), start)
			}
			return nil
		}
	}
}

// text reads the text of an element up to its end.
func (g *guard) text(f frame) (string, error) {
	var b strings.Builder
	for {
		t, _, err := g.next()
		if err != nil {
			return "", err
		}
		switch t := t.(type) {
		case xml.StartElement:
			return "", g.failIn(f, "it holds the element %s, but can only hold text", quote(t.Name.Local))
		case xml.CharData:
			if err := g.append(&b, t, f); err != nil {
				return "", err
			}
		case xml.EndElement:
			return strings.TrimSpace(b.String()), nil
		}
	}
}

// append adds to a text, within its limit.
func (g *guard) append(b *strings.Builder, t xml.CharData, f frame) error {
	if b.Len()+len(t) > g.limits.Text {
		return g.failIn(f, "its text is longer than %d bytes; shorten it", g.limits.Text)
	}
	b.Write(t)
	return nil
}

// known returns those attributes that e has in the schema.
func known(e *element, attrs []xml.Attr) []xml.Attr {
	var kept []xml.Attr
	for _, name := range e.attrs {
		for _, a := range attrs {
			if value := strings.TrimSpace(a.Value); a.Name.Space == "" && a.Name.Local == name && value != "" {
				kept = append(kept, xml.Attr{Name: a.Name, Value: value})
			}
		}
	}
	return kept
}

func firstWord(s string) string {
	for i, r := range s {
		if unicode.IsSpace(r) {
			return s[:i]
		}
	}
	return s
}
