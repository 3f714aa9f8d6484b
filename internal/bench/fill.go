package bench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// A filling is what a database is filled with: deliveries of several companies
// and their hooks, two for each event, made evenly over four weeks. Of what waits,
// half is of the last two days and belongs to the first two hooks of the first
// company, as if their receivers were down since then. The other half was made
// before, as if it belonged to hooks that were switched off some time, and none of
// it to the last hook of each company.
type filling struct {
	waiting, settled int // deliveries
	end              time.Time
}

const (
	fillCompanies = 5
	fillHooks     = 20 // of each company
	fillSpan      = 28 * 24 * time.Hour
	fillChunk     = 50_000 // events of a transaction
	fillAgain     = 4      // events of an entity
	fillTypes     = 4      // of events
	fillBody      = 200    // bytes of an event's data
	fillDown      = 14     // one of so many events is of the last two days
)

func (f filling) events() int { return (f.waiting + f.settled) / 2 }

// down is the number of the first event of the last two days.
func (f filling) down() int { return f.events() - f.events()/fillDown }

func (f filling) entities() int { return max(1, f.events()/fillAgain) }

func (f filling) start() time.Time { return f.end.Add(-fillSpan) }

// fillCompany returns the ID of the company with a number.
func fillCompany(number int) string { return fmt.Sprintf("grown-%d", number) }

// entityID returns the ID of the entity with a number, which belongs to the
// company with the number modulo fillCompanies.
func entityID(number int) string { return fmt.Sprintf("NW-%d", 1_000_000+number) }

// filler writes what a database is filled with, set by set, past the store, which
// would take hours.
type filler struct {
	db       *sql.DB // one connection
	postgres bool
}

// openFiller opens a database that a store has made. What is filled in needs to
// survive nothing.
func openFiller(ctx context.Context, database string) (*filler, error) {
	f := &filler{postgres: strings.HasPrefix(database, "postgres:")}
	driver, prepare := "sqlite", `PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000; PRAGMA wal_autocheckpoint = 64000`
	if f.postgres {
		driver, prepare = "pgx", `SET synchronous_commit = off`
	}
	var err error
	if f.db, err = sql.Open(driver, database); err != nil {
		return nil, err
	}
	f.db.SetMaxOpenConns(1)
	if _, err := f.db.ExecContext(ctx, prepare); err != nil {
		return nil, errors.Join(err, f.db.Close())
	}
	return f, nil
}

// fill adds a filling for hooks, those of each company one after the other.
func (f *filler) fill(ctx context.Context, what filling, hooks []uuid.UUID) error {
	if err := f.noteHooks(ctx, hooks); err != nil {
		return err
	}
	data := []byte(`{"OrderId":80417,"OrderCode":"` + strings.Repeat("x", fillBody) + `"}`)
	for from := 0; from < what.events(); from += fillChunk {
		to := min(from+fillChunk, what.events()) - 1
		args := []any{
			from, to, what.start().UnixMicro(), fillSpan.Microseconds() / int64(what.events()), what.waiting / 4, what.events(),
			what.down(), what.entities(), what.end.UnixMicro(),
		}
		err := f.inTx(ctx, func(tx *sql.Tx) error {
			_, keys := tx.ExecContext(ctx, f.statement(fillKeys), args...)
			_, events := tx.ExecContext(ctx, f.statement(fillEvents), append(args, data)...)
			_, deliveries := tx.ExecContext(ctx, f.statement(fillDeliveries), append(args, len(data))...)
			_, attempts := tx.ExecContext(ctx, f.statement(fillAttempts), args...)
			return errors.Join(keys, events, deliveries, attempts)
		})
		if err != nil {
			return fmt.Errorf("fill in events %d to %d: %w", from, to, err)
		}
	}
	return nil
}

// noteHooks makes a table of hooks by number, for this connection.
func (f *filler) noteHooks(ctx context.Context, hooks []uuid.UUID) error {
	return f.inTx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `CREATE TEMP TABLE filled_hook (nr INTEGER PRIMARY KEY, company TEXT, id UUID)`); err != nil {
			return err
		}
		for nr, id := range hooks {
			_, err := tx.ExecContext(ctx, `INSERT INTO filled_hook (nr, company, id) VALUES ($1, $2, $3)`, nr, fillCompany(nr/fillHooks), id[:])
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (f *filler) inTx(ctx context.Context, fn func(*sql.Tx) error) error {
	tx, err := f.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // does nothing after Commit
	if err := fn(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// settle leaves the database as one is that has grown over weeks: PostgreSQL has
// vacuumed it and has statistics, and nothing is left to be copied from the log.
func (f *filler) settle(ctx context.Context) error {
	rest := []string{`PRAGMA wal_checkpoint(TRUNCATE)`}
	if f.postgres {
		rest = []string{`VACUUM (ANALYZE)`, `CHECKPOINT`}
	}
	for _, text := range rest {
		if _, err := f.db.ExecContext(ctx, text); err != nil {
			return fmt.Errorf("%s: %w", text, err)
		}
	}
	return nil
}

func (f *filler) close() error { return f.db.Close() }

// filled is the beginning of the statements that fill: the events from $1 to $2,
// when they were received, whether their deliveries wait, and for whom they are.
// The times of events begin with $3 and are $4 apart; of the $6 events, $5 wait
// before that with number $7 and as many from there on; there are $8 entities; and
// $9 is the time now.
const filled = `
WITH RECURSIVE p (low, high, start, step, waiting, events, down, entities, now) AS (
    SELECT CAST($1 AS BIGINT), CAST($2 AS BIGINT), CAST($3 AS BIGINT), CAST($4 AS BIGINT), CAST($5 AS BIGINT),
        CAST($6 AS BIGINT), CAST($7 AS BIGINT), CAST($8 AS BIGINT), CAST($9 AS BIGINT)),
series (e) AS (SELECT low FROM p UNION ALL SELECT e + 1 FROM series WHERE e < (SELECT high FROM p)),
parted (e, at, entity, now, down, nr, waiting, of_all) AS (
    SELECT e, start + e * step, e % entities, now, e >= down, CASE WHEN e < down THEN e ELSE e - down END, waiting,
        CASE WHEN e < down THEN down ELSE events - down END
    FROM series CROSS JOIN p),
timed (e, at, entity, now, down, nth, waits) AS (
    SELECT e, at, entity, now, down, nr * waiting / of_all, (nr + 1) * waiting / of_all > nr * waiting / of_all FROM parted),
placed (e, at, entity, waits, nth, now, company, hook, other) AS (
    SELECT e, at, entity, waits, nth, now,
        CASE WHEN waits AND down THEN 0 ELSE entity % COMPANIES END,
        CASE WHEN waits AND down THEN 0 WHEN waits THEN nth % (HOOKS - 1) ELSE e / COMPANIES % HOOKS END,
        CASE WHEN waits AND down THEN 1 WHEN waits THEN (nth + 7) % (HOOKS - 1) ELSE (e / COMPANIES + 7) % HOOKS END
    FROM timed),
owed (e, k, at, entity, waits, nth, now, state, hook_id, company) AS (
    SELECT e, k, at, entity, waits, nth, now,
        CASE WHEN waits THEN 'waiting' WHEN e % 21 = 1 THEN 'failed' WHEN e % 101 = 2 THEN 'cancelled' ELSE 'delivered' END,
        h.id, h.company
    FROM placed CROSS JOIN (SELECT 0 AS k UNION ALL SELECT 1) AS two
    JOIN filled_hook h ON h.nr = placed.company * HOOKS + CASE WHEN k = 0 THEN hook ELSE other END)`

const fillKeys = `INSERT INTO event_key (company, key, event_id, fingerprint)` + filled + `
SELECT company, 'id:' || e, EVENT_ID, NOTHING FROM owed WHERE k = 0`

const fillEvents = `INSERT INTO event (id, company, source_id, type, entity_kind, entity_id, shop, occurred_at, received_at, deliveries, data)` + filled + `
SELECT EVENT_ID, company, CAST(e AS TEXT), TYPE, 'order', ENTITY_ID, '', at, at, DELIVERY_IDS, $10
FROM owed WHERE k = 0`

// Half of what waits is due; the other half is tried again within the hour.
const fillDeliveries = `INSERT INTO delivery (company, id, hook_id, event_id, event_type, entity_kind, entity_id, state, priority,
    attempt, due_at, created_at, settled_at, status, reason, size)` + filled + `
SELECT company, DELIVERY_ID, hook_id, EVENT_ID, TYPE, 'order', ENTITY_ID, state, 2,
    CASE WHEN NOT waits THEN 1 WHEN nth % 2 = 0 THEN 0 ELSE 3 END,
    CASE WHEN waits AND nth % 2 = 1 THEN now + nth % 3600 * 1000000 ELSE at END, at,
    CASE WHEN waits AND nth % 2 = 0 THEN 0 ELSE at + 200000 END,
    CASE state WHEN 'delivered' THEN 200 WHEN 'failed' THEN 500 ELSE 0 END,
    CASE state WHEN 'failed' THEN 'the receiver answered 500 Internal Server Error' WHEN 'cancelled' THEN 'it was cancelled by hand' ELSE '' END,
    CAST($10 AS BIGINT)
FROM owed`

// Of the attempts, every second one is kept.
const fillAttempts = `INSERT INTO attempt (delivery_id, number, hook_version, started_at, method, url, request_head, body_size, body_sha256,
    status, response_head, response_body, error, reason, dns_us, connect_us, tls_us, first_byte_us, total_us)` + filled + `
SELECT DELIVERY_ID, 1, 1, at, 'POST', 'https://receiver.example/hooks/orders', 'Content-Type: application/json
User-Agent: Waybill
', 200, NOTHING, CASE state WHEN 'failed' THEN 500 ELSE 200 END, 'Content-Length: 2
', NOTHING, '', '', 0, 0, 0, 1900, 2000
FROM owed WHERE k = 0 AND NOT waits AND state <> 'cancelled'`

// statement returns a statement that fills as the engine takes it.
func (f *filler) statement(text string) string {
	types := make([]string, 0, fillTypes)
	for _, t := range eventTypes()[:fillTypes] {
		types = append(types, "'"+t+"'")
	}
	hex := func(width int, value string) string {
		if f.postgres {
			return fmt.Sprintf("lpad(to_hex(%s), %d, '0')", value, width)
		}
		return fmt.Sprintf("printf('%%0%dx', %s)", width, value)
	}
	// An ID of version 7 (RFC 9562, section 5.7): milliseconds, and instead of
	// chance a number of the row.
	id := func(number string) string {
		return hex(12, "at / 1000") + " || '7' || " + hex(3, number+" % 4096") + " || '8000' || " + hex(12, number)
	}
	asID, asBytes, nothing := "unhex(%s)", "unhex(%s)", "x''"
	if f.postgres {
		asID, asBytes, nothing = "CAST(%s AS UUID)", "decode(%s, 'hex')", "CAST('' AS BYTEA)"
	}
	return strings.NewReplacer(
		"COMPANIES", strconv.Itoa(fillCompanies), "HOOKS", strconv.Itoa(fillHooks),
		"EVENT_ID", fmt.Sprintf(asID, id("e")), "DELIVERY_IDS", fmt.Sprintf(asBytes, id("(2 * e)")+" || "+id("(2 * e + 1)")),
		"DELIVERY_ID", fmt.Sprintf(asID, id("(2 * e + k)")),
		"ENTITY_ID", "'NW-' || (1000000 + entity)", "NOTHING", nothing,
		"TYPE", fmt.Sprintf("CASE e %% %d WHEN 0 THEN %s WHEN 1 THEN %s WHEN 2 THEN %s ELSE %s END", fillTypes, types[0], types[1], types[2], types[3]),
	).Replace(text)
}
