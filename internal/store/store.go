// Package store keeps everything that Waybill remembers, in SQLite or
// PostgreSQL. Statements are written once; what the engines disagree on is in
// dialect. Times are stored as microseconds since 1970, UTC, and always come
// from the caller's clock.
//
// The way of an event goes through Accept and Settle, which share commits: see
// committer. Every other exported method is one transaction of its own.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
)

// Store is Waybill's memory. Its methods are safe for concurrent use.
type Store struct {
	dialect

	path   string  // of SQLite's file
	write  *sql.DB // one connection on SQLite, which has one writer
	read   *sql.DB // for what only reads
	chunks *sql.DB // for what documents hold; on PostgreSQL it is read
	lock   io.Closer

	sealer   Sealer
	observer Observer // nil: nobody

	hot          hotStatements
	findKeys     *bulkQuery
	findVersions *bulkQuery
	eventsByID   *sql.Stmt
	writer       hotWriter
	committer    committer

	doubt     atomic.Bool  // see TakeDoubt
	written   atomic.Int64 // chunks; see AddChunk
	directory atomic.Pointer[hook.Directory]
	keys      atomic.Pointer[account.Keys]
	packers   sync.Pool // of *gzip.Writer; see pack
	unpackers sync.Pool // of *gzip.Reader
	reloading sync.Mutex
}

// OpenSQLite opens the database file at path, making it if it is not there, and
// brings its schema up to date. Secrets are kept with sealer; the error is an
// ErrSecrets if it can't open those that are there. A second process is refused
// as long as this one lives. Call Close when done.
func OpenSQLite(ctx context.Context, path string, sealer Sealer) (*Store, error) {
	lock, err := lockFile(path + ".lock")
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	s := &Store{dialect: sqlite(), path: path, lock: lock, sealer: sealer}
	if err = s.openFile(); err == nil {
		err = s.start(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, errors.Join(err, s.Close()))
	}
	return s, nil
}

// openFile opens the pools on SQLite's file.
func (s *Store) openFile() error {
	var err error
	if s.write, err = openSQLite(s.path, "&_txlock=immediate&_pragma=cache_size(-32768)&_pragma=wal_autocheckpoint(64000)", 1); err == nil {
		s.read, err = openSQLite(s.path, "&_pragma=cache_size(-4096)&_pragma=query_only(1)", 4)
	}
	if err == nil { // pages of documents are not to drive out those of lists, nor to take their room
		s.chunks, err = openSQLite(s.path, "&_pragma=cache_size(-256)&_pragma=query_only(1)", 4)
	}
	return err
}

// OpenPostgres opens the PostgreSQL database (version 15 or later) that url
// names and brings its schema up to date. Secrets are kept with sealer, as with
// OpenSQLite. Call Close when done.
func OpenPostgres(ctx context.Context, url string, sealer Sealer) (*Store, error) {
	s := &Store{dialect: postgres(), sealer: sealer}
	err := s.openURL(url)
	if err == nil {
		err = s.start(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("open PostgreSQL: %w", errors.Join(err, s.Close()))
	}
	return s, nil
}

// openURL opens the pools on PostgreSQL's database.
func (s *Store) openURL(url string) error {
	var err error
	if s.write, err = openPostgres(url, queueParams(), 5); err == nil {
		s.read, err = openPostgres(url, readParams(), 8)
		s.chunks = s.read
	}
	return err
}

// start brings the schema up to date and makes an opened store ready for use.
func (s *Store) start(ctx context.Context) error {
	if err := s.migrate(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if s.lock != nil {
		if err := errors.Join(s.endLeases(ctx), s.endContents(ctx)); err != nil {
			return err
		}
	}
	return s.prepare(ctx)
}

// prepare makes a store whose schema is up to date ready for use.
func (s *Store) prepare(ctx context.Context) error {
	s.hot = s.hotStatements()
	var err error
	if s.findKeys, err = s.prepareQuery(ctx, findKeys()); err != nil {
		return err
	}
	if s.findVersions, err = s.prepareQuery(ctx, findVersions()); err != nil {
		return err
	}
	if s.eventsByID, err = s.write.PrepareContext(ctx, s.eventsQuery()); err != nil {
		return err
	}
	s.writer = &sqliteWriter{db: s.write}
	if s.many {
		s.writer = &postgresWriter{db: s.write}
	}
	s.committer.run, s.committer.apart = s.commit, s.many
	if err := s.checkSecrets(ctx); err != nil {
		return err
	}
	return s.Reload(ctx)
}

// Engine names the database in use: "sqlite" or "postgres".
func (s *Store) Engine() string { return s.name }

// Close closes the database. No other method may be running or called after.
func (s *Store) Close() error {
	var errs []error
	s.committer.loops.Wait()
	if s.writer != nil {
		errs = append(errs, s.writer.close())
	}
	for _, q := range []*bulkQuery{s.findKeys, s.findVersions} {
		if q != nil {
			errs = append(errs, q.stmt.Close())
		}
	}
	if s.eventsByID != nil {
		errs = append(errs, s.eventsByID.Close())
	}
	for _, db := range []*sql.DB{s.chunks, s.read, s.write} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	if s.lock != nil {
		errs = append(errs, s.lock.Close())
	}
	return errors.Join(errs...)
}

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	var one int
	if err := s.read.QueryRowContext(ctx, `SELECT 1`).Scan(&one); err != nil {
		return fmt.Errorf("ping the database: %w", err)
	}
	return nil
}

// inTx runs fn in one writing transaction. Helpers that write take the *sql.Tx;
// they never reach for the pool.
func (s *Store) inTx(ctx context.Context, fn func(*sql.Tx) error) error {
	return s.inTxWith(ctx, nil, fn)
}

func (s *Store) inTxWith(ctx context.Context, options *sql.TxOptions, fn func(*sql.Tx) error) error {
	err := transact(ctx, s.write, options, fn)
	s.failed(ctx, err)
	return err
}

func transact(ctx context.Context, db *sql.DB, options *sql.TxOptions, fn func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, options)
	if err != nil {
		return err
	}
	defer tx.Rollback() // does nothing after Commit
	if err := fn(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// micros is how a time is stored; a zero time is 0.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicros(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}
