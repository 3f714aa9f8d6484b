package store

import (
	"database/sql"
	"fmt"
	"maps"
	"net/url"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite" // the sqlite driver

	"github.com/pressly/goose/v3"
)

// dialect holds what SQLite and PostgreSQL do differently.
type dialect struct {
	name       string // names the migrations' folder
	goose      goose.Dialect
	hasSchema  string             // asks whether migrations were ever applied
	skipLocked string             // ends a SELECT of rows that are about to be claimed
	holdRow    string             // ends a SELECT of a row that is to stay as it is until the commit
	many       bool               // a bulk statement takes all rows at once, as arrays
	snapshot   sql.IsolationLevel // of a transaction whose statements all see the same
}

// SQLite has one writer at a time; PostgreSQL's writers skip the rows that
// others hold, or wait for them.
func sqlite() dialect {
	return dialect{
		name: "sqlite", goose: goose.DialectSQLite3,
		hasSchema: `SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'goose_db_version')`,
	}
}

func postgres() dialect {
	return dialect{
		name: "postgres", goose: goose.DialectPostgres,
		hasSchema:  `SELECT to_regclass('goose_db_version') IS NOT NULL`,
		skipLocked: "FOR UPDATE SKIP LOCKED", holdRow: "FOR NO KEY UPDATE", many: true,
		snapshot: sql.LevelRepeatableRead,
	}
}

// openSQLite opens a pool on the file at path. The pragmas are in the name, so
// that every connection gets them: a commit is on the disk when it returns
// (synchronous=FULL), and readers don't stop the writer (WAL).
func openSQLite(path, options string, conns int) (*sql.DB, error) {
	dsn := (&url.URL{Scheme: "file", Opaque: url.PathEscape(path)}).String() + "?" +
		"_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)" +
		"&_pragma=foreign_keys(1)&_pragma=temp_store(2)" + options
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return db, nil
}

// openPostgres opens a pool whose connections have the given parameters.
func openPostgres(url string, params map[string]string, conns int) (*sql.DB, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("the database's URL is not usable: %w", err)
	}
	maps.Copy(config.RuntimeParams, params)
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return db, nil
}

// queueParams keep the planner on the queue's indexes: its guesses about a
// table that churns are wrong, and a sequential scan there costs a factor of
// ten. A scan that can't be avoided is then thought to be dear enough to be
// compiled first (jit), which takes longer than any of them. A statement is
// planned once, not anew for each length of its arrays. A commit is on the disk
// when it returns.
func queueParams() map[string]string {
	return map[string]string{
		"enable_seqscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off",
		"jit":                                 "off",
		"plan_cache_mode":                     "force_generic_plan",
		"synchronous_commit":                  "on",
		"statement_timeout":                   milliseconds(60),
		"idle_in_transaction_session_timeout": milliseconds(60),
		"application_name":                    "waybill queue",
	}
}

// readParams keep a reader's snapshot short: an old one slows every claim.
func readParams() map[string]string {
	return map[string]string{
		"default_transaction_read_only":       "on",
		"statement_timeout":                   milliseconds(10),
		"idle_in_transaction_session_timeout": milliseconds(10),
		"application_name":                    "waybill pages",
	}
}

func milliseconds(seconds int) string { return strconv.Itoa(seconds * 1000) }
