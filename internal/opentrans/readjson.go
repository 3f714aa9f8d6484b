package opentrans

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"

	"github.com/waybillhq/waybill/internal/hook"
)

// ReadJSON reads a Document in its JSON form. It is strict: fields that there are
// none of, or twice, are refused, and so is what Check finds. Numbers may be written
// as JSON numbers or as strings; null is as good as nothing.
//
// Memory is bounded by limits, not by what r has. An error that the sender of the
// document can mend is a *hook.Error whose problems name fields, such as
// lines[1].quantity, with reason and remedy. Other errors are r's.
func ReadJSON(r io.Reader, limits Limits) (Document, error) {
	limits = limits.filled()
	m := newMeter(r, limits)
	in := jsonReader{in: json.NewDecoder(m), meter: m, limits: limits}
	in.in.UseNumber()
	var d Document
	if err := in.value(reflect.ValueOf(&d).Elem()); err != nil {
		return Document{}, err
	}
	if _, err := in.next(); !errors.Is(err, io.EOF) {
		if _, ours := errors.AsType[*hook.Error](err); err != nil && (ours || m.err != nil) {
			return Document{}, err
		}
		return Document{}, in.fail("there is more after the end of the document; send one document at a time")
	}
	tidy(&d)
	if err := Check(d); err != nil {
		return Document{}, err
	}
	return d, nil
}

// jsonReader fills a value with what it reads, token by token.
type jsonReader struct {
	in     *json.Decoder
	meter  *meter
	limits Limits
	path   []string // to the value that is read
}

func (r *jsonReader) fail(format string, args ...any) error {
	return &hook.Error{
		Fault: hook.Invalid, Msg: "the document is not valid",
		Problems: []hook.Problem{{
			Field: strings.TrimPrefix(strings.Join(r.path, ""), "."), Reason: fmt.Sprintf(format, args...),
		}},
	}
}

// next returns the next token, io.EOF at the end.
func (r *jsonReader) next() (json.Token, error) {
	r.meter.next()
	t, err := r.in.Token()
	if err == nil {
		return t, nil
	}
	syntax, isSyntax := errors.AsType[*json.SyntaxError](err)
	switch {
	case r.meter.err != nil:
		return nil, fmt.Errorf("read the document: %w", r.meter.err)
	case errors.Is(err, errTooLarge):
		return nil, tooLarge(r.limits)
	case errors.Is(err, errLongToken):
		return nil, r.fail("a text or a run of white space is longer than %d bytes; shorten it, and send files as documents of their own", r.limits.Text)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, r.fail("the document ends in the middle; send all of it")
	case errors.Is(err, io.EOF):
		return nil, io.EOF
	case isSyntax:
		return nil, r.fail("it is not JSON, at byte %d (%s); correct what wrote it", syntax.Offset, cutMessage(syntax.Error()))
	default:
		return nil, r.fail("it is not JSON (%s); correct what wrote it", cutMessage(err.Error()))
	}
}

// value reads a value into v.
func (r *jsonReader) value(v reflect.Value) error {
	t, err := r.next()
	if errors.Is(err, io.EOF) {
		if len(r.path) == 0 {
			return r.fail("the document is empty; send a JSON object")
		}
		return r.fail("the document ends in the middle; send all of it")
	}
	if err != nil {
		return err
	}
	return r.set(v, t)
}

// set fills v with the value that begins with t.
func (r *jsonReader) set(v reflect.Value, t json.Token) error {
	if t == nil && len(r.path) > 0 {
		return nil
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return r.set(v.Elem(), t)
	case reflect.Struct:
		if t != json.Delim('{') {
			return r.fail("it is %s; write an object, in braces", kindOfToken(t))
		}
		return r.object(v)
	case reflect.Slice:
		if t != json.Delim('[') {
			return r.fail("it is %s; write a list, in brackets", kindOfToken(t))
		}
		return r.list(v)
	case reflect.Bool:
		b, ok := t.(bool)
		if !ok {
			return r.fail("it is %s; write true or false", kindOfToken(t))
		}
		v.SetBool(b)
		return nil
	default:
		return r.text(v, t)
	}
}

// text fills v with a string, or a number if it is a Decimal.
func (r *jsonReader) text(v reflect.Value, t json.Token) error {
	s, isString := t.(string)
	s = strings.TrimSpace(s)
	if v.Type() != reflect.TypeFor[Decimal]() {
		if !isString {
			return r.fail("it is %s; write a text, in quotes", kindOfToken(t))
		}
		v.SetString(s)
		return nil
	}
	n, isNumber := t.(json.Number)
	if !isString && !isNumber {
		return r.fail("it is %s; write a number", kindOfToken(t))
	}
	if isNumber {
		s = n.String()
	}
	if s == "" {
		return nil
	}
	d, ok := ParseDecimal(s)
	if !ok {
		return r.fail("%s", notDecimal(s))
	}
	v.SetString(string(d))
	return nil
}

func (r *jsonReader) object(v reflect.Value) error {
	list := fields()[v.Type()]
	seen := make([]bool, len(list))
	for r.in.More() {
		t, err := r.next()
		if err != nil {
			return r.middle(err)
		}
		name, _ := t.(string)
		i := indexOf(list, name)
		r.path = append(r.path, "."+cut(name))
		switch {
		case i < 0:
			return r.fail("there is no such field%s; leave it out", nearest(name, list))
		case seen[i]:
			return r.fail("it is there twice; leave only one")
		}
		seen[i] = true
		if err := r.value(v.Field(i)); err != nil {
			return err
		}
		r.path = r.path[:len(r.path)-1]
	}
	_, err := r.next() // the brace
	return r.middle(err)
}

func indexOf(list []field, name string) int {
	for i, f := range list {
		if f.name == name {
			return i
		}
	}
	return -1
}

func (r *jsonReader) list(v reflect.Value) error {
	for i := 0; r.in.More(); i++ {
		r.path = append(r.path, "["+strconv.Itoa(i)+"]")
		if i == r.limits.Lines {
			return r.fail("there are more than %d; send them in several documents", r.limits.Lines)
		}
		item := reflect.New(v.Type().Elem()).Elem()
		if err := r.value(item); err != nil {
			return err
		}
		v.Set(reflect.Append(v, item))
		r.path = r.path[:len(r.path)-1]
	}
	_, err := r.next() // the bracket
	return r.middle(err)
}

// middle turns the end of the input into an error.
func (r *jsonReader) middle(err error) error {
	if errors.Is(err, io.EOF) {
		return r.fail("the document ends in the middle; send all of it")
	}
	return err
}

func kindOfToken(t json.Token) string {
	switch t := t.(type) {
	case json.Delim:
		if t == '{' {
			return "an object"
		}
		return "a list"
	case string:
		return "a text"
	case json.Number:
		return "a number"
	case bool:
		return "true or false"
	}
	return "null"
}
