package account

import (
	"net/mail"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What CheckPassword and NormalEmail ask.
const (
	minPassword = 12  // characters
	maxPassword = 200 // bytes
	minDistinct = 5   // different characters
	minName     = 4   // characters; shorter parts of names are in many words
	minRest     = 5   // letters besides common words
	maxEmail    = 254 // bytes (RFC 5321, section 4.5.3.1.3, without the brackets)
)

// CheckPassword returns a *hook.Error of fault Invalid about the field
// "password" if a user with an e-mail address and a name, both of which may be
// empty, should not choose it: if it is too short or too long, or among the
// first that somebody would try. It asks for no digits and signs, which make
// passwords hard to remember rather than to guess (NIST SP 800-63B, section
// 5.1.1.2).
func CheckPassword(password, email, name string) error {
	lower := strings.ToLower(password)
	switch n := utf8.RuneCountInString(password); {
	case n == 0:
		return invalidField("password", "it is missing; choose one of 12 characters or more",
			"Das Passwort fehlt; wählen Sie eines mit mindestens 12 Zeichen.")
	case n < minPassword:
		return invalidField("password", "it is shorter than 12 characters; lengthen it, such as with words that don't belong together",
			"Das Passwort hat weniger als 12 Zeichen; verlängern Sie es, etwa um Wörter, die nicht zusammengehören.")
	case len(password) > maxPassword:
		return tooLong()
	case personal(lower, email, name):
		return invalidField("password", "it contains your name or e-mail address, which others would try first; choose words that have nothing to do with you",
			"Das Passwort enthält Ihren Namen oder Ihre E-Mail-Adresse, was andere zuerst versuchen würden; wählen Sie Wörter, die nichts mit Ihnen zu tun haben.")
	case monotonous(lower) || common(lower):
		return invalidField("password", "it is one of those that are tried first; choose words that don't belong together",
			"Das Passwort gehört zu denen, die zuerst versucht werden; wählen Sie Wörter, die nicht zusammengehören.")
	}
	return nil
}

func tooLong() error {
	return invalidField("password", "it is longer than 200 bytes; shorten it", "Das Passwort ist länger als 200 Bytes; kürzen Sie es.")
}

// invalidField returns an error of fault Invalid about one field.
func invalidField(field, reason, german string) error {
	var wrong problems
	wrong.add(field, reason, german)
	return wrong.err()
}

// personal reports whether a password has the local part of an e-mail address or
// a part of a name in it.
func personal(lower, email, name string) bool {
	local, _, _ := strings.Cut(strings.ToLower(email), "@")
	parts := append(strings.Fields(strings.ToLower(name)), local)
	return slices.ContainsFunc(parts, func(part string) bool {
		return utf8.RuneCountInString(part) >= minName && strings.Contains(lower, part)
	})
}

// monotonous reports whether a password has few different characters or is a
// row of them, forwards or backwards, as in the alphabet or on a keyboard.
func monotonous(lower string) bool {
	runes := []rune(lower)
	distinct := make(map[rune]bool)
	for _, r := range runes {
		distinct[r] = true
	}
	if len(distinct) < minDistinct {
		return true
	}
	slices.Reverse(runes)
	return slices.ContainsFunc([]string{
		"0123456789", "1234567890", "abcdefghijklmnopqrstuvwxyz", "1q2w3e4r5t6z7u8i9o0p", "1q2w3e4r5t6y7u8i9o0p",
		"1234567890qwertzuiopasdfghjklyxcvbnm", "1234567890qwertyuiopasdfghjklzxcvbnm",
		"qwertzuiopüasdfghjklöäyxcvbnm",
	}, func(row string) bool {
		row = strings.Repeat(row, 1+len(lower)/len(row)) + row // it may begin anew
		return strings.Contains(row, lower) || strings.Contains(row, string(runes))
	})
}

// common reports whether a password is a common word or several, in letters or
// in the digits and signs that look like them, with next to no letters besides.
func common(lower string) bool {
	// Byte for byte, so that places in one are places in the other.
	plain := strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "@", "a", "$", "s", "!", "i").Replace(lower)
	rest, found := []byte(lower), false
	for _, word := range commonWords() {
		for i := 0; i+len(word) <= len(plain); i++ {
			if plain[i:i+len(word)] == word {
				found = true
				copy(rest[i:], strings.Repeat(" ", len(word)))
			}
		}
	}
	letters := 0
	for _, r := range string(rest) {
		if unicode.IsLetter(r) {
			letters++
		}
	}
	return found && letters < minRest
}

// commonWords returns what people think of first, here and elsewhere.
func commonWords() []string {
	return []string{
		"password", "passwort", "kennwort", "passwd", "geheim", "secret", "admin", "administrator", "operator", "master",
		"welcome", "willkommen", "hallo", "hello", "letmein", "changeme", "default", "login", "access", "test", "user",
		"qwerty", "qwertz", "asdf", "yxcv", "zxcv", "abcdef", "abc", "iloveyou", "ichliebedich", "schatz", "sunshine",
		"princess", "dragon", "monkey", "football", "fussball", "baseball", "summer", "sommer", "winter", "spring",
		"herbst", "autumn", "januar", "january", "monday", "montag", "deutschland", "berlin", "company", "firma",
		"webhook", "waybill", "server", "superman", "batman", "starwars", "computer", "internet", "shadow", "trustno",
	}
}

// NormalEmail returns an e-mail address as it is stored and looked up: in lower
// case, without spaces around it. It returns a *hook.Error of fault Invalid
// about the field "email" if raw is not one address and nothing else (RFC 5322,
// section 3.4.1, without comments), or is longer than 254 bytes.
func NormalEmail(raw string) (string, error) {
	email := strings.ToLower(strings.TrimSpace(raw))
	if email == "" {
		return "", invalidField("email", "it is missing; write an address such as erika@shop.example",
			"Die E-Mail-Adresse fehlt; schreiben Sie eine wie erika@shop.example.")
	}
	if len(email) > maxEmail {
		return "", invalidField("email", "it is longer than 254 bytes; use a shorter address",
			"Die E-Mail-Adresse ist länger als 254 Bytes; verwenden Sie eine kürzere.")
	}
	if parsed, err := mail.ParseAddress(email); err != nil || parsed.Address != email || !utf8.ValidString(raw) {
		return "", invalidField("email", "it is not an e-mail address; write one without a name, such as erika@shop.example",
			"Das ist keine E-Mail-Adresse; schreiben Sie eine ohne Namen, etwa erika@shop.example.")
	}
	return email, nil
}
