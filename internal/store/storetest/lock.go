package storetest

import (
	"sync/atomic"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/seal"
)

// Lock is a sealer that can be kept from opening a secret, as if it were sealed
// with a key that isn't there.
type Lock struct {
	*seal.Keys
	locked atomic.Value // of hook.Secret
}

// Lock keeps the secret from being opened, and no other one; an empty one is none.
func (l *Lock) Lock(secret hook.Secret) { l.locked.Store(secret) }

// Open returns what was sealed, or seal.ErrOpen.
func (l *Lock) Open(sealed, context []byte) ([]byte, error) {
	plain, err := l.Keys.Open(sealed, context)
	if err == nil && len(plain) > 0 && l.locked.Load() == hook.Secret(plain) {
		return nil, seal.ErrOpen
	}
	return plain, err
}
