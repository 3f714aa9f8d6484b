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
		d.wrong("", "is not UTF-8; encode it as UTF-8")
	case !json.Valid(raw):
		d.wrong("", syntax(raw))
	default:
		d.object(bytes.TrimSpace(raw), reflect.ValueOf(v).Elem(), "")
	}
	return d.problems
}

type decoder struct{ problems []Problem }

func (d *decoder) wrong(path, reason string) {
	switch {
	case len(d.problems) < maxProblems-1:
		d.problems = append(d.problems, Problem{path, reason})
	case len(d.problems) == maxProblems-1:
		d.problems = append(d.problems, Problem{"", "has more that is wrong; correct this first"})
	}
}

// object reads a JSON object into a struct.
func (d *decoder) object(raw []byte, v reflect.Value, path string) {
	s := shapeOf(v.Type())
	values := make([][]byte, len(s.fields))
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
		d.wrong(path, "is "+kind(raw)+", not an object; put its members into { }")
		return
	}
	for i, value := range values {
		if value != nil && string(value) != "null" {
			d.value(value, v.Field(s.fields[i].index), join(path, s.fields[i].name))
		}
	}
	if len(unknown) > 0 && s.unknown >= 0 {
		d.keep(unknown, v.Field(s.unknown), path)
	}
}

// keep puts what is unknown into the struct's map.
func (d *decoder) keep(unknown map[string][]byte, v reflect.Value, path string) {
	v.Set(reflect.MakeMapWithSize(v.Type(), len(unknown)))
	for name, value := range unknown {
		plain, err := canonical(value)
		if err != nil {
			d.wrong(join(path, name), "can't be kept: "+err.Error())
			continue
		}
		v.SetMapIndex(reflect.ValueOf(name), reflect.ValueOf(json.RawMessage(plain)))
	}
}

func (d *decoder) value(raw []byte, v reflect.Value, path string) {
	switch v.Type() {
	case timeType:
		d.time(raw, v, path)
		return
	case rawType:
		if plain, err := canonical(raw); err != nil {
			d.wrong(path, "can't be kept: "+err.Error())
		} else {
			v.SetBytes(plain)
		}
		return
	}
	if own, ok := reflect.TypeAssert[json.Unmarshaler](v.Addr()); ok {
		if err := own.UnmarshalJSON(raw); err != nil {
			d.wrong(path, err.Error())
		}
		return
	}
	switch v.Kind() {
	case reflect.String:
		d.text(raw, v, path)
	case reflect.Bool:
		if raw[0] != 't' && raw[0] != 'f' {
			d.wrong(path, "is "+kind(raw)+"; write true or false")
		}
		v.SetBool(raw[0] == 't')
	case reflect.Int64:
		n, err := strconv.ParseInt(string(raw), 10, 64)
		if err != nil {
			d.wrong(path, "is not a whole number")
		}
		v.SetInt(n)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.object(raw, v.Elem(), path)
	case reflect.Struct:
		d.object(raw, v, path)
	case reflect.Slice:
		d.array(raw, v, path)
	default:
		panic("openjson: a field of type " + v.Type().String())
	}
}

func (d *decoder) array(raw []byte, v reflect.Value, path string) {
	count := 0
	if err := rawjson.Elements(raw, func([]byte) { count++ }); err != nil {
		d.wrong(path, "is "+kind(raw)+", not an array; put its elements into [ ]")
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), count, count))
	i := 0
	_ = rawjson.Elements(raw, func(value []byte) { // it was fine just now
		at := path + "[" + strconv.Itoa(i) + "]"
		if string(value) == "null" {
			d.wrong(at, "is null; leave it out")
		} else if len(d.problems) < maxProblems {
			d.value(value, v.Index(i), at)
		}
		i++
	})
}

func (d *decoder) text(raw []byte, v reflect.Value, path string) {
	if raw[0] != '"' {
		d.wrong(path, "is "+kind(raw)+", not a text; put it in quotation marks")
		return
	}
	s, err := unquote(raw)
	if err != nil {
		d.wrong(path, "is not a text: "+err.Error())
		return
	}
	if list, ok := reflect.TypeAssert[valued](v); ok && s != "" {
		if values := list.Values(); !slices.Contains(values, s) {
			d.wrong(path, fmt.Sprintf("is %.60q; it must be one of %s", s, strings.Join(values, ", ")))
			return
		}
	}
	v.SetString(s)
}

func (d *decoder) time(raw []byte, v reflect.Value, path string) {
	s, err := unquote(raw)
	if err != nil {
		d.wrong(path, "is not a time such as \"2026-01-31T14:05:00Z\" (RFC 3339)")
		return
	}
	t, err := time.Parse(time.RFC3339, s)
	if t = t.UTC().Truncate(time.Millisecond); err != nil || t.Year() < 1 || t.Year() > 9999 {
		d.wrong(path, "is not a time such as \"2026-01-31T14:05:00Z\" (RFC 3339)")
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
