// Package sign signs requests, so that receivers can tell that they come from
// Waybill and were not changed on the way: as Standard Webhooks 1.0 says, and by
// a plain HMAC of the body. It makes and checks the keys for that too. It is pure
// but for the chance that new keys are made of.
package sign

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // G505: old receivers know no other, and an HMAC with it is not broken (RFC 6194)
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"hash"
	"net/textproto"

	"github.com/waybillhq/waybill/internal/hook"
)

// The headers of Standard Webhooks.
const (
	idHeader        = "Webhook-Id"
	timestampHeader = "Webhook-Timestamp"
	signatureHeader = "Webhook-Signature"
)

// Sign adds to r's header the signatures that s asks for, and nothing if it asks
// for none.
//
// The keys of Standard Webhooks sign the ID, the time and the body, with full
// stops between them. The first two are r's headers Webhook-Id and
// Webhook-Timestamp, which must be there. Webhook-Signature gets a signature for
// each key, in order and with spaces between them. The plain HMAC is of the body
// alone and gets a header of its own.
//
// An error is a *hook.Error that says in words which key can't be used, or that
// the HMAC's header is there already; r is then as it was. It is safe for
// concurrent use.
func Sign(r *hook.Request, s hook.Signing) error {
	var standard, name, plain string
	var err error
	if len(s.Keys) > 0 {
		if standard, err = signatures(r, s.Keys); err != nil {
			return err
		}
	}
	if s.HMAC.Set() {
		name = textproto.CanonicalMIMEHeaderKey(s.HMAC.Header)
		if _, ok := r.Header[name]; ok || name == signatureHeader {
			return hook.Errorf(hook.Invalid, "the signature's header %.80q is there already; give it another name", name)
		}
		if plain, err = plainHMAC(r.Body, s.HMAC); err != nil {
			return err
		}
		r.Header[name] = []string{plain}
	}
	if standard != "" {
		r.Header[signatureHeader] = []string{standard}
	}
	return nil
}

// signatures returns the value of Webhook-Signature.
func signatures(r *hook.Request, keys []hook.SigningKey) (string, error) {
	id, at := first(r.Header[idHeader]), first(r.Header[timestampHeader])
	if id == "" || at == "" {
		return "", hook.Errorf(hook.Invalid, "there is no %s or no %s to sign", idHeader, timestampHeader)
	}
	message := make([]byte, 0, len(id)+len(at)+len(r.Body)+2)
	message = append(message, id...)
	message = append(message, '.')
	message = append(message, at...)
	message = append(message, '.')
	message = append(message, r.Body...)

	value := make([]byte, 0, 96*len(keys))
	for i, k := range keys {
		if i > 0 {
			value = append(value, ' ')
		}
		var err error
		if value, err = appendSignature(value, message, k); err != nil {
			return "", hook.Errorf(hook.Invalid, "the signing key %.80q can't be used: %v; replace it", k.ID, err)
		}
	}
	return string(value), nil
}

// first returns the first of a header's values, or "".
func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

// appendSignature appends the scheme of k and its signature of message to dst.
func appendSignature(dst, message []byte, k hook.SigningKey) ([]byte, error) {
	var space [maxSecret + 2]byte // decoding looks at whole groups of three
	switch k.Kind {
	case hook.V1:
		key, err := decode(space[:0], string(k.Secret), secretPrefix)
		if err != nil {
			return nil, err
		}
		mac := hmac.New(sha256.New, key)
		mac.Write(message)
		var sum [sha256.Size]byte
		return base64.StdEncoding.AppendEncode(append(dst, "v1,"...), mac.Sum(sum[:0])), nil
	case hook.V1A:
		key, err := decode(space[:0], string(k.Secret), privatePrefix)
		if err != nil {
			return nil, err
		}
		if len(key) != ed25519.PrivateKeySize {
			return nil, errors.New("its secret is not a whole private key")
		}
		return base64.StdEncoding.AppendEncode(append(dst, "v1a,"...), ed25519.Sign(key, message)), nil
	}
	return nil, errors.New("its kind is neither v1 nor v1a")
}

// plainHMAC returns the value of the header that m names.
func plainHMAC(body []byte, m hook.HMAC) (string, error) {
	newHash := hashOf(m.Algorithm)
	if newHash == nil || m.Secret == "" || m.Encoding != "hex" && m.Encoding != "base64" {
		return "", hook.Errorf(hook.Invalid,
			"the body can't be signed for the header %.80q: algorithm, encoding or secret is missing; set it up anew", m.Header)
	}
	mac := hmac.New(newHash, []byte(m.Secret))
	mac.Write(body)
	var space [sha512.Size]byte
	sum := mac.Sum(space[:0])
	value := make([]byte, 0, len(m.Prefix)+hex.EncodedLen(len(sum)))
	value = append(value, m.Prefix...)
	if m.Encoding == "hex" {
		value = hex.AppendEncode(value, sum)
	} else {
		value = base64.StdEncoding.AppendEncode(value, sum)
	}
	return string(value), nil
}

// hashOf returns what makes the hash with the given name, or nil.
func hashOf(algorithm string) func() hash.Hash {
	switch algorithm {
	case "sha256":
		return sha256.New
	case "sha512":
		return sha512.New
	case "sha1":
		return sha1.New
	}
	return nil
}
