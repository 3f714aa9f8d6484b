package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"strings"

	"github.com/waybillhq/waybill/internal/seal"
	"github.com/waybillhq/waybill/internal/store"
)

// Secrets says where the key set is that secrets are sealed with.
type Secrets struct {
	File string // empty: see SecretsFile
	Text string // the key set itself; goes before File
}

// Keys is the key set of a store.
type Keys struct {
	*seal.Keys

	Made bool   // just now, since there was none
	Own  string // the file that the database could have for itself; empty unless the set is in the shared one
}

// BadKeys says that a key set could not be read or made, or isn't the one that
// the secrets in the database were sealed with: then Err is a store.ErrSecrets.
type BadKeys struct {
	File string // empty: it was given as a text
	Err  error
}

// Error returns what Err says.
func (b *BadKeys) Error() string { return "the key set for secrets: " + b.Err.Error() }

func (b *BadKeys) Unwrap() error { return b.Err }

// NewKeys says that a key set had just been made when something else went wrong.
// It stays, since something may be sealed with it: whoever runs this must hear of
// it now, because it isn't new the next time.
type NewKeys struct {
	Keys Keys
	Err  error
}

// Error returns what Err says.
func (n *NewKeys) Error() string { return n.Err.Error() }

func (n *NewKeys) Unwrap() error { return n.Err }

// withKeys returns err, as a *NewKeys if the keys are new.
func withKeys(err error, k Keys) error {
	if k.Made {
		return &NewKeys{Keys: k, Err: err}
	}
	return err
}

// SecretsFile returns the file for the key set of a database when none is named:
// beside SQLite's file, or in the working folder, by the name of PostgreSQL's
// database.
func SecretsFile(database string) string {
	if isPostgres(database) {
		return "waybill-" + fileName(postgresName(database)) + ".key"
	}
	return sqlitePath(database) + ".key"
}

// sharedFile is where earlier versions kept the key set of every PostgreSQL
// database. It goes on being used as long as the database has no file of its own:
// to copy it would leave servers that run with two key sets.
const sharedFile = "waybill.key"

// secretsFile returns the file to use when none is named, and the one that the
// database could have for itself if that is another.
func secretsFile(database string) (file, own string) {
	own = SecretsFile(database)
	if isPostgres(database) && missing(own) && !missing(sharedFile) {
		return sharedFile, own
	}
	return own, ""
}

func missing(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist)
}

// postgresName returns the name of the database that a URL ends with.
func postgresName(database string) string {
	u, err := url.Parse(database)
	if err != nil {
		return "" // it isn't opened
	}
	return strings.TrimLeft(u.Path, "/")
}

// fileName returns a name in which every byte that files or shells could mind is
// written as % and two digits, so that no two names become the same.
func fileName(name string) string {
	var b strings.Builder
	for _, c := range []byte(name) {
		if strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// OpenStore opens the database that a setting names: "postgres://…" or
// "postgresql://…", or a file for SQLite, with or without "sqlite:" before it.
// If there is no key set yet, it makes one. The error is a *BadKeys if that is
// what is wrong, and a *NewKeys if something else is when it has made one.
func OpenStore(ctx context.Context, database string, x Secrets) (*store.Store, Keys, error) {
	return open(ctx, database, x, store.OpenSQLite, store.OpenPostgres)
}

// OpenGuest opens that database beside a server that may have it open.
func OpenGuest(ctx context.Context, database string, x Secrets) (*store.Store, Keys, error) {
	return open(ctx, database, x, store.OpenGuest, store.OpenPostgresGuest)
}

type opener func(ctx context.Context, path string, sealer store.Sealer) (*store.Store, error)

func open(ctx context.Context, database string, x Secrets, sqlite, postgres opener) (*store.Store, Keys, error) {
	var own string
	if x.File == "" {
		x.File, own = secretsFile(database)
	}
	keys, err := openKeys(x)
	if err != nil {
		return nil, Keys{}, err
	}
	if keys.Path() != "" {
		keys.Own = own
	}
	how, name := sqlite, sqlitePath(database)
	if isPostgres(database) {
		how, name = postgres, database
	}
	s, err := how(ctx, name, keys)
	switch {
	case err == nil:
		return s, keys, nil
	case !errors.Is(err, store.ErrSecrets):
		return nil, Keys{}, withKeys(err, keys)
	}
	err = &BadKeys{File: keys.Path(), Err: err}
	if keys.Made { // of no use: the right one is elsewhere
		err = errors.Join(err, os.Remove(keys.Path()))
	}
	return nil, Keys{}, err
}

// openKeys reads the key set, or makes it if there is no file.
func openKeys(x Secrets) (k Keys, err error) {
	if x.Text != "" {
		if k.Keys, err = seal.Parse(x.Text); err != nil {
			return Keys{}, &BadKeys{Err: err}
		}
		return k, nil
	}
	k.Keys, err = seal.Load(x.File)
	if errors.Is(err, fs.ErrNotExist) {
		k.Keys, err = seal.Create(x.File)
		k.Made = err == nil
	}
	if errors.Is(err, fs.ErrExist) { // another process was faster
		k.Keys, err = seal.Load(x.File)
	}
	if err != nil {
		return Keys{}, &BadKeys{File: x.File, Err: err}
	}
	return k, nil
}

func isPostgres(database string) bool {
	return strings.HasPrefix(database, "postgres://") || strings.HasPrefix(database, "postgresql://")
}

func sqlitePath(database string) string { return strings.TrimPrefix(database, "sqlite:") }
