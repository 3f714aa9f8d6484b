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
		d.raw = raw
		d.space()
		d.object(reflect.ValueOf(v).Elem())
	}
	return d.problems
}

// A decoder goes through a JSON text once.
type decoder struct {
	scanner
	elements int    // read so far, and unknown members
	path     []step // where it is
	problems []Problem
}

// A step leads to a member of an object, or an element of an array.
type step struct {
	name  string // empty for an element
	index int
}

// wrong notes what is wrong with the value at the path.
func (d *decoder) wrong(reason string) {
	switch {
	case len(d.problems) < maxProblems-1:
		d.problems = append(d.problems, Problem{written(d.path), reason})
	case len(d.problems) == maxProblems-1:
		d.problems = append(d.problems, Problem{"", "has more that is wrong; correct this first"})
	}
}

func written(path []step) string {
	var b strings.Builder
	for i, s := range path {
		switch {
		case s.name == "":
			b.WriteString("[" + strconv.Itoa(s.index) + "]")
		case i > 0:
			b.WriteString("." + s.name)
		default:
			b.WriteString(s.name)
		}
	}
	return b.String()
}

// maxElements bounds what a text can make of the memory that it is read into: in three
// bytes there is room for an element that takes a hundred times as much.
const maxElements = 400_000

// another counts an element of an array or an unknown member, and reports whether there
// may be one more.
func (d *decoder) another() bool {
	if d.elements++; d.elements == maxElements+1 {
		d.wrong("is one of more than 400000 elements and unknown members; send less")
	}
	return d.elements <= maxElements
}

func (d *decoder) enter(s step) { d.path = append(d.path, s) }

func (d *decoder) leave() { d.path = d.path[:len(d.path)-1] }

// object reads a JSON object into a struct.
func (d *decoder) object(v reflect.Value) {
	if d.here() != '{' {
		d.wrong("is " + kind(d.value()) + ", not an object; put its members into { }")
		return
	}
	s := shapeOf(v.Type())
	var seen uint64 // fields, by their place
	var unknown map[string][]byte
	for d.begin(); d.more(); {
		key := d.key()
		i, ok := s.byName[string(key)]
		if !ok {
			if value := d.value(); d.another() {
				if unknown == nil {
					unknown = make(map[string][]byte)
				}
				unknown[string(key)] = value
			}
			continue
		}
		f := &s.fields[i]
		field := v.Field(f.index)
		if seen&(1<<i) != 0 {
			field.SetZero()
		}
		seen |= 1 << i
		d.enter(step{name: f.name})
		if d.here() == 'n' {
			d.value()
		} else {
			d.read(f.form, f.elem, field)
		}
		d.leave()
	}
	if len(unknown) > 0 && s.unknown >= 0 {
		d.keep(unknown, v.Field(s.unknown))
	}
}

// keep puts what is unknown into the struct's map.
func (d *decoder) keep(unknown map[string][]byte, v reflect.Value) {
	v.Set(reflect.MakeMapWithSize(v.Type(), len(unknown)))
	for name, value := range unknown {
		plain, err := canonical(value)
		if err != nil {
			d.enter(step{name: name})
			d.wrong("can't be kept: " + err.Error())
			d.leave()
			continue
		}
		v.SetMapIndex(reflect.ValueOf(name), reflect.ValueOf(json.RawMessage(plain)))
	}
}

// read reads a value that is not null.
func (d *decoder) read(f, elem form, v reflect.Value) {
	switch f {
	case timeForm:
		d.time(v)
	case rawForm:
		if plain, err := canonical(d.value()); err != nil {
			d.wrong("can't be kept: " + err.Error())
		} else {
			v.SetBytes(plain)
		}
	case ownForm:
		if err := v.Addr().Interface().(json.Unmarshaler).UnmarshalJSON(d.value()); err != nil {
			d.wrong(err.Error())
		}
	case textForm, listedForm:
		d.text(f, v)
	case boolForm:
		raw := d.value()
		if raw[0] != 't' && raw[0] != 'f' {
			d.wrong("is " + kind(raw) + "; write true or false")
		}
		v.SetBool(raw[0] == 't')
	case intForm:
		n, err := strconv.ParseInt(string(d.value()), 10, 64)
		if err != nil {
			d.wrong("is not a whole number")
		}
		v.SetInt(n)
	case pointerForm:
		v.Set(reflect.New(v.Type().Elem()))
		d.object(v.Elem())
	case structForm:
		d.object(v)
	case sliceForm:
		d.array(elem, v)
	}
}

func (d *decoder) array(elem form, v reflect.Value) {
	if d.here() != '[' {
		d.wrong("is " + kind(d.value()) + ", not an array; put its elements into [ ]")
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), 0, 0))
	i := 0
	for d.begin(); d.more(); i++ {
		d.enter(step{index: i})
		switch {
		case !d.another():
			d.value()
		case d.here() == 'n':
			d.wrong("is null; leave it out")
			d.value()
		case len(d.problems) < maxProblems:
			n := v.Len()
			v.Grow(1)
			v.SetLen(n + 1)
			d.read(elem, 0, v.Index(n))
		default:
			d.value()
		}
		d.leave()
	}
}

func (d *decoder) text(f form, v reflect.Value) {
	raw := d.value()
	if raw[0] != '"' {
		d.wrong("is " + kind(raw) + ", not a text; put it in quotation marks")
		return
	}
	s, err := unquote(raw)
	if err != nil {
		d.wrong("is not a text: " + err.Error())
		return
	}
	if f == listedForm && s != "" {
		if values := v.Interface().(valued).Values(); !slices.Contains(values, s) {
			d.wrong(fmt.Sprintf("is %.60q; it must be one of %s", s, strings.Join(values, ", ")))
			return
		}
	}
	v.SetString(s)
}

func (d *decoder) time(v reflect.Value) {
	var t time.Time
	s, err := unquote(d.value())
	if err == nil {
		t, err = time.Parse(time.RFC3339, s)
		t = t.UTC().Truncate(time.Millisecond)
	}
	if err != nil || t.Year() < 1 || t.Year() > 9999 {
		d.wrong("is not a time such as \"2026-01-31T14:05:00Z\" (RFC 3339)")
	}
	*v.Addr().Interface().(*time.Time) = t
}

func unquote(raw []byte) (string, error) {
	if len(raw) >= 2 && raw[0] == '"' && bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1]), nil
	}
	var s string
	err := json.Unmarshal(raw, &s)
	return s, err
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
