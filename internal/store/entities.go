package store

import (
	"bytes"
	"compress/gzip"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/waybillhq/waybill/internal/trade"
)

// State returns the newest state of an entity of a company, or ErrNoEntity.
func (s *Store) State(ctx context.Context, company string, e trade.Entity) (trade.State, error) {
	return s.state(ctx, e, versionOf+" ORDER BY version DESC LIMIT 1", company, string(e.Kind), e.ID)
}

// StateVersion returns a version of an entity of a company, or ErrNoEntity.
func (s *Store) StateVersion(ctx context.Context, company string, e trade.Entity, version int64) (trade.State, error) {
	return s.state(ctx, e, versionOf+" AND version = $4", company, string(e.Kind), e.ID, version)
}

// StateAt returns the state that an entity of a company had at a time, or ErrNoEntity.
func (s *Store) StateAt(ctx context.Context, company string, e trade.Entity, at time.Time) (trade.State, error) {
	return s.state(ctx, e, versionOf+" AND changed_at <= $4 ORDER BY version DESC LIMIT 1", company, string(e.Kind), e.ID, micros(at))
}

const versionOf = "company = $1 AND kind = $2 AND entity_id = $3"

// The columns of a version, and what stands for its JSON if that isn't wanted.
const (
	wholeVersion = "company, kind, entity_id, version, status, changed_at, state"
	bareVersion  = "company, kind, entity_id, version, status, changed_at, NULL"
)

func (s *Store) state(ctx context.Context, e trade.Entity, condition string, args ...any) (trade.State, error) {
	state, err := s.stateWhere(ctx, wholeVersion, condition, args...)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNoEntity
	}
	if err != nil {
		return trade.State{}, fmt.Errorf("read a state of %s %s: %w", e.Kind, e.ID, err)
	}
	return state, nil
}

func (s *Store) stateWhere(ctx context.Context, columns, condition string, args ...any) (trade.State, error) {
	return s.scanState(s.read.QueryRowContext(ctx, "SELECT "+columns+" FROM entity_version WHERE "+condition, args...))
}

func (s *Store) scanState(row scanner) (trade.State, error) {
	var state trade.State
	var changed int64
	var packed []byte
	err := row.Scan(&state.Company, &state.Entity.Kind, &state.Entity.ID, &state.Version, &state.Status, &changed, &packed)
	state.At = fromMicros(changed)
	if err == nil && packed != nil {
		state.JSON, err = s.unpack(packed)
	}
	return state, err
}

// States returns the newest states that q asks for, by when they came to be so and,
// of those that did at one time, by ID. See trade.StateQuery.
func (s *Store) States(ctx context.Context, q trade.StateQuery) ([]trade.State, error) {
	c := stateConditions(q)
	order, sign := "", ">"
	if q.Newest {
		order, sign = " DESC", "<"
	}
	if b := q.Beyond; b != (trade.StatePlace{}) {
		c.lead("(e.changed_at, e.id) "+sign+" (?, ?)", micros(b.At), b.ID)
	}
	text := "SELECT e.company, e.kind, e.id, e.version, e.status, e.changed_at, NULL FROM entity e"
	if !q.Bare {
		text = "SELECT e.company, e.kind, e.id, e.version, e.status, e.changed_at, v.state FROM entity e " +
			"JOIN entity_version v ON v.company = e.company AND v.kind = e.kind AND v.entity_id = e.id AND v.version = e.version"
	}
	text += " WHERE " + strings.Join(c.texts, " AND ") + " ORDER BY e.changed_at" + order + ", e.id" + order +
		" LIMIT " + c.arg(q.Limit) + " OFFSET " + c.arg(q.Offset)
	rows, err := s.read.QueryContext(ctx, text, c.args...)
	if err != nil {
		return nil, fmt.Errorf("list states: %w", err)
	}
	defer rows.Close()
	var states []trade.State
	for rows.Next() {
		state, err := s.scanState(rows)
		if err != nil {
			return nil, fmt.Errorf("list states: %w", err)
		}
		states = append(states, state)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list states: %w", err)
	}
	return states, nil
}

// CountStates returns how many entities match q, whatever its Offset, Limit and
// Beyond, and when the one of them came to be so that did last.
func (s *Store) CountStates(ctx context.Context, q trade.StateQuery) (total int64, last time.Time, err error) {
	c := stateConditions(q)
	var changed sql.NullInt64
	err = s.read.QueryRowContext(ctx, "SELECT count(*), max(e.changed_at) FROM entity e WHERE "+strings.Join(c.texts, " AND "),
		c.args...).Scan(&total, &changed)
	if err != nil {
		return 0, time.Time{}, fmt.Errorf("count states: %w", err)
	}
	return total, fromMicros(changed.Int64), nil
}

// stateConditions returns what entities e must meet.
func stateConditions(q trade.StateQuery) conditions {
	var c conditions
	c.lead("e.company = ?", q.Company)
	c.lead("e.kind = ?", string(q.Kind))
	if !q.After.IsZero() {
		c.lead("e.changed_at > ?", micros(q.After))
	}
	if !q.Until.IsZero() {
		c.lead("e.changed_at <= ?", micros(q.Until))
	}
	if len(q.Statuses) > 0 {
		marks := make([]string, len(q.Statuses))
		for i, status := range q.Statuses {
			marks[i] = c.arg(status)
		}
		c.lead("e.status IN (" + strings.Join(marks, ", ") + ")")
	}
	return c
}

// pack returns the JSON of a state as it is stored: it says the same names over and
// over, and compressed it needs a tenth of the room, and of the time to be written.
func (s *Store) pack(raw []byte) ([]byte, error) {
	w, ok := s.packers.Get().(*gzip.Writer)
	if !ok {
		var err error
		if w, err = gzip.NewWriterLevel(nil, gzip.BestSpeed); err != nil {
			return nil, err
		}
	}
	defer s.packers.Put(w)
	var packed bytes.Buffer
	w.Reset(&packed)
	if _, err := w.Write(raw); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return packed.Bytes(), nil
}

// unpack undoes pack.
func (s *Store) unpack(packed []byte) ([]byte, error) {
	r, ok := s.unpackers.Get().(*gzip.Reader)
	if !ok {
		r = new(gzip.Reader)
	}
	defer s.unpackers.Put(r)
	if err := r.Reset(bytes.NewReader(packed)); err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}
