package account

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
)

// NewKey returns a random key for a role, such as "wb_producer_…", with 130
// bits of chance.
func NewKey(r Role) string { return "wb_" + string(r) + "_" + rand.Text() }

// PrefixOf returns the part of a key that may be shown: all but the last 22
// characters, which leave 110 bits to guess.
func PrefixOf(key string) string { return key[:max(0, len(key)-22)] }

// NewToken returns a random token for a session or a link, with 130 bits of
// chance.
func NewToken() string { return rand.Text() }

// Digest returns what is stored of a key or token: its SHA-256 in hexadecimal.
// They are random and long, so that nothing slower is needed.
func Digest(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}
