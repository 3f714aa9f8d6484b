package opentrans_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/waybillhq/waybill/internal/opentrans"
)

var update = flag.Bool("update", false, "write what is now written into testdata")

// TestSamples reads what systems of different manners send, one document of each
// kind, and compares both forms that are made of it with what was made before.
func TestSamples(t *testing.T) {
	t.Parallel()
	for _, kind := range opentrans.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			name := strings.ToLower(kind.Root())
			in := sample(t, name+".xml")
			d := mustRead(t, in)
			if d.Kind != kind {
				t.Errorf("the kind is %s, want %s", d.Kind, kind)
			}
			golden(t, name+".golden.xml", mustWrite(t, d))
			text, err := json.MarshalIndent(d, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name+".golden.json", append(text, '\n'))
			if diff := cmp.Diff(d, mustRead(t, mustWrite(t, d))); diff != "" {
				t.Errorf("what was written is read as another document (-want +got):\n%s", diff)
			}
			back, err := opentrans.ReadJSON(bytes.NewReader(text), opentrans.Limits{})
			if diff := cmp.Diff(d, back); diff != "" || err != nil {
				t.Errorf("the JSON form is read as another document: %v (-want +got):\n%s", err, diff)
			}
		})
	}
}

func sample(tb testing.TB, name string) []byte {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(filepath.Join("testdata", name), got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(string(sample(t, name)), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

func mustRead(t failer, in []byte) opentrans.Document {
	t.Helper()
	d, err := opentrans.Read(bytes.NewReader(in), opentrans.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func mustWrite(t failer, d opentrans.Document) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := opentrans.Write(&b, d); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// failer is a test, of testing or of rapid.
type failer interface {
	Helper()
	Fatal(args ...any)
	Errorf(format string, args ...any)
}
