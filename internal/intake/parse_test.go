package intake_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/intake"
	"github.com/waybillhq/waybill/internal/trade"
)

func TestParse(t *testing.T) {
	t.Parallel()
	e, err := intake.Parse([]byte(`{"id":"src-1","type":"OrderChanged","entityId":"4711","shop":"7",
		"occurredAt":"2026-01-02T04:04:05.123456789+01:00","data":{"OrderId":4711}}`))
	if err != nil {
		t.Fatal(err)
	}
	if e.SourceID != "src-1" || e.Type != "OrderChanged" || e.Shop != "7" || string(e.Data) != `{"OrderId":4711}` ||
		e.Entity != (trade.Entity{Kind: trade.KindOrder, ID: "4711"}) ||
		!e.OccurredAt.Equal(time.Date(2026, 1, 2, 3, 4, 5, 123_456_000, time.UTC)) {
		t.Errorf("Parse = %+v", e)
	}

	least, err := intake.Parse([]byte(`{"type":"OrderChanged","entityId":"1","data":null,"id":null}`))
	if err != nil || least.Data != nil || least.SourceID != "" || !least.OccurredAt.IsZero() {
		t.Errorf("Parse of the least there can be = %+v, %v", least, err)
	}
}

func TestParseNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, raw string
		fields    []string
		reason    string
	}{
		{"nothing", ``, []string{""}, "not JSON"},
		{"broken JSON", "{\"type\":\n \"OrderChanged\",,}", []string{""}, "line 2, column 17"},
		{"an array", `[]`, []string{""}, "send a JSON object"},
		{"null", `null`, []string{""}, "send a JSON object"},
		{"two events", `{} {}`, []string{""}, "not JSON"},
		{"Latin-1", "{\"type\":\"Bestellung ge\xe4ndert\"}", []string{""}, "encode it as UTF-8"},
		{"nothing in it", `{}`, []string{"type", "entityId"}, "missing"},
		{"an unknown type", `{"type":"OrderChangd","entityId":"1"}`, []string{"type"}, `did you mean "OrderChanged"?`},
		{"a number as ID", `{"type":"OrderChanged","entityId":4711}`, []string{"entityId"}, "put it in quotation marks"},
		{"an ID too long", `{"type":"OrderChanged","entityId":"` + strings.Repeat("x", 201) + `"}`, []string{"entityId"}, "at most 200"},
		{"a control character", `{"type":"OrderChanged","entityId":"a\u0000b"}`, []string{"entityId"}, "control character"},
		{"a lone surrogate", `{"type":"OrderChanged","entityId":"\ud800"}`, []string{"entityId"}, "not Unicode"},
		{"no time", `{"type":"OrderChanged","entityId":"1","occurredAt":"yesterday"}`, []string{"occurredAt"}, "RFC 3339"},
		{"a time without zone", `{"type":"OrderChanged","entityId":"1","occurredAt":"2026-01-02T03:04:05"}`, []string{"occurredAt"}, "RFC 3339"},
		{"data that is a list", `{"type":"OrderChanged","entityId":"1","data":[1]}`, []string{"data"}, "not a JSON object"},
		{"a misspelt field", `{"type":"OrderChanged","entityId":"1","shopID":"7"}`, []string{"shopID"}, "no such field"},
		{"several at once", `{"type":7,"shop":[],"data":1}`, []string{"type", "shop", "data", "entityId"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := intake.Parse([]byte(tt.raw))
			e, ok := errors.AsType[*hook.Error](err)
			if !ok || e.Fault != hook.Invalid {
				t.Fatalf("Parse = %v, want an error of fault invalid", err)
			}
			var fields []string
			for _, p := range e.Problems {
				fields = append(fields, p.Field)
			}
			if !slices.Equal(fields, tt.fields) {
				t.Errorf("fields = %q, want %q", fields, tt.fields)
			}
			if !strings.Contains(err.Error(), tt.reason) {
				t.Errorf("error %q doesn't say %q", err, tt.reason)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"id":"1","type":"OrderChanged","entityId":"4711","shop":"7","occurredAt":"2026-01-02T03:04:05Z","data":{"a":[1]}}`))
	f.Add([]byte(`{"type":"ORDER","entityId":"1","data":{}}`))
	f.Add([]byte(`{"data":`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		e, err := intake.Parse(raw)
		if err != nil {
			if hook.FaultOf(err) != hook.Invalid || err.Error() == "" {
				t.Errorf("Parse(%q) = %v, want an error of fault invalid", raw, err)
			}
			return
		}
		if _, known := trade.TypeOf(e.Type); !known || e.Entity.ID == "" || e.Entity.Kind == "" {
			t.Errorf("Parse(%q) = %+v, want a known type and an entity", raw, e)
		}
		if e.Data != nil && (!json.Valid(e.Data) || e.Data[0] != '{') {
			t.Errorf("Parse(%q) has data %q, want a JSON object", raw, e.Data)
		}
		if strings.ContainsRune(e.Entity.ID+e.SourceID+e.Shop, 0) {
			t.Errorf("Parse(%q) let a NUL into an ID", raw)
		}
	})
}
