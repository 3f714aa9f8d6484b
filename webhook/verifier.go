// Package webhook is for those who receive Waybill's webhooks. It verifies that
// a request comes from the Waybill that it should, was not changed on the way
// and is not an old one sent again; and it decodes the bodies.
//
// A receiver verifies, looks whether it has seen the delivery's ID before,
// stores what came, and only then answers 2xx: see the example. It has to expect
// that a delivery comes more than once.
//
// Requests are signed as Standard Webhooks 1.0 says, by a shared secret (v1) or
// a pair of keys (v1a): use a Verifier. Or by an HMAC of the body alone in a
// header of its own, without time and ID: use an HMAC.
package webhook

import (
	"cmp"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// What is wrong with a request, for errors.Is.
var (
	ErrHeader    = errors.New("a header is missing or cannot be read")
	ErrSignature = errors.New("no signature matches")
	ErrTooOld    = errors.New("the request is too old")
	ErrTooNew    = errors.New("the request is from the future")
	ErrTooLarge  = errors.New("the body is too large")
)

// The headers of Standard Webhooks.
const (
	idHeader        = "Webhook-Id"
	timestampHeader = "Webhook-Timestamp"
	signatureHeader = "Webhook-Signature"
)

const (
	defaultTolerance = 5 * time.Minute
	maxSignatures    = 32 // that are looked at, since each costs time and anyone can send them
)

// Verifier verifies requests that are signed as Standard Webhooks 1.0 says. Its
// fields may be set before the first use. After that it is safe for concurrent
// use.
type Verifier struct {
	// Tolerance is how far the request's time may be from now, in both
	// directions; 0 means 5 minutes. It is what keeps others from sending an old
	// request again, together with the IDs that the receiver has seen.
	Tolerance time.Duration
	// MaxBody is how many bytes of a body Request reads; 0 means 2 MiB.
	MaxBody int64
	// Now is the clock; nil means time.Now.
	Now func() time.Time

	secrets [][]byte
	publics []ed25519.PublicKey
}

// NewVerifier returns a Verifier that accepts what any of the keys has signed:
// secrets ("whsec_" and base64) and public keys ("whpk_" and base64). Give it the
// old and the new one while the sender goes from one to the other. Space around a
// key, such as the end of a file's line, is left out.
//
// An error tells which of the keys can't be used, and does not show it.
func NewVerifier(keys ...string) (*Verifier, error) {
	if len(keys) == 0 {
		return nil, errors.New("webhook: no key is given to verify with")
	}
	v := &Verifier{}
	for i, key := range keys {
		if err := v.add(strings.TrimSpace(key)); err != nil {
			return nil, fmt.Errorf("webhook: key %d of %d %w", i+1, len(keys), err)
		}
	}
	return v, nil
}

// add adds a key; its errors read well after "key 1".
func (v *Verifier) add(key string) error {
	if key == "" {
		return errors.New("is empty")
	}
	if strings.HasPrefix(key, "whsk_") {
		return errors.New("is a private key, which is the sender's alone; give the public one, which begins with whpk_")
	}
	text, isPublic := strings.CutPrefix(key, "whpk_")
	raw, err := base64.StdEncoding.Strict().DecodeString(strings.TrimPrefix(text, "whsec_"))
	switch {
	case err != nil:
		return errors.New("is not whsec_ or whpk_ and standard base64")
	case isPublic && len(raw) != ed25519.PublicKeySize:
		return fmt.Errorf("has %d bytes; a public key has %d", len(raw), ed25519.PublicKeySize)
	case isPublic:
		v.publics = append(v.publics, raw)
	case len(raw) < 24 || len(raw) > 64:
		return fmt.Errorf("has %d bytes; a secret has 24 to 64", len(raw))
	default:
		v.secrets = append(v.secrets, raw)
	}
	return nil
}

// Message is a request whose signature was right.
type Message struct {
	ID      string    // of the delivery, the same in each attempt: what comes again has it again
	SentAt  time.Time // when the attempt was begun, to the second
	Attempt int       // counted from 1; not signed; 0 if the sender doesn't say
	Body    []byte    // as it came; see Decode
}

// Verify returns the message that header and body are, if one of its signatures
// is right for one of the keys and its time is near enough. The body must be as it
// came, to the byte: neither decoded and encoded again nor trimmed. It shares the
// body.
//
// The error says what is wrong and is ErrHeader, ErrSignature, ErrTooOld or
// ErrTooNew. A signature that is right but too old is told apart from one that is
// wrong.
func (v *Verifier) Verify(header http.Header, body []byte) (Message, error) {
	id, err := single(header, idHeader)
	if err != nil {
		return Message{}, err
	}
	timestamp, err := single(header, timestampHeader)
	if err != nil {
		return Message{}, err
	}
	if strings.Contains(id, ".") {
		// Or the same signature would fit another ID and time.
		return Message{}, fmt.Errorf("%w: %s must not have a full stop", ErrHeader, idHeader)
	}
	seconds, err := strconv.ParseUint(timestamp, 10, 62)
	if err != nil {
		return Message{}, fmt.Errorf("%w: %s is %.40q, not a number of seconds", ErrHeader, timestampHeader, timestamp)
	}
	signatures := header.Values(signatureHeader)
	if len(signatures) == 0 {
		return Message{}, missing(signatureHeader)
	}
	if err := v.match(strings.Join(signatures, " "), id+"."+timestamp+".", body); err != nil {
		return Message{}, err
	}
	m := Message{ID: id, SentAt: time.Unix(int64(seconds), 0), Body: body}
	if err := v.near(m.SentAt); err != nil {
		return Message{}, err
	}
	if attempt, err := strconv.Atoi(header.Get("Webhook-Attempt")); err == nil && attempt > 0 {
		m.Attempt = attempt
	}
	return m, nil
}

// single returns the value of a header that must be there once.
func single(header http.Header, name string) (string, error) {
	values := header.Values(name)
	switch {
	case len(values) == 0 || values[0] == "":
		return "", missing(name)
	case len(values) > 1:
		return "", fmt.Errorf("%w: %s is there %d times", ErrHeader, name, len(values))
	}
	return values[0], nil
}

func missing(name string) error { return fmt.Errorf("%w: there is no %s", ErrHeader, name) }

// match returns nil if one of the signatures is right for one of the keys.
func (v *Verifier) match(signatures, head string, body []byte) error {
	message := append([]byte(head), body...)
	wanted := make([][]byte, len(v.secrets))
	for i, secret := range v.secrets {
		mac := hmac.New(sha256.New, secret)
		mac.Write(message)
		wanted[i] = mac.Sum(nil)
	}
	known, seen := 0, 0
	for signature := range strings.FieldsSeq(signatures) {
		if seen++; seen > maxSignatures {
			break
		}
		scheme, text, _ := strings.Cut(signature, ",")
		raw, err := base64.StdEncoding.Strict().DecodeString(text)
		if err != nil {
			continue
		}
		switch {
		case scheme == "v1" && len(v.secrets) > 0:
			known++
			for _, sum := range wanted {
				if hmac.Equal(raw, sum) {
					return nil
				}
			}
		case scheme == "v1a" && len(v.publics) > 0:
			known++
			for _, public := range v.publics {
				if ed25519.Verify(public, message, raw) {
					return nil
				}
			}
		}
	}
	if known == 0 {
		return fmt.Errorf("%w: %s has none of the kind that there is a key for", ErrSignature, signatureHeader)
	}
	return fmt.Errorf("%w: the key is another one, or what was signed was changed", ErrSignature)
}

// near returns an error if the time at is further from now than is tolerated.
func (v *Verifier) near(at time.Time) error {
	now, tolerance := time.Now, cmp.Or(v.Tolerance, defaultTolerance)
	if v.Now != nil {
		now = v.Now
	}
	age := now().Sub(at)
	far := age.Abs()
	switch {
	case far <= tolerance:
		return nil
	case age > 0:
		return fmt.Errorf("%w: it was sent %s ago, and %s are tolerated", ErrTooOld, far.Round(time.Second), tolerance)
	default:
		return fmt.Errorf("%w: it is from %s ahead, and %s are tolerated; check the clocks", ErrTooNew, far.Round(time.Second), tolerance)
	}
}
