package opentrans

import (
	"reflect"
	"strconv"
	"strings"
	"sync"
)

// field is a field of Document, or of something in it, as its tags describe it.
type field struct {
	name     string // in JSON
	required bool
	max      int    // characters; 0 is as many as one likes
	enum     string // of which values
}

//nolint:gochecknoglobals // built on first use from the types and never changed after.
var fields = sync.OnceValue(func() map[reflect.Type][]field {
	all := make(map[reflect.Type][]field)
	collect(reflect.TypeFor[Document](), all)
	return all
})

func collect(t reflect.Type, all map[reflect.Type][]field) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if _, ok := all[t]; ok || t.Kind() != reflect.Struct {
		return
	}
	var list []field
	for f := range t.Fields() {
		name, option, _ := strings.Cut(f.Tag.Get("json"), ",")
		most, _ := strconv.Atoi(f.Tag.Get("max"))
		list = append(list, field{name: name, required: option == "", max: most, enum: f.Tag.Get("enum")})
	}
	all[t] = list
	for f := range t.Fields() {
		collect(f.Type, all)
	}
}

// names returns the names of fields in JSON.
func names(list []field) []string {
	return each(list, func(f field) string { return f.name })
}

// tidy takes out of d what is there and empty, or says what is so anyway.
func tidy(d *Document) {
	tidyValue(reflect.ValueOf(d).Elem())
	if d.Kind == Order && d.Type == standardOrder {
		d.Type = ""
	}
}

func tidyValue(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return
		}
		tidyValue(v.Elem())
		if v.Elem().Kind() == reflect.Struct && v.Elem().IsZero() {
			v.SetZero()
		}
	case reflect.Struct:
		for _, f := range v.Fields() {
			tidyValue(f)
		}
	case reflect.Slice:
		kept := 0
		for i := range v.Len() {
			tidyValue(v.Index(i))
			if !v.Index(i).IsZero() {
				v.Index(kept).Set(v.Index(i))
				kept++
			}
		}
		v.SetLen(kept)
		if kept == 0 {
			v.SetZero()
		}
	default:
	}
}
