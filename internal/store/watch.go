package store

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// Channels that nodes on one PostgreSQL tell each other on.
const (
	channelDirectory = "waybill_directory" // a company or hook has changed
	channelWork      = "waybill_work"      // deliveries wait that their node has no room for
)

// poll is how often a node looks for what it might not have been told.
const poll = 5 * time.Second

// notify tells the other nodes when tx commits. An embedded database has none.
func (s *Store) notify(ctx context.Context, tx *sql.Tx, channel string) error {
	if !s.many {
		return nil
	}
	_, err := tx.ExecContext(ctx, `SELECT pg_notify($1, '')`, channel)
	return err
}

// TellWork tells other nodes, if there can be any, that deliveries wait which
// they could send.
func (s *Store) TellWork(ctx context.Context) error {
	if !s.many {
		return nil
	}
	return s.inTx(ctx, func(tx *sql.Tx) error { return s.notify(ctx, tx, channelWork) })
}

// Watch keeps the directory up to date with what other nodes change until ctx
// ends, and calls work when one of them has deliveries to share. On an embedded
// database, which has no other nodes, it keeps the log short instead.
func (s *Store) Watch(ctx context.Context, log *slog.Logger, work func()) error {
	if !s.many {
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

// listen holds a connection and acts on what comes, and every now and then
// without anything having come.
func (s *Store) listen(ctx context.Context, work func()) error {
	conn, err := s.read.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Raw(func(raw any) error {
		pg := raw.(*stdlib.Conn).Conn()
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
	})
}

func (s *Store) hear(ctx context.Context, pg *pgx.Conn, work func()) error {
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
		work()
	}
	return s.Reload(ctx)
}
