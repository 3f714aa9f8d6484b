package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"
)

const (
	walBytes  = 64 << 20 // of SQLite's log, from which on it is copied into the database
	walLooked = 200 * time.Millisecond
)

// checkpoint keeps SQLite's log short until ctx ends. Most of the log is copied
// on a connection of its own while commits go on; what they have added
// meanwhile is copied between two of them, since the log begins anew only when
// all of it has been copied. Without this, a commit would do all of it now and
// then, and everyone would wait.
func (s *Store) checkpoint(ctx context.Context, log *slog.Logger) error {
	tick := time.NewTicker(walLooked)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if wal, err := os.Stat(s.path + "-wal"); err != nil || wal.Size() < walBytes {
			continue // there is no log before the first write
		}
		if err := s.checkpointOnce(ctx); err != nil && ctx.Err() == nil {
			log.WarnContext(ctx, "the database's log was not shortened", "err", err)
		}
	}
}

func (s *Store) checkpointOnce(ctx context.Context) error {
	aside, err := openSQLite(s.path, "", 1)
	if err != nil {
		return err
	}
	const checkpoint = `PRAGMA wal_checkpoint(PASSIVE)`
	_, err = aside.ExecContext(ctx, checkpoint)
	if err := errors.Join(err, aside.Close()); err != nil {
		return fmt.Errorf("copy the log: %w", err)
	}
	if _, err := s.write.ExecContext(ctx, checkpoint); err != nil {
		return fmt.Errorf("copy the log's end: %w", err)
	}
	return nil
}
