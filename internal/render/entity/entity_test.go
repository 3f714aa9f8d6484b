package entity_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/render/entity"
	"github.com/waybillhq/waybill/internal/trade"
)

func eventID() uuid.UUID { return uuid.MustParse("01928c5f-3b62-7bb7-af53-b59aec592b49") }

func eventType(tb testing.TB, name string) trade.EventType {
	tb.Helper()
	t, ok := trade.TypeOf(name)
	if !ok {
		tb.Fatalf("there is no event type %q", name)
	}
	return t
}

func TestBody(t *testing.T) {
	t.Parallel()
	second := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	for _, tt := range []struct{ name, eventType, shop, data, want string }{
		{
			"has every field in order", "OrderCommentChanged", "12",
			`{"TicketCode":"T-9","OrderCode":"SO-1","OrderId":80417,"OrderCommentId":31206,"TicketId":15822,"Author":"x"}`,
			`"shopId":12,"entityData":{"OrderCommentId":31206,"OrderId":80417,"OrderCode":"SO-1","TicketId":15822,"TicketCode":"T-9"}}`,
		},
		{
			"has null for what is missing", "OrderCustomerRatingChanged", "",
			`{"OrderId":1,"CustomerRating":null}`,
			`"shopId":null,"entityData":{"OrderId":1,"OrderCode":null,"CustomerRating":null}}`,
		},
		{
			"is made without data", "VoipCallChanged", "main-shop", ``,
			`"shopId":"main-shop","entityData":{"Id":null}}`,
		},
		{
			"keeps values as they are written", "OrderCustomerRatingChanged", "0012",
			"{\"orderid\":12345678901234567890,\"ORDERCODE\":\"\\u00fc\\/\",\"CustomerRating\":{\"stars\": 4.50}}",
			`"shopId":"0012","entityData":{"OrderId":12345678901234567890,"OrderCode":"\u00fc\/","CustomerRating":{"stars": 4.50}}}`,
		},
		{
			"prefers the exact name", "VoipCallChanged", "123456789012345",
			`{"id":1,"Id":2,"ID":3}`,
			`"shopId":123456789012345,"entityData":{"Id":2}}`,
		},
		{
			"escapes the shop", "VoipCallChanged", "a\"b\n\xff", `{}`,
			`"shopId":"a\"b\u000a` + "\uFFFD" + `","entityData":{"Id":null}}`,
		},
		{"has a long shop ID as a string", "VoipCallChanged", "1234567890123456", `{}`, `"shopId":"1234567890123456","entityData":{"Id":null}}`},
		{"has a negative shop ID as a string", "VoipCallChanged", "-1", `{}`, `"shopId":"-1","entityData":{"Id":null}}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := trade.Event{
				ID: eventID(), Type: tt.eventType, Shop: tt.shop, OccurredAt: second, Data: json.RawMessage(tt.data),
			}
			got, err := entity.Body(e, eventType(t, tt.eventType))
			want := `{"event":"` + tt.eventType + `","eventId":"01928c5f-3b62-7bb7-af53-b59aec592b49",` +
				`"occurredAt":"2026-03-04T05:06:07Z",` + tt.want
			if err != nil || string(got) != want {
				t.Errorf("Body = %s, %v\nwant %s", got, err, want)
			}
		})
	}
}

func TestBodyTimeIsUTC(t *testing.T) {
	t.Parallel()
	e := trade.Event{OccurredAt: time.Date(2026, 3, 4, 5, 6, 7, 120e6, time.FixedZone("", 2*60*60))}
	got, err := entity.Body(e, eventType(t, "VoipCallChanged"))
	if want := `"occurredAt":"2026-03-04T03:06:07.12Z"`; err != nil || !strings.Contains(string(got), want) {
		t.Errorf("Body = %s, %v, want %s in it", got, err, want)
	}
}

func TestBodyOfEverySample(t *testing.T) {
	t.Parallel()
	for _, et := range trade.Catalogue() {
		body, err := entity.Body(trade.Event{ID: eventID(), Type: et.Name, Data: et.Sample}, et)
		if err != nil {
			t.Errorf("Body of %s: %v", et.Name, err)
			continue
		}
		if !bytes.HasSuffix(body, append([]byte(`,"entityData":`+string(et.Sample)), '}')) {
			t.Errorf("Body of %s = %s, want the sample %s at the end", et.Name, body, et.Sample)
		}
	}
}

func TestBodyErrors(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]string{
		`"text"`:    "the event's data is not a JSON object",
		`null`:      "the event's data is not a JSON object",
		`{"Id":1`:   "the event's data is not valid JSON, at byte 7",
		`{"Id":1x}`: `the event's data is not valid JSON: see the value of "Id"`,
	} {
		got, err := entity.Body(trade.Event{Data: json.RawMessage(data)}, eventType(t, "VoipCallChanged"))
		if err == nil || !strings.HasPrefix(err.Error(), want) || got != nil {
			t.Errorf("Body of %s = %s, %v, want the error %q", data, got, err, want)
		}
	}
}

func FuzzBody(f *testing.F) {
	f.Add(`{"OrderId":1,"orderCode":"\u00fc","ShopId":[{}]}`, "12", uint(0))
	f.Add(`{"Id":1e400,"\u0049d":-0}`, "\"\\\xff", uint(118))
	f.Add(`{"a":{"b":"}"},"ProductId":null}`, "007", uint(57))
	f.Fuzz(func(t *testing.T, data, shop string, pick uint) {
		types := trade.Catalogue()
		et := types[pick%uint(len(types))]
		body, err := entity.Body(trade.Event{Type: et.Name, Shop: shop, Data: json.RawMessage(data)}, et)
		if err != nil {
			var object map[string]json.RawMessage
			if json.Unmarshal([]byte(data), &object) == nil && object != nil {
				t.Errorf("Body of %q = %v, want no error", data, err)
			}
			return
		}
		var got struct{ EntityData json.RawMessage }
		if err := json.Unmarshal(body, &got); err != nil {
			t.Fatalf("Body of %q = %q: %v", data, body, err)
		}
		if names := memberNames(t, got.EntityData); !slices.Equal(names, et.Fields) {
			t.Errorf("Body of %q has %q, want %q", data, names, et.Fields)
		}
	})
}

// memberNames returns the names of an object's members in order.
func memberNames(t *testing.T, object []byte) []string {
	t.Helper()
	var names []string
	tokens := json.NewDecoder(bytes.NewReader(object))
	if _, err := tokens.Token(); err != nil {
		t.Fatal(err)
	}
	for tokens.More() {
		name, err := tokens.Token()
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, name.(string))
		var value json.RawMessage
		if err := tokens.Decode(&value); err != nil {
			t.Fatal(err)
		}
	}
	return names
}

func BenchmarkBody(b *testing.B) {
	for _, name := range []string{"OrderChanged", "TicketHandlingEmployeeChanged"} {
		b.Run(name, func(b *testing.B) {
			et := eventType(b, name)
			e := trade.Event{ID: eventID(), Type: name, Shop: "12", OccurredAt: time.Unix(1.8e9, 123456e3), Data: et.Sample}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := entity.Body(e, et); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
