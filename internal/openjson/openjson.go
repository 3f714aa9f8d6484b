// Package openjson reads and writes the JSON of structs that stay open: members
// that a struct has no field for are kept in its map of unknown ones, and written
// again. Package encoding/json can do neither that nor name everything that is
// wrong with a text at once. It is pure.
//
// A struct's fields are strings, booleans, integers, times, json.RawMessage,
// types that read and write themselves (json.Unmarshaler and json.Marshaler), and
// structs, pointers to structs and slices of these. Names and omitzero are taken
// from the tags of encoding/json. One field of kind map, tagged "-", holds what is
// unknown. A string type with a method Values() []string takes no other value.
package openjson

import (
	"encoding/json"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/waybillhq/waybill/internal/rawjson"
)

// valued is a string type with a list of its values.
type valued interface{ Values() []string }

// A shape is what is to be known of a struct.
type shape struct {
	fields  []field
	byName  map[string]int // place in fields
	unknown int            // index in the struct of the map of unknown members; -1 if it has none
}

// A field is a field of a struct that is a member of its JSON object.
type field struct {
	index int
	name  string
	omit  bool // if it is zero or empty
	form  form
	elem  form   // of the elements, if it is a slice
	intro []byte // the name as it is written, with its colon
}

// A form is how values of a type are read and written.
type form int

const (
	timeForm form = iota
	rawForm
	ownForm    // a string that reads itself, and may write itself
	textForm   // a string
	listedForm // one of a list of strings
	boolForm
	intForm
	pointerForm // to a struct
	structForm
	sliceForm
)

// formOf panics if t is of a kind that the package doesn't know.
func formOf(t reflect.Type) form {
	switch {
	case t == timeType:
		return timeForm
	case t == rawType:
		return rawForm
	case reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()):
		return ownForm
	case t.Kind() == reflect.String && t.Implements(reflect.TypeFor[valued]()):
		return listedForm
	}
	f, ok := map[reflect.Kind]form{
		reflect.String: textForm, reflect.Bool: boolForm, reflect.Int64: intForm,
		reflect.Pointer: pointerForm, reflect.Struct: structForm, reflect.Slice: sliceForm,
	}[t.Kind()]
	if !ok {
		panic("openjson: a field of type " + t.String())
	}
	return f
}

// shapes holds the shapes seen so far, *shape by reflect.Type. There are as many
// as there are types.
//
//nolint:gochecknoglobals // a cache of constants, the same for every caller.
var shapes sync.Map

func shapeOf(t reflect.Type) *shape {
	if s, ok := shapes.Load(t); ok {
		return s.(*shape)
	}
	s := &shape{byName: make(map[string]int), unknown: -1}
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Type.Kind() == reflect.Map:
			s.unknown = i
		case f.IsExported() && name != "" && name != "-":
			s.byName[name] = len(s.fields)
			own := field{index: i, name: name, omit: options == "omitzero", form: formOf(f.Type)}
			if own.form == sliceForm {
				own.elem = formOf(f.Type.Elem())
			}
			own.intro = append(rawjson.AppendString(nil, name), ':')
			s.fields = append(s.fields, own)
		}
	}
	shapes.Store(t, s)
	return s
}

// A Member is a member of the JSON object that a struct is written as.
type Member struct {
	Name     string
	Type     reflect.Type
	Optional bool // left out when zero or empty
}

// Members returns the members that a struct of type t is written with, in order, and
// whether it is open: written with what is unknown, too. It is for those who describe
// the JSON of a type.
func Members(t reflect.Type) (members []Member, open bool) {
	s := shapeOf(t)
	for _, f := range s.fields {
		members = append(members, Member{f.name, t.Field(f.index).Type, f.omit})
	}
	return members, s.unknown >= 0
}

//nolint:gochecknoglobals // constants.
var (
	timeType = reflect.TypeFor[time.Time]()
	rawType  = reflect.TypeFor[json.RawMessage]()
)
