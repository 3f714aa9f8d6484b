package demo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/waybillhq/waybill/internal/receiver"
	"github.com/waybillhq/waybill/internal/trade"
)

// rehearsal is the story told and arrived as it should, and its checker.
func rehearsal(t *testing.T) (checker, []told, []receiver.Received) {
	t.Helper()
	zone, err := time.LoadLocation(timeZone)
	if err != nil {
		t.Fatal(err)
	}
	c := checker{channels: channels(), zone: zone}
	now := time.Now()
	var all []told
	var got []receiver.Received
	for i, s := range scenes() {
		event := told{scene: s, eventID: fmt.Sprintf("event-%d", i), occurredAt: "2026-07-01T12:00:00Z"}
		id := fmt.Sprintf("delivery-%d", i)
		r := receiver.Received{
			At: now, Method: http.MethodPost, Path: c.channels[s.channel].path, Proto: "HTTP/1.1", Answer: 200,
			Header: http.Header{
				"Content-Type": {"application/json"}, "Webhook-Id": {id},
				"Webhook-Timestamp": {strconv.FormatInt(now.Unix(), 10)},
			},
		}
		shop := "null"
		if s.shop != "" {
			shop = s.shop
		}
		if s.document() {
			ch := c.channels[s.channel]
			(&http.Request{Header: r.Header}).SetBasicAuth(ch.user, ch.password)
			r.Body = []byte(`{"eventId":"` + id + `","timestamp":"` + now.In(zone).Format("2006-01-02T15:04:05") +
				`","eventType":"` + s.eventType + `",` + s.want)
		} else {
			r.Body = []byte(`{"event":"` + s.eventType + `","eventId":"` + event.eventID +
				`","occurredAt":"2026-07-01T12:00:00Z","shopId":` + shop + `,"entityData":` + s.want + `}`)
		}
		all, got = append(all, event), append(got, r)
	}
	return c, all, got
}

// at returns the position of a scene by its event type.
func at(t *testing.T, name string) int {
	t.Helper()
	i := slices.IndexFunc(scenes(), func(s scene) bool { return s.eventType == name })
	if i < 0 {
		t.Fatalf("no scene is about %s", name)
	}
	return i
}

func TestCheckIsContentWithAnIntactStory(t *testing.T) {
	t.Parallel()
	c, all, got := rehearsal(t)
	got = append(got, got[3]) // a repeat is no fault
	slices.Reverse(got)       // nor is another order
	ids, problems := c.check(all, got)
	if len(problems) > 0 {
		t.Errorf("problems = %q, want none", problems)
	}
	for i, id := range ids {
		if want := fmt.Sprintf("delivery-%d", i); id != want {
			t.Errorf("id %d = %q, want %q", i, id, want)
		}
	}
}

func TestCheckNotices(t *testing.T) {
	t.Parallel()
	replace := func(old, text string) func(*receiver.Received) {
		return func(r *receiver.Received) { r.Body = bytes.Replace(r.Body, []byte(old), []byte(text), 1) }
	}
	header := func(name, value string) func(*receiver.Received) {
		return func(r *receiver.Received) { r.Header.Set(name, value) }
	}
	for _, tt := range []struct {
		name, event string
		alter       func(*receiver.Received)
		want        string
	}{
		{"another method", "ORDER", func(r *receiver.Received) { r.Method = http.MethodPut }, "method is PUT, want POST"},
		{"another path", "ORDER", func(r *receiver.Received) { r.Path = "/orders" }, "path is /orders, want /documents"},
		{"another answer", "ORDER", func(r *receiver.Received) { r.Answer = 401 }, "answer is 401"},
		{"a missing password", "ORDER", func(r *receiver.Received) { r.Header.Del("Authorization") }, "basic authentication"},
		{"a wrong password", "INVOICE", header("Authorization", "Basic bm9yZHdpbmQ6d3Jvbmc="), "basic authentication"},
		{"a password that nobody asked for", "ProductChanged", header("Authorization", "Basic bm9yZHdpbmQ6d3Jvbmc="), "basic authentication"},
		{"another content type", "ProductChanged", header("Content-Type", "text/plain"), "content type is text/plain"},
		{"an old timestamp", "ProductChanged", header("Webhook-Timestamp", "1"), "webhook-timestamp"},
		{"no webhook-id", "ProductChanged", header("Webhook-Id", ""), "no webhook-id"},
		{"the webhook-id of another delivery", "ProductChanged", header("Webhook-Id", "delivery-0"), "webhook-id is that of ORDER"},
		{"a changed status", "DELIVERY", replace("ADVISED", "ARRIVED"), `transactionStatus in its body is "ARRIVED", want "ADVISED"`},
		{"a changed letter", "DELIVERY", replace("990203", "990204"), "documentId in its body"},
		{"a missing field", "DELIVERY", replace(`"documentId":"990203",`, ""), "documentId is missing"},
		{"an added field", "DELIVERY", replace(`"documentId"`, `"extra":1,"documentId"`), "extra is in its body"},
		{"fields in another order", "DELIVERY", replace(
			`"orderId":"NW-2026-004711","itscopeOrderId":"WB-2026-000815"`,
			`"itscopeOrderId":"WB-2026-000815","orderId":"NW-2026-004711"`), "another order"},
		{"an eventId that is not the webhook-id", "DELIVERY", replace(`"eventId":"delivery-`, `"eventId":"other-`), "eventId in its body"},
		{"a time in another zone", "DELIVERY", func(r *receiver.Received) {
			local := r.At.UTC().Format("2006-01-02T15:04:05")
			i := bytes.Index(r.Body, []byte(`"timestamp":"`)) + len(`"timestamp":"`)
			copy(r.Body[i:], local)
		}, "timestamp"},
		{"a body that is no object", "DELIVERY", func(r *receiver.Received) { r.Body = []byte(`["DELIVERY"]`) }, "not arrived"},
		{"a number that became a text", "ShipmentShipped", replace(`"ParcelId":93340`, `"ParcelId":"93340"`), "entityData in its body"},
		{"another event's ID", "ShipmentShipped", replace(`"eventId":"event-`, `"eventId":"event-9`), "eventId in its body"},
		{"another shop", "ShipmentShipped", replace(`"shopId":12`, `"shopId":13`), "shopId in its body is 13, want 12"},
		{"a time that moved", "ShipmentShipped", replace("12:00:00Z", "12:00:01Z"), "occurredAt in its body"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, all, got := rehearsal(t)
			tt.alter(&got[at(t, tt.event)])
			_, problems := c.check(all, got)
			if text := strings.Join(problems, "\n"); !strings.Contains(text, tt.event) || !strings.Contains(text, tt.want) {
				t.Errorf("problems = %q, want one of %s with %q", problems, tt.event, tt.want)
			}
		})
	}
}

func TestCheckNoticesEachMissingDelivery(t *testing.T) {
	t.Parallel()
	for i, s := range scenes() {
		c, all, got := rehearsal(t)
		ids, problems := c.check(all, slices.Delete(got, i, i+1))
		if want := s.eventType + ": it has not arrived"; len(problems) != 1 || problems[0] != want {
			t.Errorf("problems without %s = %q, want %q", s.eventType, problems, want)
		}
		if ids[i] != "" {
			t.Errorf("the missing %s has the webhook-id %q", s.eventType, ids[i])
		}
	}
}

func TestCheckNoticesADeliveryThatChangesItsWebhookID(t *testing.T) {
	t.Parallel()
	c, all, got := rehearsal(t)
	repeat := got[1]
	repeat.Header = repeat.Header.Clone()
	repeat.Header.Set("Webhook-Id", "another")
	_, problems := c.check(all, append(got, repeat))
	if len(problems) != 1 || !strings.Contains(problems[0], "two webhook-ids, delivery-1 and another") {
		t.Errorf("problems = %q, want one about two webhook-ids", problems)
	}
}

func TestCheckNoticesWhatNobodyAskedFor(t *testing.T) {
	t.Parallel()
	c, all, got := rehearsal(t)
	_, problems := c.check(all, append(got, receiver.Received{Body: []byte(`{"event":"ShopDeleted"}`)}))
	if len(problems) != 1 || !strings.Contains(problems[0], "ShopDeleted") {
		t.Errorf("problems = %q, want one about ShopDeleted", problems)
	}
}

func TestTheStoryIsTrue(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for _, s := range scenes() {
		kind, ok := trade.TypeOf(s.eventType)
		if !ok || seen[s.eventType] {
			t.Errorf("%s is not in the catalogue, or occurs twice", s.eventType)
		}
		seen[s.eventType] = true
		want := s.want
		if s.document() {
			want = "{" + want
		}
		if !json.Valid([]byte(s.data)) || !json.Valid([]byte(want)) {
			t.Errorf("%s: the data or what is wanted of it is not JSON", s.eventType)
		}
		for _, field := range kind.Fields {
			if !strings.Contains(want, `"`+field+`"`) {
				t.Errorf("%s: what is wanted lacks %s", s.eventType, field)
			}
		}
	}
}
