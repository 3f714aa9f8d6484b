package demo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/waybillhq/waybill/internal/receiver"
)

// told is a scene whose event was accepted.
type told struct {
	scene

	eventID    string // given by Waybill
	occurredAt string // RFC 3339, UTC
}

// slow is how old a delivery's timestamp may be when it arrives.
const slow = time.Minute

// checker compares what has arrived with what must.
type checker struct {
	channels []channel
	zone     *time.Location
}

// check returns the webhook-id under which each of the told scenes has arrived,
// "" for none, and what is wrong, one sentence each. A delivery may arrive more
// than once, but always under the same webhook-id.
func (c checker) check(all []told, got []receiver.Received) (ids, problems []string) {
	owner := make(map[string]string) // event type by webhook-id
	arrived := make(map[string][]receiver.Received)
	for _, r := range got {
		name := eventType(r.Body)
		arrived[name] = append(arrived[name], r)
	}
	for _, t := range all {
		id := ""
		for i, r := range arrived[t.eventType] {
			for _, p := range c.differences(t, r) {
				problems = append(problems, t.eventType+": "+p)
			}
			this := r.Header.Get("Webhook-Id")
			switch other, taken := owner[this]; {
			case this == "":
				problems = append(problems, t.eventType+": it has no webhook-id")
			case i > 0 && this != id:
				problems = append(problems, t.eventType+": it arrived under two webhook-ids, "+id+" and "+this)
			case taken && other != t.eventType:
				problems = append(problems, t.eventType+": its webhook-id is that of "+other)
			}
			owner[this] = t.eventType
			id = this
		}
		if len(arrived[t.eventType]) == 0 {
			problems = append(problems, t.eventType+": it has not arrived")
		}
		ids = append(ids, id)
		delete(arrived, t.eventType)
	}
	for name, rs := range arrived {
		problems = append(problems, fmt.Sprintf("%d requests arrived that nobody asked for, of type %q", len(rs), name))
	}
	return ids, problems
}

// eventType returns what a body says it is about.
func eventType(body []byte) string {
	var b struct {
		Event     string `json:"event"`
		EventType string `json:"eventType"`
	}
	if json.Unmarshal(body, &b) != nil {
		return ""
	}
	return b.Event + b.EventType
}

// differences says how r differs from what t's receiver must get.
func (c checker) differences(t told, r receiver.Received) (found []string) {
	differ := func(what, got, want string) {
		if got != want {
			found = append(found, fmt.Sprintf("its %s is %s, want %s", what, got, want))
		}
	}
	ch := c.channels[t.channel]
	differ("method", r.Method, http.MethodPost)
	differ("path", r.Path, ch.path)
	differ("content type", r.Header.Get("Content-Type"), "application/json")
	differ("answer", strconv.Itoa(r.Answer), "200")
	if user, password, _ := (&http.Request{Header: r.Header}).BasicAuth(); user != ch.user || password != ch.password {
		found = append(found, "its basic authentication is not that of the hook")
	}
	sent, err := strconv.ParseInt(r.Header.Get("Webhook-Timestamp"), 10, 64)
	if age := r.At.Sub(time.Unix(sent, 0)); err != nil || age < -time.Second || age > slow {
		found = append(found, "its webhook-timestamp is not that of now")
	}
	want, err := c.body(t, r)
	if err != nil {
		return append(found, err.Error())
	}
	return append(found, compare(r.Body, want)...)
}

// body returns the body that r must have. Of a notice's timestamp it only knows
// that it is about the time of arrival.
func (c checker) body(t told, r receiver.Received) ([]byte, error) {
	if !t.document() {
		shop := "null"
		if t.shop != "" {
			shop = t.shop
		}
		return fmt.Appendf(nil, `{"event":%q,"eventId":%q,"occurredAt":%q,"shopId":%s,"entityData":%s}`,
			t.eventType, t.eventID, t.occurredAt, shop, t.want), nil
	}
	var b struct {
		Timestamp string `json:"timestamp"`
	}
	if err := json.Unmarshal(r.Body, &b); err != nil || !c.about(b.Timestamp, r.At) {
		return nil, fmt.Errorf("its timestamp, %q, is not that of now in %s", b.Timestamp, c.zone)
	}
	return fmt.Appendf(nil, `{"eventId":%q,"timestamp":%q,"eventType":%q,%s`,
		r.Header.Get("Webhook-Id"), b.Timestamp, t.eventType, t.want), nil
}

// about reports whether text is a local time shortly before at. It asks for each
// second, because a local time can occur twice.
func (c checker) about(text string, at time.Time) bool {
	for age := time.Duration(0); age <= slow; age += time.Second {
		if at.Add(-age).In(c.zone).Format("2006-01-02T15:04:05") == text {
			return true
		}
	}
	return false
}

// compare says how the JSON objects got and want differ. White space does not
// count, the order of members does.
func compare(got, want []byte) []string {
	if bytes.Equal(compact(got), compact(want)) {
		return nil
	}
	var g, w map[string]json.RawMessage
	if json.Unmarshal(got, &g) != nil || json.Unmarshal(want, &w) != nil {
		return []string{"its body is not a JSON object"}
	}
	var found []string
	for name, value := range w {
		if there, ok := g[name]; !ok {
			found = append(found, name+" is missing in its body")
		} else if !bytes.Equal(compact(there), compact(value)) {
			found = append(found, fmt.Sprintf("%s in its body is %s, want %s", name, there, value))
		}
	}
	for name := range g {
		if _, ok := w[name]; !ok {
			found = append(found, name+" is in its body, unasked for")
		}
	}
	slices.Sort(found)
	if len(found) == 0 {
		found = []string{"the members of its body are in another order: " + strings.TrimSpace(string(got))}
	}
	return found
}

func compact(text []byte) []byte {
	var b bytes.Buffer
	if json.Compact(&b, text) != nil {
		return text
	}
	return b.Bytes()
}
