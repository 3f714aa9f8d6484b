package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// Channels that nodes on one PostgreSQL tell each other on.
const (
	channelDirectory = "waybill_directory" // a company or hook has changed
	channelWork      = "waybill_work"      // deliveries wait that their node has no room for
)

const (
	poll      = 5 * time.Second // how often a node looks for what it might not have been told
	pollGuest = time.Second     // how often it looks for what a guest changed, who cannot tell
)

// notify tells the other nodes when tx commits. An embedded database has none;
// guests are looked for by pollGuests.
func (s *Store) notify(ctx context.Context, tx *sql.Tx, channel string) error {
	if !s.many {
		return nil
	}
	_, err := tx.ExecContext(ctx, `SELECT pg_notify($1, '')`, channel)
	return err
}

// mostTold is how many hooks one notification can name.
const mostTold = 200

// TellWork tells other nodes, if there can be any, that deliveries of the given
// hooks wait which they could send; of any hooks, if none is given.
func (s *Store) TellWork(ctx context.Context, hooks []uuid.UUID) error {
	if !s.many {
		return nil
	}
	if len(hooks) > mostTold {
		hooks = nil
	}
	_, err := s.write.ExecContext(ctx, `SELECT pg_notify($1, $2)`, channelWork, joinIDs(hooks))
	return err
}

func joinIDs(ids []uuid.UUID) string {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = id.String()
	}
	return strings.Join(texts, ",")
}

// splitIDs reads what joinIDs wrote. What it can't read is nil, which names any.
func splitIDs(text string) []uuid.UUID {
	var ids []uuid.UUID
	for part := range strings.SplitSeq(text, ",") {
		id, err := uuid.Parse(part)
		if err != nil {
			return nil
		}
		ids = append(ids, id)
	}
	return ids
}

// Watch keeps the directory up to date with what other nodes change until ctx
// ends, and calls work when one of them has deliveries to share, of the given hooks
// or, if there is none, of any. An embedded
// database has no other nodes, but guests; there it also keeps the log short.
// It tells of hooks that have a secret which can't be opened.
func (s *Store) Watch(ctx context.Context, log *slog.Logger, work func(hooks []uuid.UUID)) error {
	var others sync.WaitGroup
	defer others.Wait()
	others.Go(func() { s.watchLocked(ctx, log) })
	if !s.many {
		others.Go(func() { s.pollGuests(ctx, log) })
		return s.checkpoint(ctx, log)
	}
	for ctx.Err() == nil {
		if err := s.listen(ctx, work); err != nil && ctx.Err() == nil {
			log.WarnContext(ctx, "listening to other nodes was interrupted", "err", err)
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
			}
		}
	}
	return nil
}

// pollGuests reads the directory anew when a guest has changed it, until ctx
// ends.
func (s *Store) pollGuests(ctx context.Context, log *slog.Logger) {
	tick := time.NewTicker(pollGuest)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := s.reloadChanged(ctx); err != nil && ctx.Err() == nil {
			log.WarnContext(ctx, "the directory was not read", "err", err)
		}
	}
}

// reloadChanged is Reload without a writing transaction unless there is
// something to read.
func (s *Store) reloadChanged(ctx context.Context) error {
	var version string
	err := s.read.QueryRowContext(ctx, `SELECT coalesce(max(value), '0') FROM setting WHERE name = $1`, directoryVersion).Scan(&version)
	if err != nil {
		return fmt.Errorf("read the directory's version: %w", err)
	}
	if version == strconv.FormatInt(s.directory.Load().Version, 10) {
		return nil
	}
	return s.Reload(ctx)
}

// listen holds a connection and acts on what comes, and every now and then
// without anything having come.
func (s *Store) listen(ctx context.Context, work func([]uuid.UUID)) error {
	conn, err := s.read.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	var heard error
	_ = conn.Raw(func(raw any) error {
		heard = s.listenOn(ctx, raw.(*stdlib.Conn).Conn(), work)
		return driver.ErrBadConn // it listens still: not one for the pool
	})
	return heard
}

func (s *Store) listenOn(ctx context.Context, pg *pgx.Conn, work func([]uuid.UUID)) error {
	for _, channel := range []string{channelDirectory, channelWork} {
		if _, err := pg.Exec(ctx, "LISTEN "+channel); err != nil {
			return fmt.Errorf("listen: %w", err)
		}
	}
	if err := s.Reload(ctx); err != nil { // what changed before we listened
		return err
	}
	for {
		if err := s.hear(ctx, pg, work); err != nil {
			return err
		}
	}
}

func (s *Store) hear(ctx context.Context, pg *pgx.Conn, work func([]uuid.UUID)) error {
	wait, cancel := context.WithTimeout(ctx, poll)
	defer cancel()
	n, err := pg.WaitForNotification(wait)
	if err != nil && wait.Err() == nil {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err == nil && n.Channel == channelWork {
		work(splitIDs(n.Payload))
	}
	return s.Reload(ctx)
}
