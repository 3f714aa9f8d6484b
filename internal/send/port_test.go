package send_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/waybillhq/waybill/internal/send"
)

// The ports that are refused without a setting are those that the documentation names.
func TestTheDocumentationNamesThePortsOfOtherServices(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "but\n  those of other services: ")
	list, _, found := strings.Cut(rest, ".\n")
	if !found {
		t.Fatal("docs/configuration.md has no list of ports")
	}
	named := make(map[uint16]bool)
	for item := range strings.FieldsFuncSeq(list, func(r rune) bool { return strings.ContainsRune(", \nand", r) }) {
		var first, last uint16
		if n, err := fmt.Sscanf(item, "%d–%d", &first, &last); n == 1 {
			last = first
		} else if err != nil {
			t.Errorf("%q is not a port: %v", item, err)
		}
		for port := first; port <= last; port++ {
			named[port] = true
		}
	}
	g := send.NewGuard(nil)
	for port := uint16(1); port != 0; port++ {
		if refused := g.CheckPort(port) != nil; refused != named[port] {
			t.Errorf("port %d is refused: %t, and in the documentation: %t", port, refused, named[port])
		}
	}
}
