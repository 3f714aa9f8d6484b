package store

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"
)

// bulk is a statement that is run for many rows of arguments: on SQLite once
// for each row, on PostgreSQL once with an array for each column or, if the rows
// are few, with a list of them. It is written once, with r.name for an argument,
// and each engine gets the form it runs best.
type bulk struct {
	columns string // names and PostgreSQL types, such as "id uuid, attempt int"
	verb    string // such as "INSERT INTO event", "UPDATE delivery" or "SELECT id"
	before  string // what stands between the verb and where the rows come from
	after   string // what stands behind
	hits    bool   // tells which rows were changed
}

// names and types are those of the columns.
func (b bulk) names() []string { return b.field(0) }

func (b bulk) types() []string { return b.field(1) }

func (b bulk) field(n int) []string {
	var fields []string
	for c := range strings.SplitSeq(b.columns, ",") {
		fields = append(fields, strings.Fields(c)[n])
	}
	return fields
}

// form returns the statement as an engine runs it: for many rows at once or for one.
func (b bulk) form(many bool) string {
	if many {
		return b.many()
	}
	return b.single()
}

// single returns the statement for one row: the references to r become
// question marks, which SQLite's driver binds quicker than names. So they must
// stand in the order of the columns.
func (b bulk) single() string {
	names := b.names()
	if b.inserts() {
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

// numbered returns the statement for one row with numbered parameters, as
// database/sql takes them on both engines.
func (b bulk) numbered() string {
	n := 0
	return regexp.MustCompile(`\?`).ReplaceAllStringFunc(b.single(), func(string) string {
		n++
		return fmt.Sprintf("$%d", n)
	})
}

// many returns the statement for all rows at once: r is a table of them.
func (b bulk) many() string {
	names, types := b.names(), b.types()
	arrays := make([]string, len(names))
	for i, t := range types {
		arrays[i] = fmt.Sprintf("$%d::%s[]", i+1, t)
	}
	list := strings.Join(names, ", ")
	from := fmt.Sprintf("unnest(%s) WITH ORDINALITY AS r (%s, nr)", strings.Join(arrays, ", "), list)
	if b.inserts() {
		return fmt.Sprintf("%s (%s) SELECT %s FROM %s %s", b.verb, list, list, from, b.after)
	}
	return b.joined(from)
}

// inserts reports whether the rows themselves are what is inserted.
func (b bulk) inserts() bool { return strings.HasPrefix(b.verb, "INSERT") && b.before == "" }

// joined returns a statement that goes by the rows, which stand in from as r.
func (b bulk) joined(from string) string {
	word := ","
	if strings.HasPrefix(b.verb, "UPDATE") {
		word = " FROM"
	}
	text := b.verb + " " + b.before + word + " " + from + " " + b.after
	if b.hits {
		text += " RETURNING r.nr"
	}
	return text
}

// few returns the statement for just n rows: r is a list of them. PostgreSQL runs
// it in half the time of many when there are a dozen, as it makes a table of each
// array first.
func (b bulk) few(n int) string {
	names, types := b.names(), b.types()
	list := strings.Join(names, ", ")
	rows := make([]string, n)
	for row := range n {
		marks := make([]string, len(names), len(names)+1)
		for i := range marks {
			marks[i] = fmt.Sprintf("$%d", row*len(names)+i+1)
			if row == 0 {
				marks[i] += "::" + types[i] // and so the others'
			}
		}
		if !b.inserts() {
			marks = append(marks, strconv.Itoa(row+1))
		}
		rows[row] = "(" + strings.Join(marks, ", ") + ")"
	}
	values := "VALUES " + strings.Join(rows, ", ")
	if b.inserts() {
		return fmt.Sprintf("%s (%s) %s %s", b.verb, list, values, b.after)
	}
	return b.joined(fmt.Sprintf("(%s) AS r (%s, nr)", values, list))
}

// arrays turns rows of arguments into a typed array for each column.
func arrays(types []string, n int, fill func(int, []any)) []any {
	columns := make([]any, len(types))
	for c, t := range types {
		switch t {
		case "uuid":
			columns[c] = make(pgtype.FlatArray[pgtype.UUID], n)
		case "text":
			columns[c] = make([]string, n)
		case "bigint":
			columns[c] = make([]int64, n)
		case "int":
			columns[c] = make([]int32, n)
		case "boolean":
			columns[c] = make([]bool, n)
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
	case pgtype.FlatArray[pgtype.UUID]:
		if id, ok := arg.([]byte); ok {
			column[row] = pgtype.UUID{Bytes: uuid.UUID(id), Valid: true}
		}
	case []string:
		column[row] = arg.(string)
	case []int64:
		column[row] = arg.(int64)
	case []int32:
		column[row] = int32(arg.(int64)) //nolint:gosec // columns of type int hold small numbers
	case []bool:
		column[row] = arg.(bool)
	case [][]byte:
		column[row] = arg.([]byte)
	}
}
