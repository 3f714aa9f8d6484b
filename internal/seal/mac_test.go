package seal_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/waybillhq/waybill/internal/seal"
)

const purpose = "download"

// mac authenticates a message.
func mac(t *testing.T, k *seal.Keys) []byte {
	t.Helper()
	m, err := k.MAC(purpose, []byte("message"))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestAMessageIsAuthenticForOnePurposeAndUnchanged(t *testing.T) {
	t.Parallel()
	k := newKeys(t)
	m := mac(t, k)
	if !bytes.Equal(m, mac(t, k)) {
		t.Error("the same message has two MACs, want one")
	}
	check(t, "itself", k, purpose, "message", m, true)
	for i := range m {
		changed := slices.Clone(m)
		changed[i] ^= 1
		check(t, fmt.Sprintf("one with byte %d changed", i), k, purpose, "message", changed, false)
	}
	check(t, "that of another message", k, purpose, "messagf", m, false)
	check(t, "that for another purpose", k, "upload", "message", m, false)
	check(t, "that of another key set", newKeys(t), purpose, "message", m, false)
	check(t, "nothing", k, purpose, "message", nil, false)
	check(t, "its beginning", k, purpose, "message", m[:len(m)-1], false)
	check(t, "something longer", k, purpose, "message", append(slices.Clone(m), 0), false)
	check(t, "what was sealed", k, purpose, "message", sealed(t, k, "12345678")[:len(m)], false)
}

func check(t *testing.T, name string, k *seal.Keys, purpose, message string, m []byte, want bool) {
	t.Helper()
	if got, err := k.CheckMAC(purpose, []byte(message), m); got != want || err != nil {
		t.Errorf("CheckMAC of %s = %v, %v, want %v", name, got, err, want)
	}
}

// Nodes share the file, and hear of a new key in their own time.
func TestNodesCheckEachOthersMACs(t *testing.T) {
	t.Parallel()
	one := create(t)
	two := load(t, one.Path())
	before := mac(t, one)
	rotate(t, one)
	after := mac(t, one)
	if bytes.Equal(before, after) {
		t.Error("the new key makes the MAC of the old one")
	}
	for name, m := range map[string][]byte{"the old key": before, "the new key": after} {
		for node, k := range map[string]*seal.Keys{"the node that rotated": one, "the other": two} {
			check(t, "one with "+name+" on "+node, k, purpose, "message", m, true)
		}
	}
}
