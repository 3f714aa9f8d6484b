package openjson_test

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waybillhq/waybill/internal/openjson"
	"github.com/waybillhq/waybill/internal/trade"
)

type colour string

func (colour) Values() []string { return []string{"red", "blue"} }

type part struct {
	Name string                     `json:"name"`
	Date trade.Date                 `json:"date,omitzero"`
	More map[string]json.RawMessage `json:"-"`
}

type thing struct {
	ID     string            `json:"id"`
	Colour colour            `json:"colour,omitzero"`
	Big    bool              `json:"big"`
	Count  int64             `json:"count,omitzero"`
	Price  trade.Decimal     `json:"price,omitzero"`
	At     time.Time         `json:"at,omitzero"`
	Notes  []string          `json:"notes,omitzero"`
	Parts  []part            `json:"parts"`
	Main   *part             `json:"main,omitzero"`
	Labels []json.RawMessage `json:"labels,omitzero"`
	More   trade.Unknown     `json:"-"`
}

func TestWhatIsReadIsWrittenAgain(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`{}`: `{"id":"","big":false,"parts":[]}`,
		` {"z": {"b": 1.50, "a": [ ] }, "parts":[{"name":"x","extra":"<&>"}], "id":"ü","y":null}`:                                                                                                                `{"id":"ü","big":false,"parts":[{"name":"x","extra":"<&>"}],"y":null,"z":{"a":[],"b":1.50}}`,
		`{"id":"1","colour":"blue","big":true,"count":7,"price":1.2300e1,"at":"2026-03-01T12:00:00.1239+01:00","notes":["a\nb"],"parts":[],"main":{"name":"m","date":"2024-02-29"},"labels":[1,"x",{"k":true}]}`: `{"id":"1","colour":"blue","big":true,"count":7,"price":12.3,"at":"2026-03-01T11:00:00.123Z","notes":["a\u000ab"],"parts":[],"main":{"name":"m","date":"2024-02-29"},"labels":[1,"x",{"k":true}]}`,
		`{"id":"1","id":"2","colour":null,"main":{"name":"x"},"main":null,"notes":["x"],"notes":[],"parts":null,"y":1,"y":2}`:                                                                                    `{"id":"2","big":false,"parts":[],"y":2}`,
		`{"id":"1","id":"2","colour":null,"main":null,"notes":[],"parts":null}`:                                                                                                                                  `{"id":"2","big":false,"parts":[]}`,
	} {
		var v thing
		if problems := openjson.Decode([]byte(in), &v); problems != nil {
			t.Errorf("Decode(%s) = %v", in, problems)
		}
		if got := string(openjson.Append(nil, v)); got != want {
			t.Errorf("%s is written as\n%s, want\n%s", in, got, want)
		}
	}
}

func TestAppendLeavesOutWhatItIsTold(t *testing.T) {
	t.Parallel()
	v := thing{ID: "1", Parts: []part{{Name: "x", More: map[string]json.RawMessage{"id": json.RawMessage("2")}}}}
	if got, want := string(openjson.Append(nil, &v, "id", "name", "big")), `{"parts":[{"id":2}]}`; got != want {
		t.Errorf("Append = %s, want %s", got, want)
	}
}

func TestProblemsNameWhereTheyAre(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		in   string
		want []openjson.Problem
	}{
		{"{\n \"id\": 1,,}", []openjson.Problem{{"", "is not JSON: invalid character ',' looking for beginning of object key string at line 2, column 10"}}},
		{"{\"id\":\"\xff\"}", []openjson.Problem{{"", "is not UTF-8; encode it as UTF-8"}}},
		{`[]`, []openjson.Problem{{"", "is an array, not an object; put its members into { }"}}},
		{`{"id":1,"big":"yes","count":1.5,"price":"1"}`, []openjson.Problem{
			{"id", "is a number, not a text; put it in quotation marks"},
			{"big", "is a text; write true or false"},
			{"count", "is not a whole number"},
			{"price", "is a text; write the number without quotation marks"},
		}},
		{`{"colour":"Red"}`, []openjson.Problem{{"colour", `is "Red"; it must be one of red, blue`}}},
		{`{"at":"2026-02-30T00:00:00Z","main":"m","parts":{}}`, []openjson.Problem{
			{"at", `is not a time such as "2026-01-31T14:05:00Z" (RFC 3339)`},
			{"main", "is a text, not an object; put its members into { }"},
			{"parts", "is an object, not an array; put its elements into [ ]"},
		}},
		{`{"parts":[{"name":"a"},null,{"date":"2026-02-29"},{"date":"soon"},{"date":5}]}`, []openjson.Problem{
			{"parts[1]", "is null; leave it out"},
			{"parts[2].date", "is not a day that exists; correct it"},
			{"parts[3].date", "is not a date; write it like 2026-01-31"},
			{"parts[4].date", `is not a text; write a date such as "2026-01-31"`},
		}},
	} {
		var v thing
		if diff := cmp.Diff(tt.want, openjson.Decode([]byte(tt.in), &v)); diff != "" {
			t.Errorf("the problems of %s differ (-want +got):\n%s", tt.in, diff)
		}
	}
}

func TestOnlyTheFirstProblemsAreTold(t *testing.T) {
	t.Parallel()
	var v thing
	problems := openjson.Decode([]byte(`{"notes":[`+strings.Repeat("1,", 99)+`1]}`), &v)
	if n := len(problems); n != 20 || problems[n-1].Reason != "has more that is wrong; correct this first" {
		t.Errorf("a text with 100 problems has %d, the last %v", n, problems[n-1])
	}
}

// FuzzDecode makes sure that whatever is read without a problem is written as
// JSON that reads the same.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"id":"1","colour":"red","price":-0.10e-3,"at":"2026-03-01T12:00:00Z","parts":[{"name":"\ud800","x":{"b":[1E9],"a":null}}]}`))
	f.Add([]byte(`{"notes":["\u0000",""],"labels":[{},[]],"more":"\u2028"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var v, again thing
		if openjson.Decode(raw, &v) != nil {
			return
		}
		written := openjson.Append(nil, v)
		if !json.Valid(written) {
			t.Fatalf("%q is written as %q", raw, written)
		}
		if problems := openjson.Decode(written, &again); problems != nil {
			t.Fatalf("%s, written from %q, has %v", written, raw, problems)
		}
		if second := openjson.Append(nil, again); !bytes.Equal(second, written) {
			t.Errorf("%s is written as %s the second time", written, second)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	raw := []byte(`{"id":"1","parts":[` + strings.Repeat(`{"name":"a part","date":"2026-01-31"},`, 99) + `{"name":"` + strconv.Itoa(b.N) + `"}]}`)
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		var v thing
		if openjson.Decode(raw, &v) != nil {
			b.Fatal("it can't be read")
		}
	}
}

// Two values are the same exactly if they are written as the same.
func TestSameIsWhatIsWritten(t *testing.T) {
	t.Parallel()
	values := []thing{{}, {Notes: []string{}}, {Parts: []part{}}, {Main: &part{}}, {Parts: []part{{}}}, {Parts: []part{{More: map[string]json.RawMessage{}}}}}
	for _, raw := range []string{
		`{"id":"1"}`, `{"id":"2"}`, `{"big":true}`, `{"count":7}`, `{"price":1.50}`, `{"price":0}`, `{"colour":"red"}`, `{"notes":["a"]}`, `{"notes":["a","b"]}`,
		`{"at":"2026-03-01T12:00:00Z"}`, `{"at":"2026-03-01T13:00:00+01:00"}`, `{"main":{"name":"m"}}`, `{"main":{"name":"m","x":1}}`, `{"labels":[1]}`,
		`{"labels":[{"b":1,"a":2}]}`, `{"labels":[{"a":2,"b":1}]}`, `{"x":{"b":1}}`, `{"x":{"b":1.0}}`, `{"x":1,"y":2}`, `{"parts":[{"name":"p","date":"2026-01-01"}]}`,
	} {
		var v thing
		if problems := openjson.Decode([]byte(raw), &v); problems != nil {
			t.Fatalf("Decode(%s) = %v", raw, problems)
		}
		values = append(values, v)
	}
	values = append(values, thing{More: trade.Unknown{"id": json.RawMessage("1")}}) // never written
	for _, without := range [][]string{nil, {"at", "name"}, {"id", "x", "parts"}} {
		for i := range values {
			for j := range values {
				a, b := openjson.Append(nil, values[i], without...), openjson.Append(nil, values[j], without...)
				if got := openjson.Same(values[i], values[j], without...); got != bytes.Equal(a, b) {
					t.Errorf("Same without %v = %t for %s and %s", without, got, a, b)
				}
				if got := openjson.Same(&values[i], &values[j], without...); got != bytes.Equal(a, b) {
					t.Errorf("Same of pointers without %v = %t for %s and %s", without, got, a, b)
				}
			}
		}
	}
}

// What is unknown can be deep, but not so deep that readers of it as XML fail.
func TestWhatIsTooDeepIsRefused(t *testing.T) {
	t.Parallel()
	nested := func(n int) string {
		return `{"id":"1","parts":[{"name":"a","x":` + strings.Repeat(`[{"y":"]}\"[["},`, n/2) + `1` + strings.Repeat(`]`, n/2) + `}]}`
	}
	for n, want := range map[int]int{2: 0, 50: 0, 196: 0, 198: 0, 202: 1, 2_000: 1} {
		var v thing
		problems := openjson.Decode([]byte(nested(n)), &v)
		if len(problems) != want || want == 1 && (problems[0].Field != "parts[0].x" || !strings.Contains(problems[0].Reason, "deep")) {
			t.Errorf("%d brackets = %v, want %d problems with where it is", n, problems, want)
		}
	}
}
