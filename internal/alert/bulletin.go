package alert

import (
	"encoding/json"
	"maps"
	"strings"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
)

// longest is how many bytes of an alert's text chats are shown: Teams takes 28 KB.
const longest = 300

// bulletin is what a channel is told.
type bulletin struct {
	channel *hook.Channel
	company string // its name
	alerts  []hook.Alert
	url     string // of this server
}

// body returns the bulletin in JSON, as what the channel leads to takes it.
func (b bulletin) body() ([]byte, error) {
	b.alerts = sorted(b.alerts)
	switch b.channel.Kind {
	case hook.SlackChannel:
		return json.Marshal(map[string]string{"text": b.slack()})
	case hook.TeamsChannel:
		return json.Marshal(b.teams())
	default:
		return json.Marshal(b.webhook())
	}
}

type told struct {
	Type    string      `json:"type"` // alerts or, to test the channel, test
	Company string      `json:"company"`
	Alerts  []toldAlert `json:"alerts"`
	URL     string      `json:"url"`
}

type toldAlert struct {
	ID       string            `json:"id"`
	Kind     string            `json:"kind"`
	Subject  string            `json:"subject"`
	Severity string            `json:"severity"`
	State    string            `json:"state"`
	Text     map[string]string `json:"text"` // by language
	Count    int               `json:"count"`
	FirstAt  time.Time         `json:"firstAt"`
	LastAt   time.Time         `json:"lastAt"`
}

func (b bulletin) webhook() told {
	t := told{Type: "alerts", Company: b.channel.Company, URL: b.url}
	for i := range b.alerts {
		a := &b.alerts[i]
		if a.Kind == testKind {
			t.Type = "test"
		}
		t.Alerts = append(t.Alerts, toldAlert{
			ID: a.ID.String(), Kind: string(a.Kind), Subject: a.Subject, Severity: string(a.Severity), State: string(a.State()),
			Text: map[string]string{"en": a.Text, "de": a.German}, Count: a.Count, FirstAt: a.FirstAt.UTC(), LastAt: a.LastAt.UTC(),
		})
	}
	return t
}

// slack returns the bulletin in Slack's mrkdwn, in which three characters have a
// meaning wherever they stand.
func (b bulletin) slack() string {
	plain := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	lines := []string{"*" + plain.Replace(clip(b.company, longest)) + "*"}
	for i := range b.alerts {
		a := &b.alerts[i]
		lines = append(lines, "• "+severityIn(b.channel.Language, a.Severity)+": "+plain.Replace(clip(textIn(b.channel.Language, a), longest)))
	}
	return strings.Join(append(lines, plain.Replace(b.url)), "\n")
}

// teams returns the bulletin as a message with an Adaptive Card (1.4). Its texts are
// runs, in which no character has a meaning.
func (b bulletin) teams() any {
	type object = map[string]any
	run := func(text string, more object) object {
		r := object{"type": "TextRun", "text": text}
		maps.Copy(r, more)
		return r
	}
	block := func(runs ...object) object { return object{"type": "RichTextBlock", "inlines": runs} }
	body := []object{block(run(clip(b.company, longest), object{"size": "medium", "weight": "bolder"}))}
	for i := range b.alerts {
		a := &b.alerts[i]
		color := map[hook.Severity]string{hook.Failure: "attention", hook.Warning: "warning"}[a.Severity]
		if color == "" {
			color = "default"
		}
		body = append(body, block(
			run(severityIn(b.channel.Language, a.Severity)+": ", object{"weight": "bolder", "color": color}),
			run(clip(textIn(b.channel.Language, a), longest), nil)))
	}
	return object{"type": "message", "attachments": []object{{
		"contentType": "application/vnd.microsoft.card.adaptive",
		"content": object{
			"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4", "body": body,
			"actions": []object{{"type": "Action.OpenUrl", "title": "Waybill", "url": b.url}},
		},
	}}}
}
