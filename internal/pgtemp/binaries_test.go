package pgtemp

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// install makes programs that claim a version, and returns postgres's path.
func install(t *testing.T, says string, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		script := fmt.Sprintf("#!/bin/sh\necho '%s'\n", says)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "postgres")
}

func TestNewest(t *testing.T) {
	t.Parallel()
	pg := func(version string) string {
		return install(t, "postgres (PostgreSQL) "+version, "postgres", "initdb")
	}
	v14, v15, v17 := pg("14.11 (Debian 14.11-1)"), pg("15.13"), pg("17.2")
	v9, beta := pg("9.6.24"), pg("19beta1")
	clientOnly := install(t, "postgres (PostgreSQL) 18.1", "postgres")
	odd := install(t, "something else", "postgres", "initdb")
	for _, test := range []struct {
		name      string
		preferred string
		others    []string
		want      string
	}{
		{"takes the one on PATH", v15, []string{v17}, v15},
		{"passes over an old one on PATH", v14, []string{v15}, v15},
		{"takes the newest by number, not by name", "", []string{v17, v9, v15}, v17},
		{"takes a beta", "", []string{v17, beta}, beta},
		{"passes over one without initdb", clientOnly, []string{clientOnly, v15}, v15},
		{"passes over what is not PostgreSQL", odd, []string{odd, v15}, v15},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := newest(t.Context(), test.preferred, test.others)
			if err != nil {
				t.Fatal(err)
			}
			if got.postgres != test.want || got.initdb != filepath.Join(filepath.Dir(test.want), "initdb") {
				t.Errorf("newest = %+v, want %s and its initdb", got, test.want)
			}
		})
	}
	t.Run("says what to type when there is none", func(t *testing.T) {
		t.Parallel()
		_, err := newest(t.Context(), "", []string{v14, v9})
		if !errors.Is(err, errNoBinaries) || !strings.Contains(err.Error(), "apt-get install postgresql") {
			t.Errorf("newest = %v, want errNoBinaries with the command", err)
		}
	})
}
