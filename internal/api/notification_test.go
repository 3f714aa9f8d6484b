package api_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
)

const (
	channels      = acme + "/notification-channels"
	notifications = "/api/v1/me/notifications"

	chatURL     = "https://chat.example/services/T0KEN-5521"
	goodChannel = `{"kind":"slack","title":"Chat","url":"` + chatURL + `"}`
)

// told is what channels are tested with: it notes them, and fails for a reason.
type told struct {
	mu     sync.Mutex
	tested []hook.Channel
	reason string
}

func (t *told) Test(_ context.Context, c hook.Channel) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tested = append(t.tested, c)
	return t.reason
}

func (w *world) addChannel(t *testing.T) string {
	t.Helper()
	return w.mustDo(t, 201, "POST", channels, goodChannel)["id"].(string)
}

// notificationCalls are those of everyCall for who is told of alerts.
func notificationCalls(t *testing.T, w *world) map[string][]call {
	t.Helper()
	one, none := channels+"/"+w.addChannel(t), channels+"/"+idLike
	tested := channels + "/" + w.addChannel(t) + "/test"
	in := w.signIn(t, w.addUser(t, "acme", "told@acme.example", account.Member))
	tests := []call{{path: none + "/test", want: 404}}
	for range 10 {
		tests = append(tests, call{path: tested, want: 200})
	}
	return map[string][]call{
		"listChannels": {{path: channels, want: 200}, {want: 404}},
		"addChannel":   {{path: channels, body: goodChannel, want: 201}, {path: channels, body: `{"kind":"fax","title":"x"}`, want: 422}},
		"getChannel":   {{path: one, want: 200}, {path: none, want: 404}},
		"putChannel": {
			{path: one, body: `{"kind":"teams","title":"Other"}`, want: 200},
			{path: one, body: `{"kind":"teams","title":" "}`, want: 422},
			{path: one, body: goodChannel, headers: []string{`If-Match: "1"`}, want: 412},
		},
		"deleteChannel":    {{path: channels + "/" + w.addChannel(t), want: 204}, {path: none, want: 404}},
		"testChannel":      append(tests, call{path: tested, want: 429}),
		"getNotifications": {{headers: in, want: 200}, {want: 403}},
		"putNotifications": {{headers: in, body: `{"often":"daily","hour":0}`, want: 200}, {headers: in, body: `{"often":"sometimes"}`, want: 422}},
	}
}

func TestPeopleSayWhatTheyAreToldOf(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.addUser(t, "acme", "kim@acme.example", account.Member)
	in := w.signIn(t, u)
	if n := w.mustDo(t, 200, "GET", notifications, "", in...); n["often"] != "never" || n["severity"] != "warning" || n["available"] != true {
		t.Errorf("at first it is %v, want never", n)
	}
	w.mustDo(t, 200, "PUT", notifications, `{"often":"daily","hour":0,"severity":"error","kinds":["hook.disabled","hook.disabled"]}`, in...)
	n := w.mustDo(t, 200, "GET", notifications, "", in...)
	if kinds := n["kinds"].([]any); n["often"] != "daily" || n["hour"] != 0.0 || n["severity"] != "error" || len(kinds) != 1 || kinds[0] != "hook.disabled" {
		t.Errorf("then it is %v, want what was put", n)
	}
	w.mustDo(t, 200, "PUT", notifications, `{"often":"at-once"}`, in...)
	if n := w.mustDo(t, 200, "GET", notifications, "", in...); n["hour"] != 7.0 || n["severity"] != "warning" || len(n["kinds"].([]any)) != 0 {
		t.Errorf("with defaults it is %v, want seven, warnings, and all kinds", n)
	}
	for _, kind := range []string{"notification.failed", "weather"} {
		a := w.do(t, "PUT", notifications, `{"often":"hourly","kinds":["`+kind+`"]}`, append(in, "Accept-Language: de")...)
		if got := reasons(t, a)["kinds[0]"]; a.status != 422 || !strings.Contains(got, "niemand") || !strings.Contains(got, "delivery.failed") {
			t.Errorf("of %s it answers %d %s, want 422 that names the kinds in German", kind, a.status, a.body)
		}
	}
	w.mustDo(t, 422, "PUT", notifications, `{"often":"daily","hour":24}`, in...)
	if es := w.audit(t, acme+"/audit", "action=profile.notifications"); len(es) != 2 || es[0].Before["often"] != "daily" || es[0].After["often"] != "at-once" {
		t.Errorf("noted is %+v, want two changes", es)
	}
}

func TestTheURLOfAChannelIsNeverShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	key := "whsec_" + base64.StdEncoding.EncodeToString([]byte("a key of thirty-two bytes, just so"))
	a := w.do(t, "POST", channels, `{"kind":"webhook","title":"Chat","url":"`+chatURL+`?sig=T0KEN-5521","secret":"`+key+`"}`)
	if a.status != 201 {
		t.Fatalf("POST = %d %s", a.status, a.body)
	}
	location := a.header.Get("Location")
	c := w.mustDo(t, 200, "GET", location, "")
	if c["host"] != "https://chat.example/…" || c["signed"] != true || c["enabled"] != true || c["severity"] != "warning" || c["language"] != "en" {
		t.Errorf("the channel is %v, want its host, and that it is signed", c)
	}
	stored := func() hook.Channel {
		t.Helper()
		c, err := w.store.Channel(t.Context(), "acme", uuid.MustParse(location[strings.LastIndexByte(location, '/')+1:]))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	w.mustDo(t, 200, "PUT", location, `{"kind":"webhook","title":"Other","enabled":false,"kinds":["hook.disabled"]}`)
	if s := stored(); string(s.URL) != chatURL+"?sig=T0KEN-5521" || string(s.Key) != key || s.Title != "Other" || s.Enabled {
		t.Errorf("after a change without secrets they are %s and %s, want them kept", string(s.URL), string(s.Key))
	}
	w.mustDo(t, 200, "PUT", location, `{"kind":"webhook","title":"Other","signed":false,"url":"https://other.example/T0KEN-5521"}`)
	if s := stored(); s.Key != "" || string(s.URL) != "https://other.example/T0KEN-5521" {
		t.Errorf("after that the URL is %s and the key %s, want the new one and none", string(s.URL), string(s.Key))
	}
	w.teller.reason = "it refused"
	if got := w.mustDo(t, 200, "POST", location+"/test", ""); got["sent"] != false || got["reason"] != "it refused" {
		t.Errorf("the test says %v, want why it failed", got)
	}
	w.teller.reason = ""
	if got := w.mustDo(t, 200, "POST", location+"/test", ""); got["sent"] != true || len(w.teller.tested) != 2 || w.teller.tested[1].URL != stored().URL {
		t.Errorf("the test says %v of %v, want that it was sent", got, w.teller.tested)
	}
	var told strings.Builder
	for _, path := range []string{channels, location, acme + "/audit", acme + "/alerts"} {
		told.Write(w.do(t, "GET", path, "").body)
	}
	w.mustDo(t, 204, "DELETE", location, "")
	told.Write(w.do(t, "GET", "/api/v1/audit", "").body)
	all := string(a.body) + w.log.String() + told.String()
	if strings.Contains(all, "T0KEN") || strings.Contains(all, key) || !strings.Contains(all, "channel.delete") {
		t.Errorf("a secret is in an answer or the log:\n%s", all)
	}
}

func TestWhatIsWrongWithAChannelIsSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, tt := range map[string]struct{ body, field, english, german string }{
		"no URL":              {`{"kind":"slack","title":"x"}`, "url", "is missing", ""},
		"http":                {`{"kind":"slack","title":"x","url":"http://chat.example/"}`, "url", "use https", ""},
		"a private address":   {`{"kind":"slack","title":"x","url":"https://10.1.2.3/"}`, "url", "refused", ""},
		"a blank title":       {strings.Replace(goodChannel, "Chat", " ", 1), "title", "blank", "leer"},
		"an unknown kind":     {strings.Replace(goodChannel, "{", `{"kinds":["weather"],`, 1), "kinds[0]", "delivery.failed", "niemand"},
		"a secret of Slack's": {strings.Replace(goodChannel, "{", `{"secret":"x",`, 1), "secret", "only a channel of the kind webhook", "Nur ein Kanal"},
		"a secret too short":  {strings.Replace(strings.Replace(goodChannel, "slack", "webhook", 1), "{", `{"secret":"whsec_AAAA",`, 1), "secret", "24 to 64 bytes", "24 bis 64"},
		"no secret to sign":   {strings.Replace(strings.Replace(goodChannel, "slack", "webhook", 1), "{", `{"signed":true,`, 1), "secret", "is missing", "fehlt"},
	} {
		for language, want := range map[string]string{"en": tt.english, "de": tt.german} {
			a := w.do(t, "POST", channels, tt.body, "Accept-Language: "+language)
			if got := reasons(t, a)[tt.field]; a.status != 422 || !strings.Contains(got, want) || got == "" {
				t.Errorf("%s in %s = %d %s, want 422 with %s: …%s…", name, language, a.status, a.body, tt.field, want)
			}
		}
	}
	for range 20 {
		w.addChannel(t)
	}
	if a := w.do(t, "POST", channels, goodChannel); a.status != 409 || !json.Valid(a.body) {
		t.Errorf("one more than there may be = %d %s, want 409", a.status, a.body)
	}
}
