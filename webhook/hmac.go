package webhook

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // G505: some receivers know no other, and an HMAC with it is not broken (RFC 6194)
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"net/http"
	"strings"
)

var errUnusable = errors.New("webhook: the HMAC needs a header, a secret, sha256, sha512 or sha1, and hex or base64")

// HMAC verifies requests whose body is signed by an HMAC of it alone. It does not
// vouch for the headers, so a receiver cannot tell by it how old a request is:
// prefer a Verifier where the sender can be set up for it. It is safe for
// concurrent use.
type HMAC struct {
	Header    string // the name of the header with the signature
	Prefix    string // what stands before the signature, such as "sha256="
	Algorithm string // "sha256", also if it is empty, "sha512" or "sha1"
	Encoding  string // "hex", also if it is empty, or "base64"
	Secret    string // its bytes are the key
	MaxBody   int64  // bytes of a body that Request reads; 0 means 2 MiB
}

// Verify returns nil if the header has a right signature of the body, which must
// be as it came, to the byte. The error says what is wrong and is ErrHeader or
// ErrSignature. Another error means that h itself can't be used.
func (h HMAC) Verify(header http.Header, body []byte) error {
	newHash := h.hash()
	if newHash == nil || h.Header == "" || h.Secret == "" || h.Encoding != "" && h.Encoding != "hex" && h.Encoding != "base64" {
		return errUnusable
	}
	value, err := single(header, h.Header)
	if err != nil {
		return err
	}
	text, ok := strings.CutPrefix(value, h.Prefix)
	if !ok {
		return fmt.Errorf("%w: %s does not begin with %q", ErrHeader, h.Header, h.Prefix)
	}
	var sum []byte
	if h.Encoding == "base64" {
		sum, err = base64.StdEncoding.Strict().DecodeString(text)
	} else {
		sum, err = hex.DecodeString(text)
	}
	mac := hmac.New(newHash, []byte(h.Secret))
	if err != nil || len(sum) != mac.Size() {
		return fmt.Errorf("%w: %s is not an HMAC by %s in %s", ErrHeader, h.Header, cmp.Or(h.Algorithm, "sha256"), cmp.Or(h.Encoding, "hex"))
	}
	mac.Write(body)
	if !hmac.Equal(sum, mac.Sum(nil)) {
		return fmt.Errorf("%w: the secret is another one, or the body was changed", ErrSignature)
	}
	return nil
}

// Request reads r's body and verifies it as Verify does. It fails with
// ErrTooLarge if the body is longer than MaxBody, and as reading does if the body
// does not arrive whole.
func (h HMAC) Request(r *http.Request) (body []byte, err error) {
	if body, err = read(r, h.MaxBody); err != nil {
		return nil, err
	}
	if err := h.Verify(r.Header, body); err != nil {
		return nil, err
	}
	return body, nil
}

// hash returns what makes the hash, or nil if there is no such algorithm.
func (h HMAC) hash() func() hash.Hash {
	switch h.Algorithm {
	case "", "sha256":
		return sha256.New
	case "sha512":
		return sha512.New
	case "sha1":
		return sha1.New
	}
	return nil
}
