package alert_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	stdmail "net/mail"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/alert"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/mail"
	"github.com/waybillhq/waybill/internal/mail/mailtest"
	"github.com/waybillhq/waybill/internal/store"
	"github.com/waybillhq/waybill/internal/store/storetest"
	"github.com/waybillhq/waybill/internal/trade"
)

// morning is 6:10 in Berlin, where storetest.Company is.
func morning() time.Time { return time.Date(2026, 6, 5, 4, 10, 0, 0, time.UTC) }

// rig is a notifier with a store, a mail server and a log.
type rig struct {
	*alert.Notifier
	store *store.Store
	smtp  *mailtest.Server
	seen  int // mails that were looked at
	log   bytes.Buffer
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{store: storetest.Open(t), smtp: &mailtest.Server{}}
	r.Notifier = &alert.Notifier{
		Store: r.store, Mailer: mailer(t, r.smtp), PublicURL: "https://waybill.example", Log: slog.New(slog.NewTextHandler(&r.log, nil)),
	}
	storetest.AddHook(t, r.store, "OrderChanged", "https://receiver.example/")
	return r
}

func mailer(t *testing.T, s *mailtest.Server) *mail.Client {
	t.Helper()
	return mail.New(mail.Options{Host: "127.0.0.1", Port: s.Start(t), Security: mail.NoTLS, From: "waybill@shop.example"})
}

// round makes a round so long after morning.
func (r *rig) round(t *testing.T, after time.Duration) {
	t.Helper()
	if err := r.Round(t.Context(), morning().Add(after)); err != nil {
		t.Fatal(err)
	}
}

// raise raises an alert so long after morning.
func (r *rig) raise(t *testing.T, subject string, s hook.Severity, after time.Duration) hook.Alert {
	t.Helper()
	return storetest.Raise(t, r.store, subject, s, morning().Add(after))
}

// came returns the new mails, each as "ADDRESS: SUBJECT", sorted.
func (r *rig) came(t *testing.T) string {
	t.Helper()
	var lines []string
	all := r.smtp.Mails()
	for _, m := range all[r.seen:] {
		lines = append(lines, m.To+": "+parse(t, m.Data).subject)
	}
	r.seen = len(all)
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func (r *rig) expect(t *testing.T, when string, want ...string) {
	t.Helper()
	if got := r.came(t); got != strings.Join(want, "\n") {
		t.Errorf("%s came\n%s\nwant\n%s", when, got, strings.Join(want, "\n"))
	}
}

// letter is a mail that was read.
type letter struct{ subject, text, html, all string }

func parse(t *testing.T, data string) letter {
	t.Helper()
	m, err := stdmail.ReadMessage(strings.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	var l letter
	if l.subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil {
		t.Fatal(err)
	}
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for _, to := range []*string{&l.text, &l.html} {
		p, err := parts.NextRawPart()
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(quotedprintable.NewReader(p))
		if err != nil {
			t.Fatal(err)
		}
		*to = strings.ReplaceAll(string(raw), "\r\n", "\n")
	}
	l.all = l.subject + l.text + l.html
	return l
}

// wants returns a subscription to all kinds.
func wants(often hook.Often, least hook.Severity) hook.Subscription {
	return hook.Subscription{Choice: hook.Choice{Severity: least}, Often: often, Hour: 7}
}

func TestUsersAreToldOfWhatTheyWantWhenTheyWantIt(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	if _, err := r.store.PutCompany(t.Context(), trade.Company{ID: "globex", Name: "Globex", TimeZone: "UTC"}, account.Entry{}); err != nil {
		t.Fatal(err)
	}
	kinds := wants(hook.AtOnce, hook.Information)
	kinds.Kinds = []hook.AlertKind{hook.HookDisabled}
	for email, s := range map[string]hook.Subscription{
		"once": wants(hook.AtOnce, hook.Failure), "hourly": wants(hook.Hourly, hook.Warning), "daily": wants(hook.Daily, hook.Warning),
		"never": wants(hook.Never, hook.Information), "kinds": kinds,
	} {
		storetest.Subscribe(t, r.store, storetest.Company, email+"@acme.example", s)
	}
	storetest.Subscribe(t, r.store, "globex", "other@globex.example", wants(hook.AtOnce, hook.Information))
	storetest.Subscribe(t, r.store, "", "staff@operator.example", wants(hook.AtOnce, hook.Warning))

	r.raise(t, "h1", hook.Failure, 0)
	r.raise(t, "h2", hook.Warning, 0)
	r.round(t, time.Second)
	r.expect(t, "at once", "once@acme.example: Waybill: Error: look at h1", "staff@operator.example: Waybill: 2 alerts, one of them an error (Acme)")
	r.round(t, 49*time.Minute)
	r.expect(t, "before the hour")
	r.round(t, 50*time.Minute) // 7:00 in Berlin
	r.expect(t, "at seven", "daily@acme.example: Waybill: 2 alerts, one of them an error", "hourly@acme.example: Waybill: 2 alerts, one of them an error")
	r.raise(t, "h3", hook.Warning, time.Hour)
	r.round(t, time.Hour)
	r.expect(t, "then", "staff@operator.example: Waybill: Warning: look at h3 (Acme)")
	r.round(t, 110*time.Minute)
	r.expect(t, "at eight", "hourly@acme.example: Waybill: Warning: look at h3")
	r.round(t, 24*time.Hour+49*time.Minute)
	r.expect(t, "before seven")
	r.round(t, 24*time.Hour+50*time.Minute)
	r.expect(t, "at seven the next day", "daily@acme.example: Waybill: Warning: look at h3")
}

func TestOnlyWhatIsWorseOrNewIsToldAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	storetest.Subscribe(t, r.store, storetest.Company, "kim@acme.example", wants(hook.AtOnce, hook.Information))
	a := r.raise(t, "h", hook.Warning, 0)
	r.round(t, 0)
	r.expect(t, "at first", "kim@acme.example: Waybill: Warning: look at h")
	if _, err := r.store.AcknowledgeAlert(t.Context(), a.Company, a.ID, hook.Acknowledgement{By: "lee", At: morning()}, account.Entry{}); err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		r.raise(t, "h", hook.Warning, time.Duration(i)*time.Minute)
		r.round(t, time.Duration(i)*time.Minute)
	}
	r.expect(t, "when it is raised again")
	r.raise(t, "h", hook.Failure, time.Hour)
	r.round(t, time.Hour)
	r.expect(t, "when it is worse", "kim@acme.example: Waybill: Error: look at h")
	r.raise(t, "h", hook.Warning, time.Hour)
	r.raise(t, "h", hook.Failure, time.Hour)
	r.round(t, time.Hour)
	r.expect(t, "when it is better and as bad again")
	if _, err := r.store.CloseAlertBy(t.Context(), a.Company, a.ID, "lee", morning(), account.Entry{}); err != nil {
		t.Fatal(err)
	}
	r.raise(t, "h", hook.Warning, 2*time.Hour)
	r.round(t, 2*time.Hour)
	r.expect(t, "after it was closed", "kim@acme.example: Waybill: Warning: look at h")
}

func TestWhatIsOverOrAnothersIsNotTold(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	if _, err := r.store.PutCompany(t.Context(), trade.Company{ID: "globex", Name: "Globex", TimeZone: "UTC"}, account.Entry{}); err != nil {
		t.Fatal(err)
	}
	kim := storetest.Subscribe(t, r.store, storetest.Company, "kim@acme.example", wants(hook.Hourly, hook.Information))
	mover := storetest.Subscribe(t, r.store, storetest.Company, "mover@acme.example", wants(hook.Hourly, hook.Information))
	quitter := storetest.Subscribe(t, r.store, storetest.Company, "quitter@acme.example", wants(hook.Hourly, hook.Information))
	a := r.raise(t, "h1", hook.Failure, 0)
	r.raise(t, "h2", hook.Failure, 0)
	r.round(t, 0)
	if _, err := r.store.CloseAlertBy(t.Context(), a.Company, a.ID, "lee", morning(), account.Entry{}); err != nil {
		t.Fatal(err)
	}
	moved := mover
	moved.Company = "globex"
	if _, err := r.store.ChangeUser(t.Context(), mover, moved); err != nil {
		t.Fatal(err)
	}
	if err := r.store.PutSubscription(t.Context(), quitter.ID, wants(hook.Never, hook.Information), account.Entry{}); err != nil {
		t.Fatal(err)
	}
	r.round(t, time.Hour)
	r.expect(t, "on the hour", kim.Email+": Waybill: Error: look at h2")
}

func TestWhatAMailSays(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	kim := storetest.Subscribe(t, r.store, storetest.Company, "kim@acme.example", wants(hook.Hourly, hook.Information))
	german := kim
	german.Language = "de"
	if _, err := r.store.ChangeUser(t.Context(), kim, german); err != nil {
		t.Fatal(err)
	}
	storetest.Subscribe(t, r.store, "", "staff@operator.example", wants(hook.Daily, hook.Information))
	w := r.raise(t, "<b>w</b>", hook.Warning, 0)
	r.raise(t, "<b>w</b>", hook.Warning, time.Minute)
	r.raise(t, "x", hook.Failure, 0)
	k := hook.Acknowledgement{By: "lee", At: morning(), Note: "ich rufe an"}
	if _, err := r.store.AcknowledgeAlert(t.Context(), w.Company, w.ID, k, account.Entry{}); err != nil {
		t.Fatal(err)
	}
	r.round(t, 0)
	r.round(t, 3*time.Hour)
	mails := r.smtp.Mails()
	if len(mails) != 2 {
		t.Fatalf("there came %d mails, want 2", len(mails))
	}
	for _, m := range mails {
		l := parse(t, m.Data)
		want := `Fehler: Sehen Sie nach x.
05.06.2026 06:10 CEST

Warnung: Sehen Sie nach <b>w</b>.
2-mal, zuletzt am 05.06.2026 06:11 CEST
quittiert von lee: ich rufe an

https://waybill.example

Sie erhalten stündlich Nachricht über Meldungen; das können Sie in Ihrem Profil ändern.
`
		if m.To == "staff@operator.example" {
			want = `Acme
Error: look at x
5 June 2026 06:10 CEST

Acme
Warning: look at <b>w</b>
2 times, last on 5 June 2026 06:11 CEST
acknowledged by lee: ich rufe an

https://waybill.example

You are told of alerts once a day; you can change that in your profile.
`
		}
		if l.text != want {
			t.Errorf("the mail to %s says\n%s\nwant\n%s", m.To, l.text, want)
		}
		if !strings.Contains(l.html, "&lt;b&gt;w&lt;/b&gt;") || strings.Contains(l.html, "<b>") || !strings.Contains(l.html, `href="https://waybill.example"`) {
			t.Errorf("the mail to %s is in HTML\n%s\nwant the same, escaped, with a link", m.To, l.html)
		}
	}
}

func TestAMailThatFailsIsTriedAgainForADayAndNobodyIsToldOfThat(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	kim := storetest.Subscribe(t, r.store, storetest.Company, "kim@acme.example", wants(hook.AtOnce, hook.Information))
	r.raise(t, "h", hook.Failure, 0)
	r.smtp.Fail("451 later", "451 later")
	for _, tt := range []struct {
		after time.Duration
		came  bool
	}{{0, false}, {50 * time.Second, false}, {65 * time.Second, false}, {2 * time.Minute, false}, {3 * time.Minute, true}, {time.Hour, false}} {
		r.round(t, tt.after)
		if got := r.came(t) != ""; got != tt.came {
			t.Errorf("after %v a mail came: %t, want %t", tt.after, got, tt.came)
		}
	}
	if n := strings.Count(r.log.String(), "was not told"); n != 2 || strings.Contains(r.log.String(), "given_up=true") {
		t.Errorf("it failed %d times, want twice:\n%s", n, r.log.String())
	}

	r.raise(t, "other", hook.Failure, 2*time.Hour)
	for hours := range 60 {
		r.smtp.Fail("550 not here")
		r.round(t, time.Duration(2+hours)*time.Hour)
	}
	r.expect(t, "while the server refuses all")
	s, err := r.store.Subscription(t.Context(), kim.ID)
	if err != nil || s.FailedAt.IsZero() || s.SentAt.IsZero() {
		t.Errorf("the subscription is %+v, %v, want when it went well and when not", s, err)
	}
	as, err := r.store.Alerts(t.Context(), hook.AlertQuery{Company: storetest.Company, Kind: hook.NotificationFailed, Limit: 9})
	if err != nil || len(as) != 1 || as[0].Subject != hook.ByMail || as[0].State() != hook.AlertOpen || as[0].Count != 1 || strings.Contains(as[0].Text, "550") {
		t.Fatalf("about that there are %+v, %v, want one alert, raised once, without the server's words", as, err)
	}
	if n := strings.Count(r.log.String(), "given_up=true"); n != 1 {
		t.Errorf("it was given up %d times, want once", n)
	}
}

func TestTheAlertAboutMailsClosesWhenOneIsSent(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	storetest.Subscribe(t, r.store, storetest.Company, "kim@acme.example", wants(hook.AtOnce, hook.Information))
	r.raise(t, "h", hook.Failure, 0)
	for hours := range 26 {
		r.smtp.Fail("451 later")
		r.round(t, time.Duration(hours)*time.Hour)
	}
	failed := func() []hook.Alert {
		t.Helper()
		as, err := r.store.Alerts(t.Context(), hook.AlertQuery{Company: storetest.Company, Kind: hook.NotificationFailed, Limit: 9})
		if err != nil || len(as) != 1 {
			t.Fatalf("about mails there are %+v, %v, want one", as, err)
		}
		return as
	}
	if as := failed(); as[0].State() != hook.AlertOpen {
		t.Errorf("after a day it is %+v, want it open", as[0])
	}
	r.smtp = &mailtest.Server{}
	r.Mailer = mailer(t, r.smtp)
	r.seen = 0
	r.raise(t, "i", hook.Failure, 30*time.Hour)
	r.round(t, 30*time.Hour)
	r.expect(t, "when the server is well", "kim@acme.example: Waybill: Error: look at i")
	if as := failed(); as[0].State() != hook.AlertClosed {
		t.Errorf("when a mail was sent it is %+v, want it closed", as[0])
	}
}

// Two nodes run, one of which begins a mail just before it ends.
func TestNodesTellWhatIsNewWithinSecondsAndOnce(t *testing.T) {
	t.Parallel()
	smtp := &mailtest.Server{} // outside of the bubble, whose time would stand still while it listens
	client := mailer(t, smtp)
	synctest.Test(t, func(t *testing.T) {
		st := storetest.Open(t)
		storetest.AddHook(t, st, "OrderChanged", "https://receiver.example/")
		storetest.Subscribe(t, st, storetest.Company, "kim@acme.example", wants(hook.AtOnce, hook.Information))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 2)
		for range 2 {
			n := &alert.Notifier{Store: st, Mailer: client, Log: slog.New(slog.DiscardHandler)}
			go func() { done <- n.Run(ctx) }()
		}
		for i := range 10 {
			storetest.Raise(t, st, string(rune('a'+i)), hook.Failure, time.Now())
			time.Sleep(11 * time.Second)
		}
		cancel()
		for range 2 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	})
	if n := len(smtp.Mails()); n != 10 {
		t.Errorf("%d mails came, want 10", n)
	}
}
