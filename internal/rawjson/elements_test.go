package rawjson_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/waybillhq/waybill/internal/rawjson"
)

func TestElements(t *testing.T) {
	t.Parallel()
	for data, want := range map[string][]string{
		` [ ] `:  nil,
		`[1.50]`: {"1.50"},
		"[ \"a,]\" ,\n[1,[2]],{\"x\":[3]} ,null]": {`"a,]"`, "[1,[2]]", `{"x":[3]}`, "null"},
	} {
		var got []string
		err := rawjson.Elements([]byte(data), func(value []byte) { got = append(got, string(value)) })
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("Elements(%s) visits %q, %v; want %q", data, got, err, want)
		}
	}
}

func TestElementsErrors(t *testing.T) {
	t.Parallel()
	for _, data := range []string{``, `{}`, `"[]"`, `null`} {
		if err := rawjson.Elements([]byte(data), func([]byte) {}); !errors.Is(err, rawjson.ErrNotArray) {
			t.Errorf("Elements(%s) = %v, want %v", data, err, rawjson.ErrNotArray)
		}
	}
	for _, data := range []string{`[`, `[1`, `[1,`, `[,]`, `[1,]`, `[1 2]`, `["a]`, `[[1]`, `[1]]`, `[1] x`} {
		if err := rawjson.Elements([]byte(data), func([]byte) {}); err == nil || errors.Is(err, rawjson.ErrNotArray) {
			t.Errorf("Elements(%s) = %v, want that it is not valid", data, err)
		}
	}
}
