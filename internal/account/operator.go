// Package account decides who may do what. For now there is one who may do
// everything: the operator, who is known by a key.
package account

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
)

// NewOperatorKey returns a random key with 130 bits or more of chance.
func NewOperatorKey() string { return "wb_op_" + rand.Text() }

// Digest returns what is stored of a key: its SHA-256 in hexadecimal. A key is
// random and long, so that nothing slower is needed.
func Digest(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// Operator knows the operator's key by its digest.
type Operator struct{ Digest string }

// Allows reports whether key is the operator's, in a time that tells nothing
// about it.
func (o Operator) Allows(key string) bool {
	return key != "" && subtle.ConstantTimeCompare([]byte(Digest(key)), []byte(o.Digest)) == 1
}
