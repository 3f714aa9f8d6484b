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
	value := reflect.ValueOf(v)
	if value.Kind() == reflect.Slice {
		return encoder{without}.array(dst, formOf(value.Type().Elem()), value)
	}
	return encoder{without}.value(dst, formOf(value.Type()), 0, value)
}

type encoder struct{ without []string }

func (e encoder) value(dst []byte, f, elem form, v reflect.Value) []byte {
	switch f {
	case timeForm:
		dst = append(dst, '"')
		dst = v.Interface().(time.Time).UTC().AppendFormat(dst, time.RFC3339Nano)
		return append(dst, '"')
	case rawForm:
		return append(dst, v.Bytes()...)
	case ownForm:
		own, ok := reflect.TypeAssert[json.Marshaler](v)
		if !ok {
			return rawjson.AppendString(dst, v.String())
		}
		raw, err := own.MarshalJSON()
		if err != nil {
			panic("openjson: " + v.Type().String() + ": " + err.Error())
		}
		return append(dst, raw...)
	case textForm, listedForm:
		return rawjson.AppendString(dst, v.String())
	case boolForm:
		return strconv.AppendBool(dst, v.Bool())
	case intForm:
		return strconv.AppendInt(dst, v.Int(), 10)
	case pointerForm:
		if v.IsNil() {
			return append(dst, "null"...)
		}
		return e.object(dst, v.Elem())
	case structForm:
		return e.object(dst, v)
	default:
		return e.array(dst, elem, v)
	}
}

func (e encoder) array(dst []byte, elem form, v reflect.Value) []byte {
	dst = append(dst, '[')
	for i := range v.Len() {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = e.value(dst, elem, 0, v.Index(i))
	}
	return append(dst, ']')
}

func (e encoder) object(dst []byte, v reflect.Value) []byte {
	s := shapeOf(v.Type())
	dst = append(dst, '{')
	start := len(dst)
	for i := range s.fields {
		f := &s.fields[i]
		value := v.Field(f.index)
		if f.omit && (value.IsZero() || value.Kind() == reflect.Slice && value.Len() == 0) || slices.Contains(e.without, f.name) {
			continue
		}
		if len(dst) > start {
			dst = append(dst, ',')
		}
		dst = append(dst, f.intro...)
		dst = e.value(dst, f.form, f.elem, value)
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
			dst = rawjson.AppendString(dst, name)
			dst = append(dst, ':')
			dst = append(dst, unknown[name]...)
		}
	}
	return append(dst, '}')
}
