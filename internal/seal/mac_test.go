package seal_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/waybillhq/waybill/internal/seal"
)

const purpose = "download"

func mac(t *testing.T, k *seal.Keys, message string) []byte {
	t.Helper()
	m, err := k.MAC(purpose, []byte(message))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestAMessageIsAuthenticForOnePurposeAndUnchanged(t *testing.T) {
	t.Parallel()
	k := newKeys(t)
	m := mac(t, k, "message")
	if !bytes.Equal(m, mac(t, k, "message")) {
		t.Error("the same message has two MACs, want one")
	}
	if err := k.CheckMAC(purpose, []byte("message"), m); err != nil {
		t.Errorf("CheckMAC = %v, want nil", err)
	}
	for i := range m {
		changed := slices.Clone(m)
		changed[i] ^= 1
		if err := k.CheckMAC(purpose, []byte("message"), changed); !errors.Is(err, seal.ErrMAC) {
			t.Errorf("CheckMAC with byte %d changed = %v, want %v", i, err, seal.ErrMAC)
		}
	}
	other := newKeys(t)
	for name, err := range map[string]error{
		"another message":       k.CheckMAC(purpose, []byte("messagf"), m),
		"another purpose":       k.CheckMAC("upload", []byte("message"), m),
		"another key set":       other.CheckMAC(purpose, []byte("message"), m),
		"nothing":               k.CheckMAC(purpose, []byte("message"), nil),
		"its beginning":         k.CheckMAC(purpose, []byte("message"), m[:len(m)-1]),
		"something after it":    k.CheckMAC(purpose, []byte("message"), append(slices.Clone(m), 0)),
		"a sealed text of ours": k.CheckMAC(purpose, []byte("message"), sealed(t, k, "12345678")[:len(m)]),
	} {
		if !errors.Is(err, seal.ErrMAC) {
			t.Errorf("CheckMAC with %s = %v, want %v", name, err, seal.ErrMAC)
		}
	}
}

// Nodes share the file, and hear of a new key in their own time.
func TestNodesCheckEachOthersMACs(t *testing.T) {
	t.Parallel()
	one := create(t)
	two := load(t, one.Path())
	before := mac(t, one, "message")
	rotate(t, one)
	after := mac(t, one, "message")
	if bytes.Equal(before, after) {
		t.Error("the new key makes the MAC of the old one")
	}
	for name, m := range map[string][]byte{"the old key": before, "the new key": after} {
		for node, k := range map[string]*seal.Keys{"the node that rotated": one, "the other": two} {
			if err := k.CheckMAC(purpose, []byte("message"), m); err != nil {
				t.Errorf("CheckMAC of a MAC with %s on %s = %v, want nil", name, node, err)
			}
		}
	}
}
