package store

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"
)

// bulk is a statement that is run for many rows of arguments: on SQLite once
// for each row, on PostgreSQL once with an array for each column. It is written
// once, with r.name for an argument, and each engine gets the form it runs best.
type bulk struct {
	columns string // names and PostgreSQL types, such as "id uuid, attempt int"
	verb    string // "INSERT INTO event", "UPDATE delivery" or "SELECT"
	before  string // what stands between the verb and where the rows come from
	after   string // what stands behind
	hits    bool   // tells which rows were changed
}

// bulkStmt is a bulk that is prepared for one engine.
type bulkStmt struct {
	stmt  *sql.Stmt
	types []string // PostgreSQL's; empty on SQLite
	width int
	hits  bool
}

func (b bulk) prepare(ctx context.Context, db *sql.DB, many bool) (*bulkStmt, error) {
	var names, types []string
	for c := range strings.SplitSeq(b.columns, ",") {
		f := strings.Fields(c)
		names, types = append(names, f[0]), append(types, f[1])
	}
	p := &bulkStmt{width: len(names), hits: b.hits}
	text := b.single(names)
	if many {
		p.types = types
		text = b.many(names, types)
	}
	stmt, err := db.PrepareContext(ctx, text)
	if err != nil {
		return nil, fmt.Errorf("prepare %q: %w", text, err)
	}
	p.stmt = stmt
	return p, nil
}

// single returns the statement for one row: the references to r become
// question marks, which SQLite's driver binds quicker than names. So they must
// stand in the order of the columns.
func (b bulk) single(names []string) string {
	if strings.HasPrefix(b.verb, "INSERT") {
		marks := strings.TrimSuffix(strings.Repeat("?, ", len(names)), ", ")
		return fmt.Sprintf("%s (%s) VALUES (%s) %s", b.verb, strings.Join(names, ", "), marks, b.after)
	}
	n := 0
	text := regexp.MustCompile(`\br\.\w+`).ReplaceAllStringFunc(b.verb+" "+b.before+" "+b.after, func(ref string) string {
		if n == len(names) || ref != "r."+names[n] {
			panic("store: " + ref + " is not in the order of the columns " + b.columns)
		}
		n++
		return "?"
	})
	return text
}

// many returns the statement for all rows at once: r is a table of them.
func (b bulk) many(names, types []string) string {
	arrays := make([]string, len(names))
	for i, t := range types {
		arrays[i] = fmt.Sprintf("$%d::%s[]", i+1, t)
	}
	list := strings.Join(names, ", ")
	from := fmt.Sprintf("unnest(%s) WITH ORDINALITY AS r (%s, nr)", strings.Join(arrays, ", "), list)
	switch {
	case strings.HasPrefix(b.verb, "INSERT"):
		return fmt.Sprintf("%s (%s) SELECT %s FROM %s %s", b.verb, list, list, from, b.after)
	case b.hits:
		return fmt.Sprintf("%s %s FROM %s %s RETURNING r.nr", b.verb, b.before, from, b.after)
	default:
		return fmt.Sprintf("%s %s, %s %s", b.verb, b.before, from, b.after)
	}
}

// exec runs the statement for n rows; fill writes the arguments of one. If the
// statement tells hits, the result says for each row whether it changed
// anything; otherwise it is nil.
func (p *bulkStmt) exec(ctx context.Context, tx *sql.Tx, n int, fill func(row int, args []any)) ([]bool, error) {
	if n == 0 {
		return nil, nil
	}
	stmt := tx.StmtContext(ctx, p.stmt)
	var hits []bool
	if p.hits {
		hits = make([]bool, n)
	}
	if p.types != nil {
		return hits, p.execMany(ctx, stmt, n, fill, hits)
	}
	args := make([]any, p.width)
	for row := range n {
		fill(row, args)
		res, err := stmt.ExecContext(ctx, args...)
		if err != nil {
			return nil, err
		}
		if p.hits {
			changed, err := res.RowsAffected()
			if err != nil {
				return nil, err
			}
			hits[row] = changed > 0
		}
	}
	return hits, nil
}

func (p *bulkStmt) execMany(ctx context.Context, stmt *sql.Stmt, n int, fill func(int, []any), hits []bool) error {
	args := arrays(p.types, n, fill)
	if !p.hits {
		_, err := stmt.ExecContext(ctx, args...)
		return err
	}
	return each(ctx, stmt, args, func(rows *sql.Rows) error {
		var nr int
		if err := rows.Scan(&nr); err != nil {
			return err
		}
		hits[nr-1] = true
		return nil
	})
}

// query runs the statement for n rows and hands every row of the result to scan.
func (p *bulkStmt) query(ctx context.Context, tx *sql.Tx, n int, fill func(row int, args []any), scan func(*sql.Rows) error) error {
	if n == 0 {
		return nil
	}
	stmt := tx.StmtContext(ctx, p.stmt)
	if p.types != nil {
		return each(ctx, stmt, arrays(p.types, n, fill), scan)
	}
	args := make([]any, p.width)
	for row := range n {
		fill(row, args)
		if err := each(ctx, stmt, args, scan); err != nil {
			return err
		}
	}
	return nil
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

// arrays turns rows of arguments into a typed array for each column.
func arrays(types []string, n int, fill func(int, []any)) []any {
	columns := make([]any, len(types))
	for c, t := range types {
		switch t {
		case "uuid":
			columns[c] = make([]pgtype.UUID, n)
		case "text":
			columns[c] = make([]string, n)
		case "bigint":
			columns[c] = make([]int64, n)
		case "int":
			columns[c] = make([]int32, n)
		case "bytea":
			columns[c] = make([][]byte, n)
		default:
			panic("store: no array for column type " + t)
		}
	}
	args := make([]any, len(types))
	for row := range n {
		fill(row, args)
		for c, arg := range args {
			set(columns[c], row, arg)
		}
	}
	return columns
}

func set(column any, row int, arg any) {
	switch column := column.(type) {
	case []pgtype.UUID:
		if id, ok := arg.([]byte); ok {
			column[row] = pgtype.UUID{Bytes: uuid.UUID(id), Valid: true}
		}
	case []string:
		column[row] = arg.(string)
	case []int64:
		column[row] = arg.(int64)
	case []int32:
		column[row] = int32(arg.(int64)) //nolint:gosec // columns of type int hold small numbers
	case [][]byte:
		column[row] = arg.([]byte)
	}
}
