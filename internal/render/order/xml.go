package order

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"strings"

	"github.com/waybillhq/waybill/internal/rawjson"
	"github.com/waybillhq/waybill/internal/trade"
)

// maxDepth is how many objects and arrays may be within each other: more than any
// state has that makes sense, and fewer than XML readers give up at.
const maxDepth = 200

// Root is the name of the root element of tXML.
const Root = "OrderWebhook"

// XML turns a JSON object into tXML, plain XML without namespaces and attributes
// that says the same (XML 1.0): a member is an element of its name, an element of
// an array an element of the singular (see Element); true, false and numbers are
// as in JSON, without exponents; null is left out. Characters that XML can't have
// become U+FFFD. In names they, and those other than ASCII letters, digits, hyphens,
// dots and underscores, are written as _xHHHH_ with their code point, as SQL/XML
// does (ISO/IEC 9075-14).
//
// XML fails, saying why in words, if raw is no JSON object, or more than 200 deep.
func XML(root string, raw []byte) ([]byte, error) { return write(XMLHeader, root, raw) }

// XMLHeader is what a document in tXML begins with.
const XMLHeader = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"

// XMLElement is XML for a part of a document: without the header.
func XMLElement(name string, raw []byte) ([]byte, error) { return write("", name, raw) }

func write(header, name string, raw []byte) ([]byte, error) {
	if !json.Valid(raw) || !bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) {
		return nil, rawjson.ErrNotObject
	}
	w := writer{}
	w.out.Grow(2 * len(raw))
	w.out.WriteString(header)
	if err := w.element(name, bytes.TrimSpace(raw), 0); err != nil {
		return nil, err
	}
	return w.out.Bytes(), nil
}

// Element returns the name of the elements that an array of a name becomes.
func Element(name string) string {
	switch name {
	case "properties":
		return "property"
	case "deliverySchedule", "deliveryScheduleIncludingRequests", "deliveryHistory":
		return name + "Line"
	case "lines", "documents", "notes", "labels", "names", "addressLines", "dimensions", "chargeLines":
		return strings.TrimSuffix(name, "s")
	}
	return name
}

type writer struct{ out bytes.Buffer }

// element writes a value as an element, or as one for each element of an array.
func (w *writer) element(name string, raw []byte, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("what is sent is more than %d objects and arrays deep, too deep for XML", maxDepth)
	}
	var err error
	switch raw[0] {
	case 'n':
		return nil
	case '[':
		one := Element(name)
		if e := rawjson.Elements(raw, func(value []byte) {
			if err == nil && value[0] == '[' { // an array within an array is an element that has elements
				w.open(one)
				err = w.element(one, value, depth+1)
				w.end(one)
			} else if err == nil {
				err = w.element(one, value, depth+1)
			}
		}); e != nil {
			return e
		}
		return err
	}
	w.open(name)
	switch raw[0] {
	case '{':
		if e := rawjson.Members(raw, func(key, value []byte) {
			if err == nil {
				err = w.element(string(key), value, depth+1)
			}
		}); e != nil {
			return e
		}
	case '"':
		var text string
		if err := json.Unmarshal(raw, &text); err != nil {
			return err
		}
		if err := xml.EscapeText(&w.out, []byte(text)); err != nil {
			return err
		}
	case 't', 'f':
		w.out.Write(raw)
	default:
		w.number(raw)
	}
	w.end(name)
	return err
}

// number writes a number, without exponent if it is one that people use.
func (w *writer) number(raw []byte) {
	if bytes.ContainsAny(raw, "eE") {
		if d, err := trade.ParseDecimal(string(raw)); err == nil {
			w.out.WriteString(string(d))
			return
		}
	}
	w.out.Write(raw)
}

func (w *writer) open(name string) {
	w.out.WriteByte('<')
	w.name(name)
	w.out.WriteByte('>')
}

func (w *writer) end(name string) {
	w.out.WriteString("</")
	w.name(name)
	w.out.WriteByte('>')
}

func (w *writer) name(name string) {
	if name == "" {
		name = "\x00" // which no name has that can be written as it is
	}
	for i, r := range name {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		inner := i > 0 && (r >= '0' && r <= '9' || r == '-' || r == '.')
		switch {
		case letter, inner, r == '_' && !strings.HasPrefix(name[i+1:], "x"):
			w.out.WriteRune(r)
		default:
			fmt.Fprintf(&w.out, "_x%04X_", r)
		}
	}
}
