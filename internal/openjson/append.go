package openjson

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/waybillhq/waybill/internal/rawjson"
)

// Append appends v, a struct or a slice of structs or a pointer to one, to dst as
// JSON: the fields in the order of the struct, then what is unknown, by name.
// Fields with omitzero are left out when zero, and slices when empty; any other
// slice that is nil is an empty array. Fields whose names are among without are
// left out at every depth; what is unknown never is. The same values give the same
// bytes. It panics if v is of a type that the package doesn't know.
func Append(dst []byte, v any, without ...string) []byte {
	return encoder{without}.value(dst, reflect.ValueOf(v))
}

// large is from how many bytes on a text is given room in time.
const large = 64 << 10

type encoder struct{ without []string }

func (e encoder) value(dst []byte, v reflect.Value) []byte {
	switch v.Type() {
	case timeType:
		dst = append(dst, '"')
		dst = v.Interface().(time.Time).UTC().AppendFormat(dst, time.RFC3339Nano)
		return append(dst, '"')
	case rawType:
		return append(dst, v.Bytes()...)
	}
	at := v
	if v.CanAddr() { // which spares a copy
		at = v.Addr()
	}
	if own, ok := reflect.TypeAssert[json.Marshaler](at); ok {
		raw, err := own.MarshalJSON()
		if err != nil {
			panic("openjson: " + v.Type().String() + ": " + err.Error())
		}
		return append(dst, raw...)
	}
	switch v.Kind() {
	case reflect.String:
		return rawjson.AppendString(dst, v.String())
	case reflect.Bool:
		return strconv.AppendBool(dst, v.Bool())
	case reflect.Int64:
		return strconv.AppendInt(dst, v.Int(), 10)
	case reflect.Pointer:
		if v.IsNil() {
			return append(dst, "null"...)
		}
		return e.value(dst, v.Elem())
	case reflect.Struct:
		return e.object(dst, v)
	case reflect.Slice:
		dst = append(dst, '[')
		for i := range v.Len() {
			if i > 0 {
				dst = append(dst, ',')
			}
			if n := len(dst); n > large && cap(dst)-n < n/8 {
				dst = slices.Grow(dst, n) // append would copy it far more often
			}
			dst = e.value(dst, v.Index(i))
		}
		return append(dst, ']')
	default:
		panic("openjson: a value of type " + v.Type().String())
	}
}

func (e encoder) object(dst []byte, v reflect.Value) []byte {
	s := shapeOf(v.Type())
	dst = append(dst, '{')
	start := len(dst)
	for _, f := range s.fields {
		value := v.Field(f.index)
		if f.omit && (value.IsZero() || value.Kind() == reflect.Slice && value.Len() == 0) || slices.Contains(e.without, f.name) {
			continue
		}
		if len(dst) > start {
			dst = append(dst, ',')
		}
		dst = append(dst, f.key...)
		dst = e.value(dst, value)
	}
	if s.unknown >= 0 && v.Field(s.unknown).Len() > 0 {
		unknown := v.Field(s.unknown).Convert(reflect.TypeFor[map[string]json.RawMessage]()).Interface().(map[string]json.RawMessage)
		for _, name := range slices.Sorted(maps.Keys(unknown)) {
			if _, known := s.byName[name]; known {
				continue
			}
			if len(dst) > start {
				dst = append(dst, ',')
			}
			dst = append(rawjson.AppendString(dst, name), ':')
			dst = append(dst, unknown[name]...)
		}
	}
	return append(dst, '}')
}
