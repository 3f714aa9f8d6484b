package store

import (
	"bytes"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/pgtemp"
	"github.com/waybillhq/waybill/internal/seal"
)

// A database from before secrets were sealed.
func TestPlainPasswordsAreSealedAndWiped(t *testing.T) {
	t.Parallel()
	keys, err := seal.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "test.db")
		before := &Store{dialect: sqlite(), path: path, sealer: keys}
		if err := before.openFile(); err != nil {
			t.Fatal(err)
		}
		addPlain(t, before)
		if dump := readFiles(t, path); !bytes.Contains(dump, []byte("recognisable")) {
			t.Error("the old database lacks the passwords, so that this proves nothing")
		}
		s, err := OpenSQLite(t.Context(), path, keys)
		if err != nil {
			t.Fatal(err)
		}
		checkSealed(t, s)
		if dump := readFiles(t, path, path+"-wal"); bytes.Contains(dump, []byte("recognisable")) {
			t.Error("a password is in the file or its log still")
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		url := pgtemp.Database(t)
		before := &Store{dialect: postgres(), sealer: keys}
		db, err := openPostgres(url, queueParams(), 4)
		if err != nil {
			t.Fatal(err)
		}
		before.write = db
		addPlain(t, before)
		s, err := OpenPostgres(t.Context(), url, keys)
		if err != nil {
			t.Fatal(err)
		}
		checkSealed(t, s)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

// A process that ends when it has sealed the passwords may leave the old pages in
// the file, and what it wrote in the log.
func TestWhatACrashLeftOfPlainPasswordsIsWiped(t *testing.T) {
	t.Parallel()
	keys, err := seal.New()
	if err != nil {
		t.Fatal(err)
	}
	path, crashed := filepath.Join(t.TempDir(), "test.db"), filepath.Join(t.TempDir(), "test.db")
	open := func() *Store {
		s := &Store{dialect: sqlite(), path: path, sealer: keys}
		if err := s.openFile(); err != nil {
			t.Fatal(err)
		}
		return s
	}
	addPlain(t, open())
	sealed := open()
	provider, err := sealed.provider()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, end := range []string{"", "-wal"} {
		if err := os.WriteFile(crashed+end, readFiles(t, path+end), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := sealed.Close(); err != nil {
		t.Fatal(err)
	}
	if dump := readFiles(t, crashed, crashed+"-wal"); !bytes.Contains(dump, []byte("recognisable")) {
		t.Error("the crash left no password, so that this proves nothing")
	}

	s, err := OpenSQLite(t.Context(), crashed, keys)
	if err != nil {
		t.Fatal(err)
	}
	checkSealed(t, s)
	if dump := readFiles(t, crashed, crashed+"-wal"); bytes.Contains(dump, []byte("recognisable")) {
		t.Error("a password is in the file or its log still")
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func readFiles(t *testing.T, names ...string) []byte {
	t.Helper()
	var all []byte
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, text...)
	}
	return all
}

const plainHooks = 200 // fill more than one page of the table

// addPlain makes the schema of the beginning with hooks of three versions, of
// which the last two have the same password, and one hook without, and closes s.
func addPlain(t *testing.T, s *Store) {
	t.Helper()
	provider, err := s.provider()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.UpTo(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	err = s.inTx(t.Context(), func(tx *sql.Tx) error {
		exec(t, tx, `INSERT INTO company (id, name, time_zone, created_at) VALUES ('acme', 'Acme', 'UTC', 1)`)
		for i := range plainHooks + 1 {
			id := uuid.Must(uuid.NewV7())
			exec(t, tx, `INSERT INTO hook (id, company, kind, version, created_at) VALUES ($1, 'acme', 'trigger', 3, 1)`, id[:])
			for version, password := range []string{"first-recognisable", "recognisable", "recognisable"} {
				text := fmt.Sprintf("%s-%d", password, i)
				if i == plainHooks {
					text = ""
				}
				exec(t, tx, `
INSERT INTO hook_version (hook_id, version, created_at, title, enabled, event_types, url, basic_user, basic_password, priority, http2)
VALUES ($1, $2, $3, $4, true, '["OrderChanged"]', 'https://receiver.example/', 'erp', $5, 2, false)`,
					id[:], version+1, 1000*(version+1), strconv.Itoa(i), text)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if s.read == nil {
		s.read = s.write
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func exec(t *testing.T, tx *sql.Tx, query string, args ...any) {
	t.Helper()
	if _, err := tx.ExecContext(t.Context(), query, args...); err != nil {
		t.Fatal(err)
	}
}

func checkSealed(t *testing.T, s *Store) {
	t.Helper()
	hooks := s.Directory().Hooks
	for _, h := range hooks {
		want, since := "recognisable-"+h.Title, time.UnixMicro(2000).UTC()
		if h.Title == strconv.Itoa(plainHooks) {
			want, since = "", time.Time{}
		}
		if got := string(h.Auth.Secret); got != want || !h.Auth.SetAt.Equal(since) || h.Auth.User != "erp" || h.Version != 3 {
			t.Errorf("hook %s is %+v with the password %q, want %q since %v", h.Title, h, got, want, since)
		}
	}
	if len(hooks) != plainHooks+1 {
		t.Errorf("there are %d hooks, want %d", len(hooks), plainHooks+1)
	}
	var secrets int
	if err := s.read.QueryRowContext(t.Context(), `SELECT count(*) FROM secret`).Scan(&secrets); err != nil || secrets != 2*plainHooks+1 {
		t.Errorf("there are %d secrets, %v, want two of each hook and the check", secrets, err)
	}
	if _, err := s.write.ExecContext(t.Context(), `SELECT 1 FROM hook_version_plain`); err == nil || !strings.Contains(err.Error(), "hook_version_plain") {
		t.Errorf("the table with the passwords gives %v, want that it isn't there", err)
	}
}
