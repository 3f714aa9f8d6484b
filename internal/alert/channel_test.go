package alert_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/receiver"
	"github.com/waybillhq/waybill/internal/send"
	"github.com/waybillhq/waybill/internal/store/storetest"
	"github.com/waybillhq/waybill/webhook"
)

// chat is a real receiver of what channels are told.
type chat struct {
	*httptest.Server

	mu     sync.Mutex
	status int
	header []http.Header
	bodies []string
}

// newChat starts a chat, and gives r a sender that trusts it.
func newChat(t *testing.T, r *rig) *chat {
	t.Helper()
	authority, err := receiver.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	cert, err := authority.Issue("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	c := &chat{status: 200}
	c.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		c.mu.Lock()
		defer c.mu.Unlock()
		c.header, c.bodies = append(c.header, r.Header), append(c.bodies, string(body))
		w.Header().Set("Location", "https://elsewhere.example"+r.URL.Path)
		w.WriteHeader(c.status)
		_, _ = io.WriteString(w, "you called "+r.URL.Path)
	}))
	c.TLS = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	c.StartTLS()
	t.Cleanup(c.Close)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority.PEM())
	client := send.New(send.Options{Roots: roots, Guard: send.NewGuard([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")})})
	t.Cleanup(client.Close)
	r.Sender = client
	return c
}

func (c *chat) answer(status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.status = status
}

// last returns the latest request, and how many there were.
func (c *chat) last() (http.Header, string, int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.bodies) == 0 {
		return nil, "", 0
	}
	return c.header[len(c.header)-1], c.bodies[len(c.bodies)-1], len(c.bodies)
}

const token = "T0KEN-in-the-path-4411"

// fields reads JSON.
func fields(t *testing.T, text string) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}

func TestAWebhookIsToldInSignedJSON(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	c := newChat(t, r)
	ch := storetest.AddChannel(t, r.store, hook.WebhookChannel, c.URL+"/"+token)
	key := "whsec_" + base64.StdEncoding.EncodeToString([]byte("a key of thirty-two bytes, just so"))
	ch.Version, ch.Key = 2, hook.Secret(key)
	if err := r.store.ChangeChannel(t.Context(), ch, account.Entry{}); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	a := storetest.Raise(t, r.store, "h", hook.Failure, now)
	if err := r.Round(t.Context(), now); err != nil {
		t.Fatal(err)
	}
	header, body, n := c.last()
	if n != 1 {
		t.Fatalf("%d requests came, want one:\n%s", n, r.log.String())
	}
	v, err := webhook.NewVerifier(key)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Verify(header, []byte(body)); err != nil {
		t.Errorf("Verify = %v", err)
	}
	at := a.LastAt.Format(time.RFC3339Nano)
	want := map[string]any{
		"type": "alerts", "company": storetest.Company, "url": "https://waybill.example", "alerts": []any{map[string]any{
			"id": a.ID.String(), "kind": "delivery.failed", "subject": "h", "severity": "error", "state": "open", "count": 1.0,
			"text": map[string]any{"en": "look at h", "de": "Sehen Sie nach h."}, "firstAt": at, "lastAt": at,
		}},
	}
	if diff := cmp.Diff(want, fields(t, body)); diff != "" {
		t.Errorf("the body differs (-want +got):\n%s", diff)
	}
	r.storeHasNothingMore(t, now)
}

func (r *rig) storeHasNothingMore(t *testing.T, now time.Time) {
	t.Helper()
	if untold, due, err := r.store.Pending(t.Context(), now.Add(100*time.Hour)); untold || due || err != nil {
		t.Errorf("Pending = %t, %t, %v, want nothing", untold, due, err)
	}
}

func TestChatsAreToldInTheirOwnForms(t *testing.T) {
	t.Parallel()
	for kind, want := range map[hook.ChannelKind]string{
		hook.SlackChannel: `{"text":"*Acme*\n• Error: look at &lt;!channel&gt; &amp; more\n• Warning: look at w\nhttps://waybill.example"}`,
		hook.TeamsChannel: `{"type":"message","attachments":[{"contentType":"application/vnd.microsoft.card.adaptive","content":{
			"$schema":"http://adaptivecards.io/schemas/adaptive-card.json","type":"AdaptiveCard","version":"1.4","body":[
				{"type":"RichTextBlock","inlines":[{"type":"TextRun","text":"Acme","size":"medium","weight":"bolder"}]},
				{"type":"RichTextBlock","inlines":[{"type":"TextRun","text":"Error: ","weight":"bolder","color":"attention"},{"type":"TextRun","text":"look at <!channel> & more"}]},
				{"type":"RichTextBlock","inlines":[{"type":"TextRun","text":"Warning: ","weight":"bolder","color":"warning"},{"type":"TextRun","text":"look at w"}]}],
			"actions":[{"type":"Action.OpenUrl","title":"Waybill","url":"https://waybill.example"}]}}]}`,
	} {
		r := newRig(t)
		c := newChat(t, r)
		storetest.AddChannel(t, r.store, kind, c.URL+"/"+token)
		r.raise(t, "w", hook.Warning, 0)
		r.raise(t, "<!channel> & more", hook.Failure, 0)
		r.round(t, 0)
		header, body, n := c.last()
		if n != 1 || header.Get("Content-Type") != "application/json" {
			t.Fatalf("%s: %d requests came, with %v, want one of JSON", kind, n, header)
		}
		if diff := cmp.Diff(fields(t, want), fields(t, body)); diff != "" {
			t.Errorf("%s: the body differs (-want +got):\n%s", kind, diff)
		}
	}
}

func TestAFailingChannelNeverTellsOfItself(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	c := newChat(t, r)
	ch := storetest.AddChannel(t, r.store, hook.SlackChannel, c.URL+"/"+token+"?sig="+token)
	storetest.Subscribe(t, r.store, storetest.Company, "kim@acme.example", wants(hook.AtOnce, hook.Information))
	r.raise(t, "h", hook.Failure, 0)
	for _, status := range []int{404, 307, 500} {
		c.answer(status)
		for halves := range 80 {
			r.round(t, time.Duration(halves)*30*time.Minute)
		}
	}
	r.expect(t, "in all", "kim@acme.example: Waybill: Error: look at h")
	_, _, tries := c.last()
	if tries < 15 || tries > 30 {
		t.Errorf("the channel was tried %d times, want a bounded number, for a day", tries)
	}
	r.storeHasNothingMore(t, morning())
	got, err := r.store.Channel(t.Context(), storetest.Company, ch.ID)
	if err != nil || got.FailedAt.IsZero() || !strings.Contains(got.Failure, "answered 404") {
		t.Errorf("the channel is %+v, %v, want its failure", got, err)
	}
	as, err := r.store.Alerts(t.Context(), hook.AlertQuery{Company: storetest.Company, Kind: hook.NotificationFailed, Limit: 9})
	if err != nil || len(as) != 1 || as[0].Subject != ch.ID.String() || as[0].Count != 1 {
		t.Fatalf("about the channel there are %+v, %v, want one alert", as, err)
	}
	for where, text := range map[string]string{"the log": r.log.String(), "the channel": got.Failure, "the alert": as[0].Text + as[0].German} {
		if text == "" || strings.Contains(text, token) {
			t.Errorf("%s says %q, want something without the URL's secret", where, text)
		}
	}

	c.answer(200)
	r.raise(t, "i", hook.Failure, 50*time.Hour)
	r.round(t, 50*time.Hour)
	if got, err = r.store.Channel(t.Context(), storetest.Company, ch.ID); err != nil || got.Failure != "" || got.SentAt.IsZero() {
		t.Errorf("when it is well the channel is %+v, %v, want no failure", got, err)
	}
}

func TestAttemptsToTellTheSameHaveOneID(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	c := newChat(t, r)
	storetest.AddChannel(t, r.store, hook.WebhookChannel, c.URL)
	r.raise(t, "h", hook.Failure, 0)
	c.answer(503)
	ids := make(map[string]bool)
	for minutes := range 4 {
		r.round(t, 2*time.Duration(minutes)*time.Minute)
		header, _, _ := c.last()
		ids[header.Get("Webhook-Id")] = true
	}
	if _, _, n := c.last(); n < 3 || len(ids) != 1 {
		t.Errorf("%d requests have %d IDs, want one", n, len(ids))
	}
	r.raise(t, "i", hook.Failure, time.Hour)
	r.round(t, time.Hour)
	header, _, _ := c.last()
	if ids[header.Get("Webhook-Id")] {
		t.Error("a request that tells more has the same ID, want another")
	}
}

func TestAChannelCanBeTestedAndIsGuarded(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	c := newChat(t, r)
	for kind, want := range map[hook.ChannelKind]string{hook.WebhookChannel: `"type":"test"`, hook.SlackChannel: "das ist ein test", hook.TeamsChannel: "das ist ein test"} {
		reason := r.Test(t.Context(), hook.Channel{Company: storetest.Company, Kind: kind, Language: "de", URL: hook.Secret(c.URL + "/" + token)})
		if _, body, _ := c.last(); reason != "" || !strings.Contains(strings.ToLower(body), want) {
			t.Errorf("Test of %s = %q with %s, want it with %s", kind, reason, body, want)
		}
	}
	for url, want := range map[string]string{
		"https://10.1.2.3/" + token:                         "private address",
		"http://127.0.0.1/" + token:                         "https",
		c.URL[:len("https://127.0.0.1:")-1] + ":1/" + token: "port 1",
	} {
		reason := r.Test(t.Context(), hook.Channel{Company: storetest.Company, Kind: hook.SlackChannel, URL: hook.Secret(url)})
		if !strings.Contains(reason, want) || strings.Contains(reason, token) {
			t.Errorf("Test of %s = %q, want …%s… without the secret", url, reason, want)
		}
	}
	locked := hook.Channel{Company: storetest.Company, Kind: hook.SlackChannel, Locked: []string{hook.URLSecret}}
	if reason := r.Test(t.Context(), locked); !strings.Contains(reason, "cannot be opened") {
		t.Errorf("Test of a locked channel = %q, want that it cannot be opened", reason)
	}
}
