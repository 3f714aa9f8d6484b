package openjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/waybillhq/waybill/internal/rawjson"
)

// maxProblems is how many problems are told of one text.
const maxProblems = 20

// Problem is one thing that is wrong with a JSON text.
type Problem struct {
	Field  string // such as "lines[3].deliverySchedule[0].date"; empty for the whole
	Reason string // what is wrong and what to do about it: "is not a text; …"
}

// Decode reads the JSON object raw into the struct that v points to, which should
// be zero. What has no field is kept as unknown, in a form without white space and
// with sorted names; null is the same as a member that is missing; of a name that
// is repeated the last counts. Times are read in RFC 3339 and held in UTC, to the
// millisecond.
//
// Decode returns all that is wrong, up to 20 problems, with where it is; what v
// holds then is of no use. It panics if v is of a type that the package doesn't
// know.
func Decode(raw []byte, v any) []Problem {
	d := decoder{}
	switch {
	case !utf8.Valid(raw):
		d.wrong("is not UTF-8; encode it as UTF-8")
	case !json.Valid(raw):
		d.wrong(syntax(raw))
	default:
		d.object(bytes.TrimSpace(raw), reflect.ValueOf(v).Elem())
	}
	return d.problems
}

// decoder reads a text. It keeps what objects and arrays need on stacks of its own, as
// a large text has very many.
type decoder struct {
	problems []Problem
	place    []step   // where it is, from the whole to the value
	parts    [][]byte // of the objects and arrays that it is in
}

// step leads into a member or, if it has no name, into an element.
type step struct {
	name  string
	index int
}

// path writes where the decoder is, which is needed only for what is wrong.
func (d *decoder) path() string {
	path := ""
	for _, s := range d.place {
		if s.name == "" {
			path += "[" + strconv.Itoa(s.index) + "]"
		} else {
			path = join(path, s.name)
		}
	}
	return path
}

func (d *decoder) enter(name string, index int) { d.place = append(d.place, step{name, index}) }

func (d *decoder) leave() { d.place = d.place[:len(d.place)-1] }

func (d *decoder) wrong(reason string) {
	switch {
	case len(d.problems) < maxProblems-1:
		d.problems = append(d.problems, Problem{d.path(), reason})
	case len(d.problems) == maxProblems-1:
		d.problems = append(d.problems, Problem{"", "has more that is wrong; correct this first"})
	}
}

// object reads a JSON object into a struct.
func (d *decoder) object(raw []byte, v reflect.Value) {
	s := shapeOf(v.Type())
	base := len(d.parts)
	d.parts = append(d.parts, s.none...)
	defer func() { d.parts = d.parts[:base] }()
	values := d.parts[base:]
	var unknown map[string][]byte
	err := rawjson.Members(raw, func(key, value []byte) {
		if i, ok := s.byName[string(key)]; ok {
			values[i] = value
			return
		}
		if unknown == nil {
			unknown = make(map[string][]byte)
		}
		unknown[string(key)] = value
	})
	if err != nil {
		d.wrong("is " + kind(raw) + ", not an object; put its members into { }")
		return
	}
	for i, value := range values {
		if value != nil && string(value) != "null" {
			d.enter(s.fields[i].name, 0)
			d.value(value, v.Field(s.fields[i].index))
			d.leave()
		}
	}
	if len(unknown) > 0 && s.unknown >= 0 {
		d.keep(unknown, v.Field(s.unknown))
	}
}

// keep puts what is unknown into the struct's map.
func (d *decoder) keep(unknown map[string][]byte, v reflect.Value) {
	v.Set(reflect.MakeMapWithSize(v.Type(), len(unknown)))
	for name, value := range unknown {
		d.enter(name, 0)
		if plain, err := canonical(value); err != nil {
			d.wrong("can't be kept: " + err.Error())
		} else {
			v.SetMapIndex(reflect.ValueOf(name), reflect.ValueOf(json.RawMessage(plain)))
		}
		d.leave()
	}
}

func (d *decoder) value(raw []byte, v reflect.Value) {
	switch v.Type() {
	case timeType:
		d.time(raw, v)
		return
	case rawType:
		if plain, err := canonical(raw); err != nil {
			d.wrong("can't be kept: " + err.Error())
		} else {
			v.SetBytes(plain)
		}
		return
	}
	if own, ok := reflect.TypeAssert[json.Unmarshaler](v.Addr()); ok {
		if err := own.UnmarshalJSON(raw); err != nil {
			d.wrong(err.Error())
		}
		return
	}
	switch v.Kind() {
	case reflect.String:
		d.text(raw, v)
	case reflect.Bool:
		if raw[0] != 't' && raw[0] != 'f' {
			d.wrong("is " + kind(raw) + "; write true or false")
		}
		v.SetBool(raw[0] == 't')
	case reflect.Int64:
		n, err := strconv.ParseInt(string(raw), 10, 64)
		if err != nil {
			d.wrong("is not a whole number")
		}
		v.SetInt(n)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.object(raw, v.Elem())
	case reflect.Struct:
		d.object(raw, v)
	case reflect.Slice:
		d.array(raw, v)
	default:
		panic("openjson: a field of type " + v.Type().String())
	}
}

func (d *decoder) array(raw []byte, v reflect.Value) {
	base := len(d.parts)
	defer func() { d.parts = d.parts[:base] }()
	if err := rawjson.Elements(raw, func(value []byte) { d.parts = append(d.parts, value) }); err != nil {
		d.wrong("is " + kind(raw) + ", not an array; put its elements into [ ]")
		return
	}
	elements := d.parts[base:]
	v.Set(reflect.MakeSlice(v.Type(), len(elements), len(elements)))
	for i, value := range elements {
		d.enter("", i)
		if string(value) == "null" {
			d.wrong("is null; leave it out")
		} else if len(d.problems) < maxProblems {
			d.value(value, v.Index(i))
		}
		d.leave()
	}
}

func (d *decoder) text(raw []byte, v reflect.Value) {
	if raw[0] != '"' {
		d.wrong("is " + kind(raw) + ", not a text; put it in quotation marks")
		return
	}
	s, err := unquote(raw)
	if err != nil {
		d.wrong("is not a text: " + err.Error())
		return
	}
	if list, ok := reflect.TypeAssert[valued](v); ok && s != "" {
		if values := list.Values(); !slices.Contains(values, s) {
			d.wrong(fmt.Sprintf("is %.60q; it must be one of %s", s, strings.Join(values, ", ")))
			return
		}
	}
	v.SetString(s)
}

func (d *decoder) time(raw []byte, v reflect.Value) {
	s, err := unquote(raw)
	if err != nil {
		d.wrong("is not a time such as \"2026-01-31T14:05:00Z\" (RFC 3339)")
		return
	}
	t, err := time.Parse(time.RFC3339, s)
	if t = t.UTC().Truncate(time.Millisecond); err != nil || t.Year() < 1 || t.Year() > 9999 {
		d.wrong("is not a time such as \"2026-01-31T14:05:00Z\" (RFC 3339)")
		return
	}
	v.Set(reflect.ValueOf(t))
}

func unquote(raw []byte) (string, error) {
	if len(raw) >= 2 && raw[0] == '"' && bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1]), nil
	}
	var s string
	err := json.Unmarshal(raw, &s)
	return s, err
}

// canonical writes a JSON value without white space and with sorted names, its
// numbers digit for digit, so that the same values are the same bytes.
func canonical(raw []byte) ([]byte, error) {
	if c := raw[0]; c != '{' && c != '[' && c != '"' {
		return bytes.Clone(raw), nil
	}
	if depth(raw) > maxDepth {
		return nil, errors.New("it has objects and arrays more than 100 deep in each other; write it flatter")
	}
	from := json.NewDecoder(bytes.NewReader(raw))
	from.UseNumber()
	var v any
	if err := from.Decode(&v); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	to := json.NewEncoder(&b)
	to.SetEscapeHTML(false)
	if err := to.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// maxDepth is how many objects and arrays may be within each other in what is unknown:
// more than makes sense, and fewer than readers of XML give up at.
const maxDepth = 100

// depth returns how many objects and arrays of a JSON value are within each other, at
// most.
func depth(raw []byte) int {
	now, most, quoted := 0, 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			now++
			most = max(most, now)
		case c == '}' || c == ']':
			now--
		}
	}
	return most
}

// kind names what a JSON value is.
func kind(raw []byte) string {
	switch raw[0] {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "a text"
	case 't', 'f':
		return "true or false"
	case 'n':
		return "null"
	}
	return "a number"
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// syntax says what is wrong with a text that is not JSON.
func syntax(raw []byte) string {
	var v json.RawMessage
	err := json.Unmarshal(raw, &v)
	e, ok := errors.AsType[*json.SyntaxError](err)
	if !ok {
		return "is not JSON"
	}
	before := raw[:min(int(e.Offset), len(raw))]
	line := 1 + bytes.Count(before, []byte("\n"))
	column := len(before) - bytes.LastIndexByte(before, '\n') - 1
	return fmt.Sprintf("is not JSON: %s at line %d, column %d", e.Error(), line, max(1, column))
}
