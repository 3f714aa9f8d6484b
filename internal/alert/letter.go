package alert

import (
	htmltemplate "html/template"
	"strconv"
	"strings"
	texttemplate "text/template"
	"time"

	"github.com/waybillhq/waybill/internal/hook"
)

// letter is a mail to a user about alerts.
type letter struct {
	to     *hook.Subscriber
	alerts []hook.Alert
	name   func(company string) string
	zone   func(company string) *time.Location
	url    string // of this server
}

// Both templates say the same.
//
//nolint:gochecknoglobals // parsed from constants and never changed after.
var (
	plain = texttemplate.Must(texttemplate.New("plain").Parse(`{{range .Items}}{{if .Company}}{{.Company}}
{{end}}{{.Severity}}: {{.Text}}
{{.Times}}{{if .Note}}
{{.Note}}{{end}}

{{end}}{{.URL}}

{{.Why}}
`))
	marked = htmltemplate.Must(htmltemplate.New("marked").Parse(`<!DOCTYPE html>
<html lang="{{.Language}}">
<head><meta charset="utf-8"><title>{{.Subject}}</title></head>
<body>
{{range .Items}}{{if .Company}}<h2>{{.Company}}</h2>
{{end}}<p><strong>{{.Severity}}:</strong> {{.Text}}<br>{{.Times}}{{if .Note}}<br>{{.Note}}{{end}}</p>
{{end}}<p><a href="{{.URL}}">{{.URL}}</a></p>
<p><small>{{.Why}}</small></p>
</body>
</html>
`))
)

// letterPage is what the templates show.
type letterPage struct {
	Language, Subject, URL, Why string
	Items                       []letterItem
}

type letterItem struct {
	Company  string // its name, if the reader looks after several
	Severity string
	Text     string
	Times    string
	Note     string
}

// write returns the mail, in the user's language, with the severest alerts first.
func (l letter) write() (hook.Mail, error) {
	as := sorted(l.alerts)
	p := letterPage{Language: l.to.Language, Subject: l.subject(as), URL: l.url, Why: l.why()}
	for i := range as {
		p.Items = append(p.Items, l.item(&as[i]))
	}
	var text, html strings.Builder
	if err := plain.Execute(&text, p); err != nil {
		return hook.Mail{}, err
	}
	if err := marked.Execute(&html, p); err != nil {
		return hook.Mail{}, err
	}
	return hook.Mail{To: l.to.Email, Subject: p.Subject, Text: text.String(), HTML: html.String()}, nil
}

// subject says what matters, and whose it is.
func (l letter) subject(as []hook.Alert) string {
	s := "Waybill: " + summary(l.to.Language, as)
	if l.to.Company != "" {
		return s
	}
	for i := range as {
		if as[i].Company != as[0].Company {
			return s
		}
	}
	return s + " (" + clip(l.name(as[0].Company), 100) + ")"
}

func (l letter) item(a *hook.Alert) letterItem {
	i := letterItem{Severity: severityIn(l.to.Language, a.Severity), Text: textIn(l.to.Language, a)}
	if l.to.Company == "" {
		i.Company = l.name(a.Company)
	}
	last := a.LastAt.In(l.zone(a.Company))
	if l.to.Language == german {
		i.Times = last.Format("02.01.2006 15:04 MST")
	} else {
		i.Times = last.Format("2 January 2006 15:04 MST")
	}
	if a.Count > 1 && l.to.Language == german {
		i.Times = strconv.Itoa(a.Count) + "-mal, zuletzt am " + i.Times
	} else if a.Count > 1 {
		i.Times = strconv.Itoa(a.Count) + " times, last on " + i.Times
	}
	if k := a.Acknowledged; a.State() == hook.AlertAcknowledged {
		i.Note = "acknowledged by " + k.By
		if l.to.Language == german {
			i.Note = "quittiert von " + k.By
		}
		if k.Note != "" {
			i.Note += ": " + k.Note
		}
	}
	return i
}

// why says why the user gets this mail.
func (l letter) why() string {
	how := map[hook.Often][2]string{
		hook.AtOnce: {"at once", "sofort"}, hook.Hourly: {"once an hour", "stündlich"}, hook.Daily: {"once a day", "täglich"},
	}[l.to.Often]
	if l.to.Language == german {
		return "Sie erhalten " + how[1] + " Nachricht über Meldungen; das können Sie in Ihrem Profil ändern."
	}
	return "You are told of alerts " + how[0] + "; you can change that in your profile."
}
