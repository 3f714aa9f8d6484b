package store

import (
	"context"
	"database/sql"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// postgresWriter sends all statements of a transaction at once, and waits once.
// It keeps a connection for itself as long as that works.
type postgresWriter struct {
	db   *sql.DB
	conn *sql.Conn
}

// postgresTx collects statements.
type postgresTx struct{ batch pgx.Batch }

func (w *postgresWriter) inTx(ctx context.Context, sent func(), fn func(hotTx) error) error {
	if w.conn == nil {
		sent() // the database may be away
		var err error
		if w.conn, err = w.db.Conn(ctx); err != nil {
			return err
		}
	}
	var tx postgresTx
	if err := fn(&tx); err != nil {
		return err
	}
	err := w.conn.Raw(func(raw any) error {
		// A batch is a transaction; closing it reads all answers.
		results := raw.(*stdlib.Conn).Conn().SendBatch(ctx, &tx.batch)
		sent()
		return results.Close()
	})
	if err != nil {
		w.conn.Close()
		w.conn = nil
	}
	return err
}

func (t *postgresTx) exec(_ context.Context, s *hotStatement, n int, fill func(row int, args []any), hit func(row int)) error {
	if n == 0 {
		return nil
	}
	q := t.batch.Queue(s.text, arrays(s.types, n, fill)...)
	if !s.hits {
		return nil
	}
	q.Query(func(rows pgx.Rows) error {
		for rows.Next() {
			var nr int // counted from 1
			if err := rows.Scan(&nr); err != nil {
				return err
			}
			hit(nr - 1)
		}
		return rows.Err()
	})
	return nil
}

func (w *postgresWriter) close() error {
	if w.conn == nil {
		return nil
	}
	return w.conn.Close()
}
