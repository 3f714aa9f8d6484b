package store

import (
	"context"
	"errors"
	"fmt"
)

// OpenGuest opens the SQLite database file at path for a command that may run
// beside a server, which reads the directory anew within a second or so of a
// guest's change. A database that is new gets its schema; one whose schema is
// older than this binary's is refused, since a server may be using it. Call
// Close when done.
func OpenGuest(ctx context.Context, path string, sealer Sealer) (*Store, error) {
	s := &Store{dialect: sqlite(), path: path, sealer: sealer}
	err := s.openFile()
	if err == nil {
		err = s.enter(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, errors.Join(err, s.Close()))
	}
	return s, nil
}

// OpenPostgresGuest is OpenGuest for the PostgreSQL database that url names,
// whose servers hear of a change at once.
func OpenPostgresGuest(ctx context.Context, url string, sealer Sealer) (*Store, error) {
	s := &Store{dialect: postgres(), sealer: sealer}
	err := s.openURL(url)
	if err == nil {
		err = s.enter(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("open PostgreSQL: %w", errors.Join(err, s.Close()))
	}
	return s, nil
}

// enter makes a guest ready for use.
func (s *Store) enter(ctx context.Context) error {
	var schema bool
	if err := s.write.QueryRowContext(ctx, s.hasSchema).Scan(&schema); err != nil {
		return err
	}
	if !schema {
		if err := s.found(ctx); err != nil {
			return err
		}
	}
	has, err := s.SchemaVersion(ctx)
	if err != nil {
		return err
	}
	needs, err := s.latest()
	if err != nil {
		return err
	}
	if has < needs {
		return fmt.Errorf("its schema has version %d and this program needs %d: run waybill migrate, "+
			"or start the server of this version once, then try again", has, needs)
	}
	return s.prepare(ctx)
}

// found gives a new database its schema, as a server that starts would.
func (s *Store) found(ctx context.Context) error {
	if s.many {
		return s.migrate(ctx)
	}
	lock, err := lockFile(s.path + ".lock")
	if err != nil {
		return err
	}
	return errors.Join(s.migrate(ctx), lock.Close())
}

// latest returns the number of the latest migration that this binary has.
func (s *Store) latest() (int64, error) {
	provider, err := s.provider()
	if err != nil {
		return 0, err
	}
	sources := provider.ListSources()
	return sources[len(sources)-1].Version, nil
}
