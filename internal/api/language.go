package api

import (
	"net/http"

	"golang.org/x/text/language"
)

const german = "de"

// languages are those that answers are written in; the first is for all who
// want neither.
//
//nolint:gochecknoglobals // built from constants and never changed after.
var languages = language.NewMatcher([]language.Tag{language.English, language.German})

// prefersGerman reports whether a request's Accept-Language (RFC 9110, section
// 12.5.4) prefers German to English. English is for all others.
func prefersGerman(r *http.Request) bool {
	header := r.Header.Get("Accept-Language")
	if header == "" {
		return false
	}
	_, best := language.MatchStrings(languages, header)
	return best == 1
}

// germanTitle is the status of a problem document in words.
func germanTitle(status int) string {
	switch status {
	case http.StatusUnauthorized:
		return "Nicht angemeldet"
	case http.StatusForbidden:
		return "Nicht erlaubt"
	case http.StatusNotFound:
		return "Nicht gefunden"
	case http.StatusConflict:
		return "Konflikt"
	case http.StatusRequestEntityTooLarge:
		return "Zu groß"
	case http.StatusUnprocessableEntity:
		return "Ungültige Eingabe"
	case http.StatusTooManyRequests:
		return "Zu viele Anfragen"
	}
	return http.StatusText(status)
}
