package alert

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/sign"
)

// mail sends alerts to a user, and returns why that failed, "" if it didn't.
func (n *Notifier) mail(ctx context.Context, u *hook.Subscriber, as []hook.Alert, id uuid.UUID) (reason string) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	m, err := letter{to: u, alerts: as, name: n.name, zone: n.zone, url: n.PublicURL}.write()
	if err == nil {
		m.ID = id.String()
		err = n.Mailer.Send(ctx, m)
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// name returns what a company is called.
func (n *Notifier) name(company string) string { return n.Store.Directory().Companies[company].Name }

// Test tells a channel that it works, and returns why that failed, fit to be shown
// to the company, or "" if it didn't. Nothing is stored.
func (n *Notifier) Test(ctx context.Context, c hook.Channel) (reason string) {
	id, err := uuid.NewV7()
	if err != nil {
		return "there is no ID for it: " + err.Error()
	}
	now := time.Now()
	return n.post(ctx, &c, []hook.Alert{{
		ID: id, Company: c.Company, Kind: testKind, Subject: c.ID.String(), Severity: hook.Information, Count: 1, FirstAt: now, LastAt: now,
		Text: "this is a test; alerts will come here", German: "Das ist ein Test; hierher werden Meldungen kommen.",
	}}, id, now)
}

// testKind is the kind of the alert that is told to test a channel.
const testKind hook.AlertKind = "test"

// post tells a channel of alerts, and returns why that failed, "" if it didn't. The
// ID tells attempts to tell the same from others.
func (n *Notifier) post(ctx context.Context, c *hook.Channel, as []hook.Alert, id uuid.UUID, now time.Time) (reason string) {
	if len(c.Locked) > 0 {
		return "a secret of the channel cannot be opened with this server's key set; set it anew, or have the right key set put there"
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	body, err := bulletin{channel: c, company: n.name(c.Company), alerts: as, url: n.PublicURL}.body()
	if err != nil {
		return err.Error()
	}
	r := hook.Request{Method: "POST", URL: string(c.URL), Body: body, Header: map[string][]string{"Content-Type": {"application/json"}}}
	if c.Kind == hook.WebhookChannel {
		r.Header["Webhook-Id"], r.Header["Webhook-Timestamp"] = []string{id.String()}, []string{strconv.FormatInt(now.Unix(), 10)}
		if c.Key != "" {
			if err := sign.Sign(&r, hook.Signing{Keys: []hook.SigningKey{{ID: hook.MACSecret, Kind: hook.V1, Secret: c.Key}}}); err != nil {
				return err.Error()
			}
		}
	}
	a := n.Sender.Send(ctx, r, &hook.Hook{Company: c.Company, URL: r.URL}, n.Store.Directory().Defaults[c.Company])
	switch {
	case a.Error != hook.NoError:
		return withoutURL(a.Reason, r.URL)
	case a.Status < 200 || a.Status > 299:
		return "the channel's server answered " + strconv.Itoa(a.Status) + "; check its URL, and that it still exists"
	}
	return ""
}

// withoutURL hides in a text what of a URL is secret.
func withoutURL(text, raw string) string {
	hidden := []string{raw}
	if u, err := url.Parse(raw); err == nil {
		hidden = append(hidden, u.RequestURI(), u.Path, u.RawQuery)
	}
	for _, part := range hidden {
		if len(part) > 1 {
			text = strings.ReplaceAll(text, part, hook.Secret(part).String())
		}
	}
	return text
}

// untellable words the alert that notifications were given up, of which nobody is
// told. The operator's people have none, as it would be of no company.
func untellable(m *hook.Message, reason string, at time.Time) *hook.Alert {
	a := &hook.Alert{Kind: hook.NotificationFailed, Severity: hook.Warning, LastAt: at}
	switch {
	case m.Channel != nil:
		a.Company, a.Subject = m.Channel.Company, m.Channel.ID.String()
		a.Text = fmt.Sprintf("alerts could not be told through the notification channel %q for a day: %s", m.Channel.Title, reason)
		a.German = fmt.Sprintf("Über den Benachrichtigungskanal „%s“ konnten einen Tag lang keine Meldungen übermittelt werden: %s", m.Channel.Title, reason)
	case m.Subscriber.Company == "":
		return nil
	default: // why, is for the operator to know
		a.Company, a.Subject = m.Subscriber.Company, hook.ByMail
		a.Text = fmt.Sprintf("alerts could not be told to %s by e-mail for a day; check the address, and ask the operator of this server", m.Subscriber.Email)
		a.German = fmt.Sprintf("Meldungen konnten einen Tag lang nicht per E-Mail an %s gesendet werden; prüfen Sie die Adresse und fragen Sie den Betreiber dieses Servers.",
			m.Subscriber.Email)
	}
	return a
}

// sorted returns alerts with the severest first.
func sorted(as []hook.Alert) []hook.Alert {
	out := slices.Clone(as)
	slices.SortStableFunc(out, func(a, b hook.Alert) int {
		switch {
		case a.Severity == b.Severity:
			return 0
		case a.Severity.Reaches(b.Severity):
			return -1
		default:
			return 1
		}
	})
	return out
}
