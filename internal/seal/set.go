package seal

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	tinkpb "github.com/tink-crypto/tink-go/v2/proto/tink_go_proto"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// set is a key set at one moment. It is never changed.
type set struct {
	handle *keyset.Handle
	aead   tink.AEAD
	info   *tinkpb.KeysetInfo
	text   string
}

// maxText is the longest text of a key set: one of hundreds of keys.
const maxText = 64 << 10

var errTooMany = errors.New("the key set has as many keys as it can have; forget the older ones first")

// aesGCM names the one kind of key that a set may have.
const aesGCM = "type.googleapis.com/google.crypto.tink.AesGcmKey"

func newSet() (*set, error) { return added(keyset.NewManager()) }

// rotated returns the set with one more key, which seals.
func (s *set) rotated() (*set, error) {
	return added(keyset.NewManagerFromHandle(s.handle))
}

func added(m *keyset.Manager) (*set, error) {
	id, err := m.Add(aead.AES256GCMKeyTemplate())
	if err == nil {
		err = m.SetPrimary(id)
	}
	if err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	return fromManager(m)
}

// primaryOnly returns the set with none but the newest key.
func (s *set) primaryOnly() (*set, error) {
	m := keyset.NewManagerFromHandle(s.handle)
	for _, key := range s.info.GetKeyInfo() {
		if key.GetKeyId() != s.info.GetPrimaryKeyId() {
			if err := m.Delete(key.GetKeyId()); err != nil {
				return nil, fmt.Errorf("forget a key: %w", err)
			}
		}
	}
	return fromManager(m)
}

func fromManager(m *keyset.Manager) (*set, error) {
	handle, err := m.Handle()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := insecurecleartextkeyset.Write(handle, keyset.NewBinaryWriter(&b)); err != nil {
		return nil, err
	}
	text := base64.RawURLEncoding.EncodeToString(b.Bytes())
	if len(text) > maxText {
		return nil, errTooMany // nobody could read it again
	}
	return fromHandle(handle, text)
}

// parseSet reads a text of Tink's binary form (its message Keyset) in base64url
// without padding (RFC 4648, section 5).
func parseSet(text string) (*set, error) {
	text = strings.TrimSpace(text)
	if len(text) > maxText {
		return nil, ErrText
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, ErrText
	}
	handle, err := insecurecleartextkeyset.Read(keyset.NewBinaryReader(bytes.NewReader(b)))
	if err != nil {
		return nil, ErrText // Tink's reason may hold a part of the key
	}
	return fromHandle(handle, text)
}

// fromHandle refuses all but keys that New and Rotate make.
func fromHandle(handle *keyset.Handle, text string) (*set, error) {
	info := handle.KeysetInfo()
	ids := make(map[uint32]bool)
	for _, key := range info.GetKeyInfo() {
		if key.GetTypeUrl() != aesGCM || key.GetStatus() != tinkpb.KeyStatusType_ENABLED ||
			key.GetOutputPrefixType() != tinkpb.OutputPrefixType_TINK || ids[key.GetKeyId()] {
			return nil, ErrText
		}
		ids[key.GetKeyId()] = true
	}
	if !ids[info.GetPrimaryKeyId()] {
		return nil, ErrText
	}
	primitive, err := aead.New(handle)
	if err != nil {
		return nil, ErrText
	}
	return &set{handle: handle, aead: primitive, info: info, text: text}, nil
}

// prefix is what everything begins with that the newest key has sealed.
func (s *set) prefix() []byte { return prefixOf(s.info.GetPrimaryKeyId()) }

// has reports whether sealed names a key of the set.
func (s *set) has(sealed []byte) bool {
	for _, key := range s.info.GetKeyInfo() {
		if bytes.HasPrefix(sealed, prefixOf(key.GetKeyId())) {
			return true
		}
	}
	return false
}
