package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
)

// sqliteWriter runs prepared statements on the one connection that writes.
type sqliteWriter struct {
	db    *sql.DB
	conn  sqliteConn // whose statements are prepared
	stmts map[string]driver.StmtExecContext
}

// sqliteConn is what we use of the driver's connection.
type sqliteConn interface {
	driver.ConnPrepareContext
	driver.ExecerContext
}

// sqliteTx is a transaction that has begun.
type sqliteTx struct {
	writer *sqliteWriter
	args   []any
	values []driver.NamedValue
}

func (w *sqliteWriter) inTx(ctx context.Context, _ func(), fn func(hotTx) error) error {
	conn, err := w.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Raw(func(raw any) error {
		if c := raw.(sqliteConn); c != w.conn {
			w.conn, w.stmts = c, make(map[string]driver.StmtExecContext)
		}
		if err := w.run(ctx, "BEGIN IMMEDIATE"); err != nil {
			return err
		}
		err := fn(&sqliteTx{writer: w})
		if err == nil {
			err = w.run(ctx, "COMMIT")
		}
		if err != nil {
			return errors.Join(err, w.run(ctx, "ROLLBACK"))
		}
		return nil
	})
}

// run runs a statement without arguments.
func (w *sqliteWriter) run(ctx context.Context, text string) error {
	stmt, err := w.prepare(ctx, text)
	if err != nil {
		return err
	}
	_, err = stmt.ExecContext(ctx, nil)
	return err
}

func (w *sqliteWriter) prepare(ctx context.Context, text string) (driver.StmtExecContext, error) {
	if stmt, ok := w.stmts[text]; ok {
		return stmt, nil
	}
	prepared, err := w.conn.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	stmt := prepared.(driver.StmtExecContext)
	w.stmts[text] = stmt
	return stmt, nil
}

func (t *sqliteTx) exec(ctx context.Context, s *hotStatement, n int, fill func(row int, args []any), hit func(row int)) error {
	if n == 0 {
		return nil
	}
	stmt, err := t.writer.prepare(ctx, s.text)
	if err != nil {
		return err
	}
	t.args = append(t.args[:0], make([]any, len(s.types))...)
	t.values = append(t.values[:0], make([]driver.NamedValue, len(s.types))...)
	for row := range n {
		fill(row, t.args)
		for i, arg := range t.args {
			t.values[i] = driver.NamedValue{Ordinal: i + 1, Value: arg}
		}
		result, err := stmt.ExecContext(ctx, t.values)
		if err != nil {
			return err
		}
		if !s.hits {
			continue
		}
		changed, err := result.RowsAffected()
		if err != nil {
			return err
		}
		if changed > 0 {
			hit(row)
		}
	}
	return nil
}

// close closes the statements, if the connection that they belong to is still
// there: database/sql replaces one on which a transaction was cancelled, and
// its statements have ended with it.
func (w *sqliteWriter) close() error {
	if w.conn == nil {
		return nil
	}
	conn, err := w.db.Conn(context.Background())
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Raw(func(raw any) error {
		if raw.(sqliteConn) != w.conn {
			return nil
		}
		var errs []error
		for _, stmt := range w.stmts {
			errs = append(errs, stmt.(driver.Stmt).Close())
		}
		return errors.Join(errs...)
	})
}
