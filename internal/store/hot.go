package store

import (
	"context"
	"database/sql"
	"fmt"
)

// hotTx writes what belongs to one commit on the way of an event.
type hotTx interface {
	// exec runs s for n rows; fill writes the arguments of one, as int64, string,
	// bool, []byte or nil. If s tells hits, hit is called for each row that it changed
	// something for, by the time the transaction is committed.
	exec(ctx context.Context, s *hotStatement, n int, fill func(row int, args []any), hit func(row int)) error
}

// hotWriter makes such transactions, one at a time. It goes to the database
// past database/sql, whose cost for each statement is felt here.
type hotWriter interface {
	// inTx calls sent when all that is left is to wait for the database.
	inTx(ctx context.Context, sent func(), fn func(hotTx) error) error
	close() error
}

// hotStatement is a bulk in the form that an engine runs.
type hotStatement struct {
	text  string
	few   map[int]string // the same for just so many rows; on PostgreSQL
	types []string       // of the columns
	hits  bool
}

// hotStatements are the statements on the way of an event.
type hotStatements struct {
	insertKeys     *hotStatement
	insertEvent    *hotStatement
	insertDelivery *hotStatement
	moveDelivery   *hotStatement
	insertAttempt  *hotStatement
	insertAlert    *hotStatement
	group          groupStatements
	filing         filingStatements
	entity         entityStatements
}

func (s *Store) hotStatements() hotStatements {
	form := func(b bulk) *hotStatement {
		h := &hotStatement{text: b.form(s.many), types: b.types(), hits: b.hits}
		if s.many {
			h.few = make(map[int]string)
			for _, n := range fewRows() {
				h.few[n] = b.few(n)
			}
		}
		return h
	}
	return hotStatements{
		insertKeys: form(insertKeys()), insertEvent: form(insertEvent()), insertDelivery: form(insertDelivery()),
		moveDelivery: form(moveDelivery()), insertAttempt: form(insertAttempt()), insertAlert: form(insertAlert()),
		group: groupStatements{
			lock: form(lockGroup()), merge: form(mergeDelivery()), noteMerged: form(noteMerged()), giveTurn: form(giveTurn()),
			lockYounger: form(lockYounger()), takeEvent: form(takeEvent()), endMerged: form(endMerged()), release: form(releaseNext()),
		},
		filing: filingStatements{
			keepContent: form(keepContent()), insertDocument: form(insertDocument()), putDeal: form(putDeal()),
		},
		entity: entityStatements{insertVersion: form(insertVersion()), putEntity: form(putEntity())},
	}
}

// bulkQuery is a bulk that selects, prepared.
type bulkQuery struct {
	stmt  *sql.Stmt
	types []string
	many  bool
}

func (s *Store) prepareQuery(ctx context.Context, b bulk) (*bulkQuery, error) {
	text := b.form(s.many)
	stmt, err := s.write.PrepareContext(ctx, text)
	if err != nil {
		return nil, fmt.Errorf("prepare %q: %w", text, err)
	}
	return &bulkQuery{stmt: stmt, types: b.types(), many: s.many}, nil
}

// run selects for n rows and hands every row of the result to scan.
func (q *bulkQuery) run(ctx context.Context, n int, fill func(row int, args []any), scan func(*sql.Rows) error) error {
	if n == 0 {
		return nil
	}
	if q.many {
		return each(ctx, q.stmt, arrays(q.types, n, fill), scan)
	}
	args := make([]any, len(q.types))
	for row := range n {
		fill(row, args)
		if err := each(ctx, q.stmt, args, scan); err != nil {
			return err
		}
	}
	return nil
}

// execBulk runs a bulk that changes n rows and tells no hits. It is for what is
// seldom needed, and so not prepared before.
func (s *Store) execBulk(ctx context.Context, tx *sql.Tx, b bulk, n int, fill func(row int, args []any)) error {
	return s.execHits(ctx, tx, b, n, fill, nil)
}

// execHits is execBulk for a bulk that tells hits: hit is called for each row that it
// changed something for.
func (s *Store) execHits(ctx context.Context, tx *sql.Tx, b bulk, n int, fill func(row int, args []any), hit func(row int)) error {
	switch {
	case n == 0:
		return nil
	case s.many && b.hits:
		return queryHits(ctx, tx, b.many(), arrays(b.types(), n, fill), hit)
	case s.many:
		_, err := tx.ExecContext(ctx, b.many(), arrays(b.types(), n, fill)...)
		return err
	}
	stmt, err := tx.PrepareContext(ctx, b.single())
	if err != nil {
		return err
	}
	defer func() { _ = stmt.Close() }() // what went wrong has been told
	args := make([]any, len(b.types()))
	for row := range n {
		fill(row, args)
		res, err := stmt.ExecContext(ctx, args...)
		if err != nil {
			return err
		}
		if changed, err := res.RowsAffected(); err != nil {
			return err
		} else if b.hits && changed > 0 {
			hit(row)
		}
	}
	return nil
}

// queryHits runs a bulk for many rows that tells hits.
func queryHits(ctx context.Context, tx *sql.Tx, text string, args []any, hit func(row int)) error {
	rows, err := tx.QueryContext(ctx, text, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var nr int // counted from 1
		if err := rows.Scan(&nr); err != nil {
			return err
		}
		hit(nr - 1)
	}
	return rows.Err()
}

func each(ctx context.Context, stmt *sql.Stmt, args []any, scan func(*sql.Rows) error) error {
	rows, err := stmt.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
