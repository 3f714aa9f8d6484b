package store

import (
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/pgtemp"
	"github.com/waybillhq/waybill/internal/trade"
)

// before12 is what the version before migration 12 says to the database on the way of
// an event, in its words.
var before12 = map[string]string{
	"event": `INSERT INTO event (id, company, source_id, type, entity_kind, entity_id, shop, occurred_at, received_at, deliveries, data)
		VALUES ($1, 'acme', '', 'OrderChanged', 'order', '1', '', $2, $2, $3, $4)`,
	"delivery": `INSERT INTO delivery (id, company, hook_id, event_id, event_type, entity_kind, entity_id, state, priority, attempt,
		due_at, created_at, size, node_id) VALUES ($1, 'acme', $2, $3, 'OrderChanged', 'order', '1', 'waiting', 2, 0, $4, $4, 2, NULL)`,
	"merge": `INSERT INTO delivery (id, company, hook_id, event_id, event_type, entity_kind, entity_id, state, priority, attempt,
		due_at, created_at, size, node_id, merges, events)
		VALUES ($1, 'acme', $2, $3, 'OrderChanged', 'order', '1', 'waiting', 2, 0, $4, $4, 2, NULL, TRUE, 1)
		ON CONFLICT (hook_id, entity_kind, entity_id) WHERE merges AND state = 'waiting' DO UPDATE SET event_id = excluded.event_id,
		event_type = excluded.event_type, size = excluded.size, events = delivery.events + excluded.events`,
	"node": `INSERT INTO node (id, started_at, lease_end) VALUES ($1, $2, $3)`,
	"move": `UPDATE delivery SET state = 'delivered', due_at = $1, settled_at = $1, status = 200, reason = '', node_id = NULL
		WHERE company = 'acme' AND id = $2 AND attempt = 1 AND node_id = $3`,
	"attempt": `INSERT INTO attempt (delivery_id, number, hook_version, started_at, method, url, request_head, body_size, body_sha256,
		status, response_head, response_body, error, reason, dns_us, connect_us, tls_us, first_byte_us, total_us)
		VALUES ($1, 1, 1, $2, 'POST', '', '', 0, $3, 200, '', $3, '', '', 0, 0, 0, 0, 0)`,
	"alert": `INSERT INTO alert (id, company, kind, subject, severity, text, german, level, count, first_at, last_at)
		VALUES ($1, 'acme', 'delivery.failed', 'x', 'error', '', '', 0, 1, $2, $2)
		ON CONFLICT (company, kind, subject) WHERE closed_at = 0 DO UPDATE SET count = alert.count + excluded.count`,
	"job": `INSERT INTO delivery_job (id, company, operation, priority, filter, state, started_by, created_at, total, partial, reached, key, fingerprint)
		VALUES ($1, 'acme', 'retry', 2, '{}', 'running', 'kim', $2, 0, FALSE, $1, '', $3)`,
	"claim": `UPDATE delivery SET state = 'sending', node_id = $1, attempt = attempt + 1 WHERE company = 'acme' AND id = $2 AND state = 'waiting'
		RETURNING id, company, hook_id, event_id, event_type, entity_kind, entity_id, state, priority, attempt, due_at, created_at,
		settled_at, status, size, reason, events, merged_into, merges, turn > 0, tries_from, retried_at, replay_of`,
	"read": `SELECT id, company, source_id, type, entity_kind, entity_id, shop, occurred_at, received_at, data FROM event WHERE id = $1`,
}

// unmigrated returns a store whose database has the schema of a version.
func unmigrated(t *testing.T, s *Store, open func() error, version int64) *Store {
	t.Helper()
	s.sealer = newKeys(t)
	if err := open(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	p, err := s.provider()
	if err == nil {
		_, err = p.UpTo(t.Context(), version)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Nodes are upgraded one after the other: the first migrates while those of the version
// before serve, whose statements are prepared already.
func TestTheVersionBeforeServesOnWhenANewerOneHasMigrated(t *testing.T) {
	t.Parallel()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		s := &Store{dialect: sqlite(), path: filepath.Join(t.TempDir(), "test.db")}
		testUpgrade(t, unmigrated(t, s, s.openFile, 11))
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		s, url := &Store{dialect: postgres()}, pgtemp.Database(t)
		testUpgrade(t, unmigrated(t, s, func() error { return s.openURL(url) }, 11))
	})
}

func testUpgrade(t *testing.T, s *Store) {
	t.Helper()
	ctx, now := t.Context(), time.UnixMicro(1_780_000_000_000_000).UTC()
	stmts := make(map[string]*sql.Stmt)
	for name, text := range before12 {
		stmts[name] = prepared(t, s, text)
	}
	do := func(name string, args ...any) {
		t.Helper()
		if _, err := stmts[name].ExecContext(ctx, args...); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	id := func() []byte { id := uuid.Must(uuid.NewV7()); return id[:] }
	node, h, event, at := id(), id(), id(), micros(now)
	do("node", node, at, at+1) // once before, so that it is planned
	if err := s.migrate(ctx); err != nil {
		t.Fatal(err)
	}
	if err := s.prepare(ctx); err != nil {
		t.Fatal(err)
	}

	older, newer := id(), id()
	do("node", id(), at, at+1)
	do("event", event, at, append(older, newer...), []byte("{}"))
	do("delivery", older, h, event, at)
	do("delivery", newer, h, event, at)
	for range 2 {
		do("merge", id(), h, event, at+1)
		do("alert", id(), at)
	}
	do("job", id(), at, []byte{})
	d, err := scanDelivery(stmts["claim"].QueryRowContext(ctx, node, older))
	if err != nil || d.Attempt != 1 || d.Grouped() {
		t.Errorf("the version before claims %+v, %v, want it at its first attempt", d, err)
	}
	do("attempt", older, at, []byte{})
	do("move", at, older, node)

	holder := uuid.Must(uuid.NewV7())
	jobs, _, err := s.Claim(ctx, holder, now, []hook.Want{{HookID: uuid.UUID(h), Limit: 10, Bytes: 100}})
	if err != nil || len(jobs) != 1 || jobs[0].Delivery.ID != uuid.UUID(newer) || jobs[0].Event.Trace != (trade.Trace{}) {
		t.Errorf("the newer version claims %+v, %v, want what the other has not", jobs, err)
	}
	if d, err := s.Delivery(ctx, "acme", uuid.UUID(older)); err != nil || d.State != hook.Delivered {
		t.Errorf("what the version before has delivered is %+v, %v", d, err)
	}

	e := trade.Event{ID: uuid.Must(uuid.NewV7()), Company: "acme", Type: "OrderChanged", ReceivedAt: now, OccurredAt: now}
	e.Trace.Parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	if _, err := s.Accept(ctx, holder, []hook.Acceptance{{Event: e}}); err != nil {
		t.Fatal(err)
	}
	var got trade.Event
	var occurred, received int64
	err = stmts["read"].QueryRowContext(ctx, e.ID[:]).Scan(&got.ID, &got.Company, &got.SourceID, &got.Type, &got.Entity.Kind, &got.Entity.ID,
		&got.Shop, &occurred, &received, (*[]byte)(&got.Data))
	if err != nil || got.ID != e.ID {
		t.Errorf("the version before reads %+v, %v, want what the newer one has accepted", got, err)
	}
}

// prepared returns a statement that lives as long as the test.
func prepared(t *testing.T, s *Store, text string) *sql.Stmt {
	t.Helper()
	stmt, err := s.write.PrepareContext(t.Context(), text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	t.Cleanup(func() { _ = stmt.Close() })
	return stmt
}
