package sign

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"strings"

	"github.com/waybillhq/waybill/internal/hook"
)

// How keys are written, as Standard Webhooks says: what stands before the base64.
const (
	secretPrefix  = "whsec_" // of a V1 secret
	privatePrefix = "whsk_"  // of a V1A private key
	publicPrefix  = "whpk_"  // of a V1A public key
)

// Bytes of a V1 secret, by Standard Webhooks.
const (
	minSecret = 24
	maxSecret = 64
	newSecret = 32
)

// NewKey returns a new key of the given kind, V1 or V1A, made by chance. Its ID
// and time are the caller's to set.
func NewKey(kind hook.SigningKind) hook.SigningKey {
	var seed [newSecret]byte
	_, _ = rand.Read(seed[:]) // never fails
	if kind == hook.V1A {
		return pair(ed25519.NewKeyFromSeed(seed[:]))
	}
	return hook.SigningKey{Kind: hook.V1, Secret: hook.Secret(encode(secretPrefix, seed[:]))}
}

// ReadKey returns the key of the given kind that a person gives as text, in the
// form that is stored. For V1 that is a secret of 24 to 64 bytes in standard
// base64, for V1A an Ed25519 private key, of which a seed of 32 bytes is enough
// (RFC 8032, section 5.1.5); the public key is derived from it. The prefix may be
// left out. Its ID and time are the caller's to set.
//
// An error is a *hook.Error of fault Invalid about field, or about the field
// "kind" beside it, and does not repeat the text.
func ReadKey(field string, kind hook.SigningKind, text hook.Secret) (hook.SigningKey, error) {
	trimmed := strings.TrimSpace(string(text))
	var wrong problems
	var key hook.SigningKey
	switch kind {
	case hook.V1:
		key = readSecret(&wrong, field, trimmed)
	case hook.V1A:
		key = readPrivate(&wrong, field, trimmed)
	default:
		wrong.add(field[:strings.LastIndexByte(field, '.')+1]+"kind", "there is no such kind of signature; choose v1 or v1a",
			"Diese Art von Signatur gibt es nicht; wählen Sie v1 oder v1a.")
	}
	if err := wrong.err(); err != nil {
		return hook.SigningKey{}, err
	}
	return key, nil
}

func readSecret(wrong *problems, field, text string) hook.SigningKey {
	if strings.HasPrefix(text, privatePrefix) || strings.HasPrefix(text, publicPrefix) {
		wrong.add(field, "it is a key for v1a; choose v1a, or write a secret that begins with whsec_",
			"Das ist ein Schlüssel für v1a; wählen Sie v1a oder schreiben Sie ein Geheimnis, das mit whsec_ beginnt.")
		return hook.SigningKey{}
	}
	secret, err := decode(nil, text, secretPrefix)
	switch {
	case text == "" || text == secretPrefix:
		wrong.add(field, "it is missing; write the secret, or have one made", "Das Geheimnis fehlt; schreiben Sie es oder lassen Sie eines erzeugen.")
	case err != nil:
		wrong.add(field, "it is not base64; write whsec_ and the base64 of 24 to 64 bytes, or have one made",
			"Das ist kein Base64; schreiben Sie whsec_ und das Base64 von 24 bis 64 Bytes oder lassen Sie ein Geheimnis erzeugen.")
	case len(secret) < minSecret || len(secret) > maxSecret:
		wrong.add(field, "it does not hold 24 to 64 bytes; write the base64 of so many, or have one made",
			"Das Geheimnis hat nicht 24 bis 64 Bytes; schreiben Sie das Base64 von so vielen oder lassen Sie eines erzeugen.")
	}
	return hook.SigningKey{Kind: hook.V1, Secret: hook.Secret(encode(secretPrefix, secret))}
}

func readPrivate(wrong *problems, field, text string) hook.SigningKey {
	if strings.HasPrefix(text, secretPrefix) || strings.HasPrefix(text, publicPrefix) {
		wrong.add(field, "it is not a private key; write the one that begins with whsk_, or have one made",
			"Das ist kein privater Schlüssel; schreiben Sie den, der mit whsk_ beginnt, oder lassen Sie einen erzeugen.")
		return hook.SigningKey{}
	}
	private, err := decode(nil, text, privatePrefix)
	switch {
	case text == "" || text == privatePrefix:
		wrong.add(field, "it is missing; write the private key, or have one made", "Der private Schlüssel fehlt; schreiben Sie ihn oder lassen Sie einen erzeugen.")
	case err != nil || len(private) != ed25519.SeedSize && len(private) != ed25519.PrivateKeySize:
		wrong.add(field, "it is not an Ed25519 key; write whsk_ and the base64 of its 64 or 32 bytes, or have one made",
			"Das ist kein Ed25519-Schlüssel; schreiben Sie whsk_ und das Base64 seiner 64 oder 32 Bytes oder lassen Sie einen erzeugen.")
	default:
		whole := ed25519.NewKeyFromSeed(private[:ed25519.SeedSize])
		if bytes.HasPrefix(whole, private) {
			return pair(whole)
		}
		// To sign with the public key of another pair would give the private one away.
		wrong.add(field, "its two halves don't belong together; copy the key again, or have one made",
			"Die beiden Hälften gehören nicht zusammen; kopieren Sie den Schlüssel noch einmal oder lassen Sie einen erzeugen.")
	}
	return hook.SigningKey{}
}

// pair returns the key of kind V1A that private is.
func pair(private ed25519.PrivateKey) hook.SigningKey {
	public := private[ed25519.SeedSize:]
	return hook.SigningKey{
		Kind: hook.V1A, Secret: hook.Secret(encode(privatePrefix, private)), Public: encode(publicPrefix, public),
	}
}

func encode(prefix string, key []byte) string { return prefix + base64.StdEncoding.EncodeToString(key) }

// decode appends to dst the bytes that text is the base64 of, after the prefix
// if it is there.
func decode(dst []byte, text, prefix string) ([]byte, error) {
	key, err := base64.StdEncoding.Strict().AppendDecode(dst, []byte(strings.TrimPrefix(text, prefix)))
	switch {
	case err != nil:
		return nil, errors.New("its secret is not base64") // err says where it is not
	case len(key) == 0:
		return nil, errors.New("its secret is missing")
	}
	return key, nil
}
