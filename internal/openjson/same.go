package openjson

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"time"
)

// Same reports whether Append would write a and b, which are of one type, as the same
// bytes, without writing them.
func Same(a, b any, without ...string) bool {
	return comparer{without}.value(reflect.ValueOf(a), reflect.ValueOf(b))
}

type comparer struct{ without []string }

func (c comparer) value(a, b reflect.Value) bool {
	switch a.Type() {
	case timeType:
		return a.Interface().(time.Time).Equal(b.Interface().(time.Time))
	case rawType:
		return bytes.Equal(a.Bytes(), b.Bytes())
	}
	switch a.Kind() {
	case reflect.String:
		return a.String() == b.String() || sameTexts(a, b)
	case reflect.Bool:
		return a.Bool() == b.Bool()
	case reflect.Int64:
		return a.Int() == b.Int()
	case reflect.Pointer:
		if a.IsNil() || b.IsNil() {
			return a.IsNil() && b.IsNil()
		}
		return a.Pointer() == b.Pointer() || c.value(a.Elem(), b.Elem())
	case reflect.Struct:
		return c.object(a, b)
	case reflect.Slice:
		if a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			if !c.value(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	default:
		panic("openjson: a value of type " + a.Type().String())
	}
}

// sameTexts reports whether two texts that differ write themselves as the same.
func sameTexts(a, b reflect.Value) bool {
	if formOf(a.Type()) != ownForm {
		return false
	}
	return bytes.Equal(encoder{}.value(nil, ownForm, 0, a), encoder{}.value(nil, ownForm, 0, b))
}

func (c comparer) object(a, b reflect.Value) bool {
	s := shapeOf(a.Type())
	for _, f := range s.fields {
		if slices.Contains(c.without, f.name) {
			continue
		}
		one, other := a.Field(f.index), b.Field(f.index)
		if f.omit && one.Kind() != reflect.Slice && one.IsZero() != other.IsZero() { // it is written in one alone
			return false
		}
		if !c.value(one, other) {
			return false
		}
	}
	if s.unknown < 0 {
		return true
	}
	one, other := s.unknownOf(a), s.unknownOf(b)
	return maps.EqualFunc(one, other, func(x, y json.RawMessage) bool { return bytes.Equal(x, y) })
}

// unknownOf returns what is unknown of a struct and is written.
func (s *shape) unknownOf(v reflect.Value) map[string]json.RawMessage {
	all := v.Field(s.unknown)
	if all.Len() == 0 {
		return nil
	}
	unknown := all.Convert(reflect.TypeFor[map[string]json.RawMessage]()).Interface().(map[string]json.RawMessage)
	hidden := func(name string) bool { _, known := s.byName[name]; return known }
	if !slices.ContainsFunc(slices.Collect(maps.Keys(unknown)), hidden) {
		return unknown
	}
	unknown = maps.Clone(unknown)
	maps.DeleteFunc(unknown, func(name string, _ json.RawMessage) bool { return hidden(name) })
	return unknown
}
