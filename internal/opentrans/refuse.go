package opentrans

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/trade"
)

// fail returns an error about the place at within the elements that are open.
func (g *guard) fail(at position, format string, args ...any) error {
	return refuse(g.path(), at, fmt.Sprintf(format, args...))
}

// failIn is fail about an element that is not yet open.
func (g *guard) failIn(f frame, format string, args ...any) error {
	return refuse(strings.TrimPrefix(g.path()+"/"+f.String(), "/"), f.at, fmt.Sprintf(format, args...))
}

func (g *guard) path() string {
	names := make([]string, len(g.open))
	for i, f := range g.open {
		names[i] = f.String()
	}
	return strings.Join(names, "/")
}

// String returns the frame's part of a path, such as ORDER_ITEM[2].
func (f frame) String() string {
	_, name := f.element.local()
	name = cut(name)
	if f.nth == 0 {
		return name
	}
	return name + "[" + strconv.Itoa(f.nth) + "]"
}

// after returns the position after s, which begins at p.
func (p position) after(s string) position {
	if i := strings.LastIndexByte(s, '\n'); i >= 0 {
		return position{p.line + strings.Count(s, "\n"), len(s) - i}
	}
	return position{p.line, p.column + len(s)}
}

func (p position) String() string { return fmt.Sprintf("line %d, column %d", p.line, p.column) }

func refuse(path string, at position, reason string) error {
	return &hook.Error{
		Fault: hook.Invalid, Msg: "the document is not valid",
		Problems: []hook.Problem{{Field: path, Reason: at.String() + ": " + reason}},
	}
}

// quote makes foreign text fit to be shown in a message.
func quote(s string) string {
	const most = 40
	s = strings.TrimSpace(s)
	if r := []rune(s[:min(len(s), 4*most)]); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return strconv.Quote(s)
}

// value returns the text of an element as the structs have it, or says what is
// wrong with it.
func (e *element) value(s string) (value, problem string) {
	switch e.content {
	case decimal:
		d, ok := ParseDecimal(s)
		if !ok {
			return "", notDecimal(s)
		}
		return string(d), ""
	case dateTime:
		if _, ok := DateTime(s).Time(); !ok {
			return "", notDateTime(s)
		}
	case boolean:
		s = strings.ToLower(s)
		if s != "true" && s != "false" {
			return "", quote(s) + " is neither true nor false; write one of them"
		}
	case number:
		if n, err := strconv.Atoi(s); err != nil || n < 0 {
			return "", quote(s) + " is not a whole number; write digits only, such as 3"
		}
	default:
	}
	return s, ""
}

func notDecimal(s string) string {
	return fmt.Sprintf("%s is not a number; write at most %d digits and, after a point, %d, such as 12.50", quote(s), maxWhole, maxFraction)
}

func notDateTime(s string) string {
	return quote(s) + " is not a time; write it as 2026-11-22 or 2026-11-22T09:30:15, if you like with an offset such as +01:00"
}

// beginRoot takes the element that the document consists of.
func (g *guard) beginRoot(t xml.StartElement, at position) error {
	name := t.Name.Local
	e, ok := schema()[name]
	f := frame{element: &element{name: cut(name)}, at: at}
	switch {
	case !ok:
		return g.failIn(f, "%s is not a document that is read%s; send ORDER, ORDERRESPONSE, DISPATCHNOTIFICATION, INVOICE or QUOTATION",
			quote(name), meant(name, roots()))
	case t.Name.Space == "":
		return g.failIn(f, `it is in no namespace; write <%s xmlns="%s" …>`, name, Namespace)
	case t.Name.Space != Namespace:
		return g.failIn(f, `it is in the namespace %s; only openTRANS 2.1 is read, xmlns="%s"`, quote(t.Name.Space), Namespace)
	}
	f.element = e
	attrs := known(e, t.Attr)
	for _, name := range e.attrs {
		value, there := attribute(attrs, name)
		switch {
		case !there && name == "version":
			return g.failIn(f, `the attribute version is missing; write version="%s"`, version)
		case !there:
			return g.failIn(f, `the attribute %s is missing; write %s="standard"`, name, name)
		case name == "version" && value != version:
			return g.failIn(f, `the version is %s; only openTRANS 2.1 is read, version="%s"`, quote(value), version)
		}
	}
	g.root = e
	g.push(f, xml.StartElement{Name: xml.Name{Local: e.name}, Attr: attrs})
	return nil
}

func attribute(attrs []xml.Attr, name string) (value string, there bool) {
	for _, a := range attrs {
		if a.Name.Local == name {
			return a.Value, true
		}
	}
	return "", false
}

func roots() []string {
	var names []string
	for _, k := range Kinds() {
		names = append(names, k.Root())
	}
	return names
}

// meant returns a question about the most likely of names, for use in a message, or
// nothing if none is near.
func meant(name string, names []string) string {
	if near := trade.NearestOf(name, names); near != "" && near != name {
		return " (did you mean " + near + "?)"
	}
	return ""
}

// cut shortens a name from outside.
func cut(s string) string {
	const most = 40
	return strings.ToValidUTF8(s[:min(len(s), most)], "")
}

// misplaced says that e was written in another namespace than its own.
func (g *guard) misplaced(e *element, t xml.StartElement, at position) error {
	namespace, name := e.local()
	f := frame{element: e, at: at}
	example := "<" + name + ">"
	if namespace == BMEcatNamespace {
		example = fmt.Sprintf(`<bme:%s> with xmlns:bme="%s"`, name, namespace)
	}
	switch space := t.Name.Space; {
	case space == "":
		return g.failIn(f, "it is in no namespace, and belongs to %s; write %s", namespace, example)
	case space != Namespace && !strings.Contains(space, ":"):
		return g.failIn(f, "the prefix %s is not declared; write %s", quote(space), example)
	default:
		return g.failIn(f, "it is in the namespace %s, and belongs to %s; write %s", quote(space), namespace, example)
	}
}

// broken says why the input can't be read on.
func (g *guard) broken(err error) error {
	at := g.here()
	encoding, isEncoding := errors.AsType[encodingError](err)
	syntax, isSyntax := errors.AsType[*xml.SyntaxError](err)
	switch {
	case errors.Is(err, io.EOF) && !isSyntax:
		return io.EOF
	case g.meter.err != nil:
		return fmt.Errorf("read the document: %w", g.meter.err)
	case errors.Is(err, errTooLarge):
		return tooLarge(g.limits)
	case errors.Is(err, errLongToken):
		return g.fail(at, "a text, tag or comment is longer than %d bytes; shorten it, and send files as documents of their own", g.limits.Text)
	case isEncoding:
		return g.fail(at, "the encoding %s is not read; send the document in UTF-8", quote(string(encoding)))
	case errors.Is(err, errNotASCII):
		return g.fail(at, "there is a character that is not ASCII, though the document says that it is; send it in UTF-8")
	case isSyntax && strings.HasPrefix(syntax.Msg, "invalid character entity "):
		entity := strings.TrimPrefix(syntax.Msg, "invalid character entity ")
		if bare, ok := strings.CutSuffix(entity, " (no semicolon)"); ok {
			return g.fail(at, "there is a bare & (%s); write &amp; for it", quote(bare))
		}
		return g.fail(at, "the entity %s is not defined in XML; write the character itself", quote(entity))
	case isSyntax && syntax.Msg == "unexpected EOF":
		return g.fail(at, "the document ends in the middle; send all of it")
	case isSyntax:
		return g.fail(at, "it is not well-formed XML (%s); correct what wrote it", cutMessage(syntax.Msg))
	default:
		return g.fail(at, "it is not XML 1.0 (%s); correct what wrote it", cutMessage(strings.TrimPrefix(err.Error(), "xml: ")))
	}
}

// cutMessage makes a message fit to be shown that repeats a part of the input.
func cutMessage(s string) string {
	const most = 120
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

func tooLarge(l Limits) error {
	return hook.Errorf(hook.TooLarge, "the document is larger than %d bytes; send less at once, or send it as it is, to be kept and not read", l.Bytes)
}
