// Package seal keeps secrets at rest: it seals texts with authenticated
// encryption (AES-256-GCM) under a set of keys, of which the newest seals and all
// open. A key set is kept in a file, which several processes may share, or given
// as a text. What is sealed begins with the number of its key, so that it can be
// told what is still to be sealed with the newest one.
package seal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// PrefixSize is how many bytes what is sealed begins with that tell its key.
const PrefixSize = 5

var (
	// ErrOpen says that something was not sealed with any key of the set, or not
	// in this context, or was damaged since.
	ErrOpen = errors.New("it is not sealed with any of the keys")
	// ErrText says that a text is not a key set.
	ErrText = errors.New("it is not a key set, or only a part of one")
	// ErrRotated says that the key set was changed since the caller looked.
	ErrRotated = errors.New("another process has just made a new key; run this again")
	// ErrYoung says that it is too soon to forget the keys before the newest.
	ErrYoung = errors.New("the newest key is less than an hour old, and a server may still store what it sealed with the one before; run this again later")
)

// Keys is a key set. Its methods are safe for concurrent use. One that is kept
// in a file notices when another process changes it: before it seals, and when
// it meets a key it doesn't know.
type Keys struct {
	path string // empty if it isn't kept in a file

	mu      sync.Mutex
	current *set
	state   os.FileInfo // of the file when current was read; nil without a file
}

// New returns a key set with one new key that is kept in memory only.
func New() (*Keys, error) {
	s, err := newSet()
	if err != nil {
		return nil, err
	}
	return &Keys{current: s}, nil
}

// Parse reads a key set as Text writes it; space around it doesn't matter. The
// error is ErrText if it isn't one, and never repeats the text.
func Parse(text string) (*Keys, error) {
	s, err := parseSet(text)
	if err != nil {
		return nil, err
	}
	return &Keys{current: s}, nil
}

// Load reads the key set that is kept in the file at path. The error is a
// *fs.PathError if it can't be read, and ErrText if it holds something else.
func Load(path string) (*Keys, error) {
	k := &Keys{path: path}
	if err := k.reload(); err != nil {
		return nil, err
	}
	return k, nil
}

// Create makes a file at path, for this user's eyes only, that keeps a key set
// with one new key. If there is a file already, the error is fs.ErrExist: of
// processes that start together one makes it, and the others can load it.
func Create(path string) (*Keys, error) {
	s, err := newSet()
	if err != nil {
		return nil, err
	}
	if err := createFile(path, s.text); err != nil {
		return nil, err
	}
	return Load(path)
}

// Exposed reports whether others than the file's owner can read it.
func (k *Keys) Exposed() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.state != nil && exposed(k.state)
}

// Path returns the name of the file, empty if the set isn't kept in one.
func (k *Keys) Path() string { return k.path }

// Seal seals plain with the newest key. Open must be given the same context,
// which says what it belongs to and is not kept in what is returned. It fails if
// the file is gone: what is sealed with keys that aren't kept is lost.
func (k *Keys) Seal(plain, context []byte) ([]byte, error) {
	s, err := k.fresh()
	if err != nil {
		return nil, err
	}
	return s.aead.Encrypt(plain, context)
}

// Open returns what was sealed in context, or ErrOpen.
func (k *Keys) Open(sealed, context []byte) ([]byte, error) {
	if len(sealed) < PrefixSize {
		return nil, ErrOpen
	}
	k.mu.Lock()
	s := k.current
	k.mu.Unlock()
	if !s.has(sealed) {
		var err error
		if s, err = k.fresh(); err != nil {
			return nil, err
		}
	}
	plain, err := s.aead.Decrypt(sealed, context)
	if err != nil {
		return nil, ErrOpen // Tink's reason says no more
	}
	return plain, nil
}

// Prefix returns the PrefixSize bytes that everything begins with which is
// sealed with the newest key.
func (k *Keys) Prefix() ([]byte, error) {
	s, err := k.fresh()
	if err != nil {
		return nil, err
	}
	return s.prefix(), nil
}

// Rotate adds a new key, which seals from now on; the others still open what they
// have sealed. It is kept, on the disk, when Rotate returns. If the newest key is
// no longer the one of prefix, the error is ErrRotated: of processes that rotate
// together one does.
func (k *Keys) Rotate(prefix []byte) error {
	return k.change(prefix, (*set).rotated)
}

// settled is how long after a rotation nothing is under way any more that was
// sealed before it.
const settled = time.Hour

// Forget forgets all keys but the newest. The caller has made sure that nothing is
// sealed with another one, in any database, while the newest was the one of
// prefix; if it no longer is, the error is ErrRotated. It is ErrYoung if the key
// set was changed less than an hour before now: whoever has just sealed something
// with a key that was replaced must still be able to store it.
func (k *Keys) Forget(prefix []byte, now time.Time) error {
	return k.change(prefix, func(s *set) (*set, error) {
		if k.state != nil && now.Sub(k.state.ModTime()) < settled {
			return nil, ErrYoung
		}
		return s.primaryOnly()
	})
}

// change puts what next makes of the set in its place, if its newest key is the
// one of prefix. The lock on k is held when next is called.
func (k *Keys) change(prefix []byte, next func(*set) (*set, error)) error {
	if k.path != "" {
		release, err := lockFile(k.path)
		if err != nil {
			return err
		}
		defer release()
	}
	s, err := k.fresh()
	if err != nil {
		return err
	}
	if string(s.prefix()) != string(prefix) {
		return ErrRotated
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if s, err = next(s); err != nil {
		return err
	}
	if k.path == "" {
		k.current = s
		return nil
	}
	if err := replaceFile(k.path, s.text); err != nil {
		return err
	}
	return k.read()
}

// Older returns how many keys there are besides the newest.
func (k *Keys) Older() (int, error) {
	s, err := k.fresh()
	if err != nil {
		return 0, err
	}
	return len(s.info.GetKeyInfo()) - 1, nil
}

// Rotated returns the text of a key set with all these keys and a new one, which
// seals. The set itself isn't changed.
func (k *Keys) Rotated() (string, error) {
	s, err := k.fresh()
	if err != nil {
		return "", err
	}
	if s, err = s.rotated(); err != nil {
		return "", err
	}
	return s.text, nil
}

// Newest returns the text of a key set with the newest of these keys alone. The
// set itself isn't changed.
func (k *Keys) Newest() (string, error) {
	s, err := k.fresh()
	if err != nil {
		return "", err
	}
	if s, err = s.primaryOnly(); err != nil {
		return "", err
	}
	return s.text, nil
}

// Text returns the keys as Parse reads them: letters, digits, - and _. Whoever
// has it can open everything.
func (k *Keys) Text() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.current.text
}

// fresh returns the key set as the file has it now.
func (k *Keys) fresh() (*set, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.path != "" {
		now, err := os.Stat(k.path)
		if err != nil {
			return nil, fmt.Errorf("look at the key set: %w", err)
		}
		if !same(now, k.state) {
			if err := k.read(); err != nil {
				return nil, err
			}
		}
	}
	return k.current, nil
}

// reload is read for those who don't hold the lock.
func (k *Keys) reload() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.read()
}

// read reads the file.
func (k *Keys) read() error {
	text, state, err := readFile(k.path)
	if err != nil {
		return fmt.Errorf("read the key set: %w", err)
	}
	s, err := parseSet(text)
	if err != nil {
		return fmt.Errorf("read the key set in %s: %w", k.path, err)
	}
	k.current, k.state = s, state
	return nil
}

// same reports whether a file is as it was: one that took its place is another,
// whatever its name.
func same(a, b os.FileInfo) bool {
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

// prefixOf returns what Tink puts before what a key has sealed: a version and
// the number of the key.
func prefixOf(id uint32) []byte {
	return binary.BigEndian.AppendUint32([]byte{1}, id)
}
