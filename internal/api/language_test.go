package api

import (
	"net/http"
	"strings"
	"testing"

	"github.com/waybillhq/waybill/internal/account"
)

func TestGermanIsForThoseWhoPreferIt(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]bool{
		"": false, "de": true, "DE-at": true, "en": false, "en, de": false, "de, en": true, "en;q=0.5, de;q=0.7": true,
		"de;q=0, en": false, "fr, de;q=0.2": true, "fr": false, "*": false, "nonsense;;q=": false,
		strings.Repeat("de-", 5000): false,
	} {
		r := &http.Request{Header: http.Header{"Accept-Language": {header}}}
		if got := prefersGerman(r); got != want {
			t.Errorf("prefersGerman(%.40q) = %t, want %t", header, got, want)
		}
	}
}

func TestInitials(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Kim Example": "KE", "kim": "K", "Émile van der Zee": "ÉZ", "": "O", " \t": "O", "\u200bA B": "B", "李 明": "李明", "\xff": "�",
	} {
		if got := initials(account.User{Name: name, Email: "owned@acme.example"}); got != want {
			t.Errorf("initials of %q = %q, want %q", name, got, want)
		}
	}
}
