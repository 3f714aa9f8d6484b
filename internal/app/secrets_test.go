package app_test

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/waybillhq/waybill/internal/app"
	"github.com/waybillhq/waybill/internal/pgtemp"
)

func TestMain(m *testing.M) { os.Exit(pgtemp.Main(m)) }

func TestSecretsFileIsNamedAfterTheDatabase(t *testing.T) {
	t.Parallel()
	for database, want := range map[string]string{
		"waybill.db":          "waybill.db.key",
		"sqlite:/var/lib/w/x": "/var/lib/w/x.key",
		"postgres://me:secret@db.internal:5432/Shop_1?sslmode=disable": "waybill-Shop_1.key",
		"postgresql://db.internal/shop-1.live":                         "waybill-shop-1.live.key",
		"postgres://db.internal/..%2F..%2Fetc%20%C3%A4%25":             "waybill-..%2F..%2Fetc%20%C3%A4%25.key",
	} {
		if got := app.SecretsFile(database); got != want {
			t.Errorf("SecretsFile(%q) = %q, want %q", database, got, want)
		}
	}
}

// opened opens a database, closes it, and returns its keys.
func opened(t *testing.T, database string, x app.Secrets) app.Keys {
	t.Helper()
	s, keys, err := app.OpenStore(t.Context(), database, x)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	return keys
}

// own returns the file that a database's key set should be in.
func own(t *testing.T, database string) string {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	return "waybill-" + strings.TrimPrefix(u.Path, "/") + ".key"
}

//nolint:paralleltest // it changes the working folder.
func TestPostgreSQLDatabasesHaveKeysOfTheirOwn(t *testing.T) {
	t.Chdir(t.TempDir())
	for range 2 {
		database := pgtemp.Database(t)
		keys := opened(t, database, app.Secrets{})
		if keys.Path() != own(t, database) || !keys.Made || keys.Own != "" {
			t.Errorf("the key set is in %s, made %t, with %q for its own, want a new one in %s",
				keys.Path(), keys.Made, keys.Own, own(t, database))
		}
	}
}

//nolint:paralleltest // it changes the working folder.
func TestTheSharedKeySetIsUsedUntilADatabaseHasItsOwn(t *testing.T) {
	t.Chdir(t.TempDir())
	const shared = "waybill.key"
	database := pgtemp.Database(t)
	opened(t, database, app.Secrets{File: shared})
	keys := opened(t, database, app.Secrets{})
	if keys.Path() != shared || keys.Made || keys.Own != own(t, database) {
		t.Errorf("the key set is in %s, made %t, with %q for its own, want the shared one", keys.Path(), keys.Made, keys.Own)
	}
	if _, err := os.Stat(own(t, database)); !os.IsNotExist(err) {
		t.Errorf("a key set of the database's own gives %v, want none", err)
	}

	text, err := os.ReadFile(shared)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(own(t, database), text, 0o600); err != nil {
		t.Fatal(err)
	}
	if keys := opened(t, database, app.Secrets{}); keys.Path() != own(t, database) || keys.Made || keys.Own != "" {
		t.Errorf("the key set is in %s, made %t, with %q for its own, want the copy", keys.Path(), keys.Made, keys.Own)
	}
}

// Servers of the version before may run on the database.
func TestAGuestDoesNotMigratePostgreSQL(t *testing.T) {
	t.Parallel()
	database, x := pgtemp.Database(t), app.Secrets{File: filepath.Join(t.TempDir(), "test.key")}
	opened(t, database, x)
	db, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(t.Context(), `DELETE FROM goose_db_version WHERE version_id > 1`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	s, _, err := app.OpenGuest(t.Context(), database, x)
	if err == nil {
		t.Fatal(s.Close())
	}
	if !strings.Contains(err.Error(), "run waybill migrate") {
		t.Errorf("OpenGuest = %v, want what to do about it", err)
	}
}
