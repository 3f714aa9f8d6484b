package opentrans

import (
	"bufio"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/waybillhq/waybill/internal/hook"
)

// Read reads a document of openTRANS 2.1, whichever of the five it is. It takes
// UTF-8, US-ASCII and ISO-8859-1, and any prefixes for the namespaces. It passes
// over elements that have no place in Document, and over the order in which
// elements stand; what is there twice, in another namespace than its own, missing
// or not of its type is refused, and so is what Check finds. Document type
// declarations are refused, whatever is in them: so no entity is ever expanded and
// nothing else is fetched.
//
// Memory is bounded by limits, not by what r has. An error that the sender of the
// document can mend is a *hook.Error: its problems name the element, as a path, with
// line, column, reason and remedy. Those that Check finds name the field of Document
// instead, with the line where its part of the document begins. Other errors are r's.
func Read(r io.Reader, limits Limits) (Document, error) {
	limits = limits.filled()
	m := newMeter(r, limits)
	if err := checkStart(m.in); err != nil {
		return Document{}, err
	}
	g := &guard{in: xml.NewDecoder(m), meter: m, limits: limits}
	g.in.CharsetReader = charset
	if err := g.start(); err != nil {
		return Document{}, g.empty(err)
	}
	x := newWire(kindOf(g.root.name))
	if err := xml.NewTokenDecoder(g).Decode(x); err != nil {
		return Document{}, err
	}
	if err := g.finish(); err != nil {
		return Document{}, err
	}
	d, stated := x.document()
	tidy(&d)
	if n := count(len(d.Lines)); n != stated {
		return Document{}, refuse(g.root.name+"/"+g.root.name+"_SUMMARY/TOTAL_ITEM_NUM", g.sum,
			"it says that there are "+strconv.Itoa(int(stated))+" items, and there are "+strconv.Itoa(int(n))+"; correct it, or send all items")
	}
	if err := Check(d); err != nil {
		return Document{}, g.locate(err)
	}
	return d, nil
}

// checkStart passes over a byte order mark, and refuses the encodings that begin
// with another one.
func checkStart(in *bufio.Reader) error {
	start, err := in.Peek(3)
	if err != nil && len(start) < 2 {
		return nil // the decoder says what is wrong
	}
	switch {
	case string(start) == "\xef\xbb\xbf":
		_, err = in.Discard(3)
		return err
	case start[0] == 0 || start[1] == 0 || start[0] >= 0xfe:
		return refuse("", position{1, 1}, "the document is in UTF-16 or UTF-32, or it is no text at all; send it in UTF-8")
	}
	return nil
}

// empty turns the end of an input that had no element into an error.
func (g *guard) empty(err error) error {
	if errors.Is(err, io.EOF) {
		return g.fail(g.here(), "the document is empty; send XML that begins with <ORDER …> or another document of openTRANS 2.1")
	}
	return err
}

// kindOf returns the kind whose root element has the name.
func kindOf(root string) Kind {
	for _, k := range Kinds() {
		if k.Root() == root {
			return k
		}
	}
	return ""
}

// locate adds to what Check found where that part of the document begins.
func (g *guard) locate(err error) error {
	e, ok := errors.AsType[*hook.Error](err)
	if !ok {
		return err
	}
	for i, p := range e.Problems {
		e.Problems[i].Reason = g.place(p.Field).String() + ": " + p.Reason
	}
	return err
}

func (g *guard) place(field string) position {
	switch {
	case strings.HasPrefix(field, "lines["):
		return nth(g.items, field, g.header)
	case strings.HasPrefix(field, "parties["):
		return nth(g.parties, field, g.header)
	case strings.HasPrefix(field, "totals"):
		return g.sum
	}
	return g.header
}

// nth returns the position that the first index in field names.
func nth(places []position, field string, fallback position) position {
	_, rest, _ := strings.Cut(field, "[")
	index, _, _ := strings.Cut(rest, "]")
	if n, err := strconv.Atoi(index); err == nil && n < len(places) {
		return places[n]
	}
	return fallback
}
