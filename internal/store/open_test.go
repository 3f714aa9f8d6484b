package store

import (
	"path/filepath"
	"testing"

	"github.com/waybillhq/waybill/internal/seal"
)

// openTest returns an empty SQLite store that lives as long as the test.
func openTest(t *testing.T) *Store {
	t.Helper()
	keys, err := seal.New()
	if err != nil {
		t.Fatal(err)
	}
	s, err := OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "test.db"), keys)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}
