package api

import (
	"bytes"
	"html/template"
)

// page is what browsers are shown in place of problem documents.
//
//nolint:gochecknoglobals // parsed from a constant and never changed after.
var page = template.Must(template.New("page").Parse(`<!DOCTYPE html>
<html lang="{{.Language}}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{.Title}}</title></head>
<body><main><h1>{{.Title}}</h1><p>{{.Text}}</p></main></body>
</html>
`))

// show answers with a page.
func (x *exchange) show(status int, language, title, text string) {
	var body bytes.Buffer
	if err := page.Execute(&body, struct{ Language, Title, Text string }{language, title, text}); err != nil {
		x.refuse(err)
		return
	}
	h := x.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", language)
	h.Set("Content-Security-Policy", "default-src 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	x.WriteHeader(status)
	_, _ = x.Write(body.Bytes()) // a client that is gone needs no page
}

// showRefusal answers a browser whose user could not be signed in.
func (x *exchange) showRefusal(err error) {
	p := problemOf(err)
	x.cause = p.cause
	language, title := "en", "You could not be signed in"
	if prefersGerman(x.request) {
		language, title = german, "Sie konnten nicht angemeldet werden"
	}
	x.show(p.Status, language, title, p.in(language == german).Detail)
}
