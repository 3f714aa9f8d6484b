package seal

import (
	"bytes"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	aesgcmpb "github.com/tink-crypto/tink-go/v2/proto/aes_gcm_go_proto"
	"google.golang.org/protobuf/proto"
)

// MAC returns what proves that message is ours: HMAC-SHA256 (RFC 2104) with a key that
// is derived (HKDF, RFC 5869) from the newest one, for one purpose and no other. It
// begins with PrefixSize bytes that tell the key. Whoever has the same key set can
// check it.
func (k *Keys) MAC(purpose string, message []byte) ([]byte, error) {
	s, err := k.fresh()
	if err != nil {
		return nil, err
	}
	return s.mac(s.prefix(), purpose, message)
}

// CheckMAC reports whether mac is what MAC returned for the same purpose and message,
// also before the newest key was made.
func (k *Keys) CheckMAC(purpose string, message, mac []byte) (bool, error) {
	if len(mac) != PrefixSize+sha256.Size {
		return false, nil
	}
	k.mu.Lock()
	s := k.current
	k.mu.Unlock()
	if !s.has(mac) {
		var err error
		if s, err = k.fresh(); err != nil || !s.has(mac) {
			return false, err
		}
	}
	want, err := s.mac(mac[:PrefixSize], purpose, message)
	return err == nil && hmac.Equal(mac, want), err
}

// mac authenticates message with the key of a prefix, which is in the set.
func (s *set) mac(prefix []byte, purpose string, message []byte) ([]byte, error) {
	master, err := s.key(prefix)
	if err != nil {
		return nil, err
	}
	key, err := hkdf.Key(sha256.New, master, nil, "waybill: "+purpose, sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("derive a key: %w", err)
	}
	h := hmac.New(sha256.New, key)
	h.Write(message)
	return h.Sum(bytes.Clone(prefix)), nil
}

// key returns the bytes of the key of a prefix.
func (s *set) key(prefix []byte) ([]byte, error) {
	for _, key := range insecurecleartextkeyset.KeysetMaterial(s.handle).GetKey() {
		if !bytes.Equal(prefixOf(key.GetKeyId()), prefix) {
			continue
		}
		var k aesgcmpb.AesGcmKey
		if err := proto.Unmarshal(key.GetKeyData().GetValue(), &k); err != nil {
			return nil, ErrText // the reason may hold a part of the key
		}
		return k.GetKeyValue(), nil
	}
	return nil, ErrText
}
