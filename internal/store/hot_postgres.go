package store

import (
	"context"
	"database/sql"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
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
		_ = w.conn.Close() // what went wrong has been told
		w.conn = nil
	}
	return err
}

// fewRows are the numbers of rows that there are statements for. Others are made
// up of them, until there are so many that one with arrays is as quick.
func fewRows() []int { return []int{32, 8, 2, 1} }

const manyRows = 64

func (t *postgresTx) exec(_ context.Context, s *hotStatement, n int, fill func(row int, args []any), hit func(row int)) error {
	if n >= manyRows {
		t.queue(s, s.text, arrays(s.types, n, fill), 0, hit)
		return nil
	}
	row := 0
	for _, size := range fewRows() {
		for ; n-row >= size; row += size {
			t.queue(s, s.few[size], list(s.types, row, size, fill), row, hit)
		}
	}
	return nil
}

// queue adds a statement that is for rows from the given one on.
func (t *postgresTx) queue(s *hotStatement, text string, args []any, from int, hit func(row int)) {
	q := t.batch.Queue(text, args...)
	if !s.hits {
		return
	}
	q.Query(func(rows pgx.Rows) error {
		for rows.Next() {
			var nr int // counted from 1
			if err := rows.Scan(&nr); err != nil {
				return err
			}
			hit(from + nr - 1)
		}
		return rows.Err()
	})
}

// list returns the arguments of so many rows from the given one on.
func list(types []string, from, n int, fill func(int, []any)) []any {
	all := make([]any, n*len(types))
	for row := range n {
		args := all[row*len(types):][:len(types)]
		fill(from+row, args)
		for i, t := range types {
			if id, ok := args[i].([]byte); ok && t == "uuid" {
				args[i] = pgtype.UUID{Bytes: uuid.UUID(id), Valid: true}
			}
		}
	}
	return all
}

func (w *postgresWriter) close() error {
	if w.conn == nil {
		return nil
	}
	return w.conn.Close()
}
