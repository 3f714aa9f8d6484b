package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/pgtemp"
	"github.com/waybillhq/waybill/internal/seal"
	"github.com/waybillhq/waybill/internal/store"
	"github.com/waybillhq/waybill/internal/store/storetest"
)

// engine is a database that can be opened more than once, and dumped.
type engine struct {
	open  func(store.Sealer) (*store.Store, error)
	guest func(store.Sealer) (*store.Store, error)
	exec  func(statement string) error
	dump  func() ([]byte, error)
}

// onEngines runs test on a new database of each engine.
func onEngines(t *testing.T, test func(t *testing.T, e engine)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "test.db")
		test(t, engine{
			func(x store.Sealer) (*store.Store, error) { return store.OpenSQLite(t.Context(), path, x) },
			func(x store.Sealer) (*store.Store, error) { return store.OpenGuest(t.Context(), path, x) },
			func(statement string) error { return execute(t.Context(), "sqlite", path, statement) },
			func() ([]byte, error) { return dumpFiles(path) },
		})
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		url := pgtemp.Database(t)
		test(t, engine{
			func(x store.Sealer) (*store.Store, error) { return store.OpenPostgres(t.Context(), url, x) },
			func(x store.Sealer) (*store.Store, error) { return store.OpenPostgresGuest(t.Context(), url, x) },
			func(statement string) error { return execute(t.Context(), "pgx", url, statement) },
			func() ([]byte, error) { return dumpTables(t.Context(), url) },
		})
	})
}

// execute runs a statement on a database past the store.
func execute(ctx context.Context, driver, name, statement string) error {
	db, err := sql.Open(driver, name)
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, statement)
	return errors.Join(err, db.Close())
}

// dumpFiles returns what is in a SQLite database's file and in its log.
func dumpFiles(path string) ([]byte, error) {
	db, err := os.ReadFile(path)
	log, logErr := os.ReadFile(path + "-wal")
	if errors.Is(logErr, os.ErrNotExist) {
		logErr = nil // the database is closed
	}
	return append(db, log...), errors.Join(err, logErr)
}

// dumpTables returns all rows of all tables as text, and bytes as hexadecimal
// digits.
func dumpTables(ctx context.Context, url string) ([]byte, error) {
	db, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, err
	}
	defer func() { _ = db.Close(context.WithoutCancel(ctx)) }() // what was read is read
	rows, err := db.Query(ctx, `SELECT tablename FROM pg_tables WHERE schemaname = 'public'`)
	if err != nil {
		return nil, err
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	var dump strings.Builder
	for _, table := range tables {
		rows, queryErr := db.Query(ctx, `SELECT t::text FROM `+pgx.Identifier{table}.Sanitize()+` t`)
		if queryErr != nil {
			return nil, queryErr
		}
		lines, rowsErr := pgx.CollectRows(rows, pgx.RowTo[string])
		err = errors.Join(err, rowsErr)
		dump.WriteString(table + "\n" + strings.Join(lines, "\n"))
	}
	return []byte(dump.String()), err
}

// has reports whether a dump has text, as it is or in hexadecimal digits.
func has(dump []byte, text string) bool {
	return bytes.Contains(dump, []byte(text)) || bytes.Contains(dump, []byte(hex.EncodeToString([]byte(text))))
}

// password is that of a test's hook i, easy to find where it must not be.
func password(i int) string { return fmt.Sprintf("recognisable-password-%d", i) }

// hooks is how many addHooks adds.
const hooks = 5

// addHooks adds hooks with passwords.
func addHooks(t *testing.T, st *store.Store) {
	t.Helper()
	for i := range hooks {
		h := storetest.AddHook(t, st, "OrderChanged", "https://receiver.example/")
		h.Version, h.Auth = 2, hook.Auth{Kind: hook.BasicAuth, User: "recognisable-user", Secret: hook.Secret(password(i))}
		h.Title = password(i)[len("recognisable-"):]
		if err := st.ChangeHook(t.Context(), h, account.Entry{}); err != nil {
			t.Fatal(err)
		}
	}
}

// checkPasswords checks that the hooks of addHooks have their passwords.
func checkPasswords(t *testing.T, st *store.Store) {
	t.Helper()
	found := st.Directory().Hooks
	for _, h := range found {
		if string(h.Auth.Secret) != "recognisable-"+h.Title {
			t.Errorf("hook %s has the password %q", h.Title, string(h.Auth.Secret))
		}
	}
	if len(found) != hooks {
		t.Errorf("there are %d hooks, want %d", len(found), hooks)
	}
}

func openStore(t *testing.T, e engine, x store.Sealer) *store.Store {
	t.Helper()
	st, err := e.open(x)
	if err != nil {
		t.Fatal(err)
	}
	return st
}

func closeStore(t *testing.T, st *store.Store) {
	t.Helper()
	if err := st.Close(); err != nil {
		t.Error(err)
	}
}

func TestNoPasswordIsInTheDatabase(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, e engine) {
		keys := storetest.Keys(t)
		st := openStore(t, e, keys)
		addHooks(t, st)
		checkDump(t, e, "open")
		closeStore(t, st)
		checkDump(t, e, "closed")
		st = openStore(t, e, keys)
		checkPasswords(t, st)
		closeStore(t, st)
	})
}

func checkDump(t *testing.T, e engine, when string) {
	t.Helper()
	dump, err := e.dump()
	if err != nil {
		t.Fatal(err)
	}
	if has(dump, "recognisable-password") {
		t.Errorf("a password is in the database when it is %s", when)
	}
	if !has(dump, "recognisable-user") {
		t.Errorf("the dump of the %s database lacks the user's name, so that it proves nothing", when)
	}
}

func TestWithOtherKeysADatabaseIsNotOpened(t *testing.T) {
	t.Parallel()
	onEngines(t, func(t *testing.T, e engine) {
		keys := storetest.Keys(t)
		closeStore(t, openStore(t, e, keys)) // it has no passwords yet
		if _, err := e.open(ownKeys(t)); !errors.Is(err, store.ErrSecrets) || !errors.Is(err, seal.ErrOpen) {
			t.Errorf("open = %v, want %v", err, store.ErrSecrets)
		}
		closeStore(t, openStore(t, e, keys))
	})
}

func TestReseal(t *testing.T) {
	t.Parallel()
	const all = hooks + 1 // and the one that shows whether the keys are right
	onEngines(t, func(t *testing.T, e engine) {
		keys := ownKeys(t)
		old, err := seal.Parse(keys.Text())
		if err != nil {
			t.Fatal(err)
		}
		st := openStore(t, e, keys)
		addHooks(t, st)
		wantOld(t, st, 0)
		rotate(t, keys)
		wantOld(t, st, all)

		for i, want := range []int{4, 2, 0} {
			done, more, err := st.Reseal(t.Context(), 4)
			if done != want || more != (want == 4) || err != nil {
				t.Errorf("Reseal %d = %d, %v, %v, want %d", i, done, more, err, want)
			}
			closeStore(t, st)
			st = openStore(t, e, keys)
			checkPasswords(t, st) // at every step
		}
		wantOld(t, st, 0)
		if err := keys.Forget(prefix(t, keys), time.Now()); err != nil {
			t.Fatal(err)
		}
		checkPasswords(t, st)
		closeStore(t, st)
		st = openStore(t, e, keys)
		checkPasswords(t, st)
		closeStore(t, st)
		if _, err := e.open(old); !errors.Is(err, store.ErrSecrets) {
			t.Errorf("open with the old key = %v, want %v", err, store.ErrSecrets)
		}
	})
}

// ownKeys returns a key set that no other test has.
func ownKeys(t *testing.T) *seal.Keys {
	t.Helper()
	keys, err := seal.New()
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func rotate(t *testing.T, keys *seal.Keys) {
	t.Helper()
	if err := keys.Rotate(prefix(t, keys)); err != nil {
		t.Fatal(err)
	}
}

func prefix(t *testing.T, keys *seal.Keys) []byte {
	t.Helper()
	p, err := keys.Prefix()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func wantOld(t *testing.T, st *store.Store, want int) {
	t.Helper()
	if got, err := st.OldSecrets(t.Context()); got != want || err != nil {
		t.Errorf("OldSecrets = %d, %v, want %d", got, err, want)
	}
}
