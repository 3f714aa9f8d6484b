package rawjson_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/waybillhq/waybill/internal/rawjson"
)

func TestPick(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		data string
		want string // of the members A and Bc, "-" for none
	}{
		{"finds nothing in an empty object", ` { } `, "- -"},
		{"leaves a value as it is written", `{"A":1.50e+3,"Bc":"\u00e9\/"}`, `1.50e+3 "\u00e9\/"`},
		{"skips what is not wanted", `{"x":{"A":[1,"}\""]},"y":"\\","A":null,"z":true}`, "null -"},
		{"cuts white space around a value", "{\n\t\"A\" : [ 1 ] ,\r\n \"Bc\" : false }\n", "[ 1 ] false"},
		{"prefers the exact name that comes later", `{"a":1,"BC":2,"A":3}`, "3 2"},
		{"prefers the exact name that comes before", `{"A":3,"a":1}`, "3 -"},
		{"prefers an exact null", `{"A":null,"a":1}`, "null -"},
		{"takes the last of the same name", `{"A":1,"A":2}`, "2 -"},
		{"takes the first that differs in case", `{"bC":1,"BC":2}`, "- 1"},
		{"decodes an escaped name", `{"\u0041":1,"\u0062c":2}`, "1 2"},
		{"mends text that is not UTF-8", "{\"A\":\"x\xffy\"}", "\"x\uFFFDy\" -"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var found [2][]byte
			if err := rawjson.Pick([]byte(tt.data), []string{"A", "Bc"}, found[:]); err != nil {
				t.Fatalf("Pick = %v", err)
			}
			for i := range found {
				if found[i] == nil {
					found[i] = []byte("-")
				}
			}
			if got := string(bytes.Join(found[:], []byte(" "))); got != tt.want {
				t.Errorf("found %s, want %s", got, tt.want)
			}
		})
	}
}

func TestPickErrors(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]string{
		"": "not a JSON object", "  ": "not a JSON object", "null": "not a JSON object",
		"[1]": "not a JSON object", `"A"`: "not a JSON object", "7": "not a JSON object",
		`{`: "at byte 1", `{"A"`: "at byte 4", `{"A"}`: "at byte 4", `{"A":}`: "at byte 5",
		`{"A":1`: "at byte 6", `{"A":1,}`: "at byte 7", `{,}`: "at byte 1", `{"A":1}x`: "at byte 7",
		`{"A":1 2}`: "at byte 7", `{"A":"x}`: "at byte 5", `{"A":[1}`: "at byte 8", `{"A":["]`: "at byte 6",
		`{"\x":1}`: "at byte 5", `{A:1}`: "at byte 1",
		`{"A":[1}}`: `see the value of "A"`, `{"A":01}`: `see the value of "A"`, `{"A":tru}`: `see the value of "A"`,
	} {
		err := rawjson.Pick([]byte(data), []string{"A"}, make([][]byte, 1))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Pick(%s) = %v, want an error with %q", data, err, want)
		}
		if (want == "not a JSON object") != errors.Is(err, rawjson.ErrNotObject) {
			t.Errorf("Pick(%s) = %v, ErrNotObject: %t", data, err, errors.Is(err, rawjson.ErrNotObject))
		}
	}
}

func FuzzPick(f *testing.F) {
	f.Add([]byte(`{"A":1,"a":[{"A":"}"}],"b":"\"","B":null}`))
	f.Add([]byte(`{"\u0041":"\ud800", "A" : 1e5}`))
	f.Add([]byte(`{"A":[}],"B":1}`))
	names := []string{"A", "B", "Longer"}
	f.Fuzz(func(t *testing.T, data []byte) {
		found := make([][]byte, len(names))
		err := rawjson.Pick(data, names, found)
		var want map[string]json.RawMessage
		if json.Unmarshal(data, &want) != nil || want == nil {
			if err != nil {
				return
			}
			want = nil
		} else if err != nil {
			t.Fatalf("Pick(%q) = %v, want no error", data, err)
		}
		for i, name := range names {
			got := found[i]
			if got != nil && (!json.Valid(got) || !utf8.Valid(got)) {
				t.Errorf("Pick(%q) found %q for %s, which is not valid", data, got, name)
			}
			exact, ok := want[name]
			if ok && string(got) != strings.ToValidUTF8(string(exact), "\uFFFD") {
				t.Errorf("Pick(%q) found %q for %s, want %q", data, got, name, exact)
			}
			folded := false
			for key := range want {
				folded = folded || strings.EqualFold(key, name)
			}
			if want != nil && folded != (got != nil) {
				t.Errorf("Pick(%q) found %q for %s; is it there: %t", data, got, name, folded)
			}
		}
	})
}

func TestAppendString(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"":                 `""`,
		"Müller & <Söhne>": `"Müller & <Söhne>"`,
		`a"b\c/`:           `"a\"b\\c/"`,
		"\x00\n\x1f\x7f":   "\"\\u0000\\u000a\\u001f\x7f\"",
		"x\xff\xc3":        "\"x\uFFFD\uFFFD\"",
		"\uFFFD😀":          "\"\uFFFD😀\"",
	} {
		if got := string(rawjson.AppendString(nil, s)); got != want {
			t.Errorf("AppendString(%q) = %s, want %s", s, got, want)
		}
	}
}

func FuzzAppendString(f *testing.F) {
	f.Add("a\"\\\x00\xffé\u2028")
	f.Fuzz(func(t *testing.T, s string) {
		text := rawjson.AppendString([]byte("x"), s)[1:]
		var got string
		if err := json.Unmarshal(text, &got); err != nil || !utf8.Valid(text) {
			t.Fatalf("AppendString(%q) = %q: %v", s, text, err)
		}
		var want string
		std, err := json.Marshal(s)
		if err := errors.Join(err, json.Unmarshal(std, &want)); err != nil || got != want {
			t.Errorf("AppendString(%q) reads as %q, want %q", s, got, want)
		}
	})
}

func BenchmarkPick(b *testing.B) {
	names := []string{"OrderId", "OrderCode", "ShopId"}
	small := []byte(`{"OrderId":80417,"OrderCode":"SO-2026-004711","ShopId":12,"Status":"Confirmed"}`)
	large := []byte(`{"OrderId":80417,"OrderCode":"SO-2026-004711","Lines":[` +
		strings.Repeat(`{"position":"10","description":"Cordless drill 18 V","quantity":12.5},`, 60) + `{}],"ShopId":12}`)
	for name, data := range map[string][]byte{"100 bytes": small, "4 KiB": large} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(data)))
			found := make([][]byte, len(names))
			for b.Loop() {
				if err := rawjson.Pick(data, names, found); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
