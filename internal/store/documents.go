package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
	"github.com/waybillhq/waybill/internal/trade"
)

var (
	// ErrNoDocument says that the company has no document that is asked for.
	ErrNoDocument = missing("there is no such document", "Dieses Dokument gibt es nicht.")
	// ErrNoDeal says that the company has no deal that is asked for.
	ErrNoDeal = missing("there is no such deal", "Diesen Vorgang gibt es nicht.")
)

const documentColumns = `company, id, kind, order_id, platform_order_id, transaction_id, status, buyer, seller, test, format,
    size, sha256, created_at, event_id, in_bucket, parsed, summary, fingerprint`

// Document returns a document of a company, or ErrNoDocument.
func (s *Store) Document(ctx context.Context, company string, id uuid.UUID) (trade.Document, error) {
	d, err := s.document(ctx, `company = $1 AND id = $2`, company, id[:])
	return d.Document, err
}

// DocumentByKey returns the document that was filed for a company with an idempotency
// key, or ErrNoDocument.
func (s *Store) DocumentByKey(ctx context.Context, company, key string) (hook.FiledDocument, error) {
	return s.document(ctx, `company = $1 AND key = $2 AND key <> ''`, company, key)
}

// NewestDocument returns the newest document of a kind, in one of the given formats,
// of a deal of a company, or ErrNoDocument. In JSON it counts only if it was read.
func (s *Store) NewestDocument(ctx context.Context, company, transaction string, k trade.DocumentKind, formats ...trade.Format) (trade.Document, error) {
	c := conditions{}
	c.lead("company = ?", company)
	c.lead("transaction_id = ?", transaction)
	c.sift("kind", string(k))
	marks := make([]string, len(formats))
	for i, f := range formats {
		marks[i] = c.arg(string(f))
	}
	c.lead("format IN (" + strings.Join(marks, ", ") + ")")
	if len(formats) > 1 {
		c.lead("(parsed OR format <> ?)", string(trade.JSON))
	}
	d, err := s.document(ctx, strings.Join(c.texts, " AND ")+" ORDER BY id DESC LIMIT 1", c.args...)
	return d.Document, err
}

func (s *Store) document(ctx context.Context, condition string, args ...any) (hook.FiledDocument, error) {
	d, err := scanDocument(s.read.QueryRowContext(ctx, `SELECT `+documentColumns+` FROM document WHERE `+condition, args...))
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNoDocument
	}
	if err != nil {
		return hook.FiledDocument{}, fmt.Errorf("read a document: %w", err)
	}
	return d, nil
}

func scanDocument(row scanner) (hook.FiledDocument, error) {
	var d hook.FiledDocument
	var created int64
	var event uuid.NullUUID
	var sum, summary []byte
	err := row.Scan(&d.Company, &d.ID, &d.Kind, &d.OrderID, &d.PlatformOrderID, &d.TransactionID, &d.Status, &d.Buyer, &d.Seller,
		&d.Test, &d.Format, &d.Size, &sum, &created, &event, &d.InBucket, &d.Parsed, &summary, &d.Fingerprint)
	if err != nil {
		return hook.FiledDocument{}, err
	}
	copy(d.SHA256[:], sum)
	d.CreatedAt, d.EventID = fromMicros(created), event.UUID
	return d, json.Unmarshal(summary, &d.Summary)
}

// Documents returns the documents that q asks for, by descending ID, which is newest
// first. The deal or the order, if asked for, leads to an index.
func (s *Store) Documents(ctx context.Context, q trade.DocumentQuery) ([]trade.Document, error) {
	c := tradeConditions(q.Company, q.TransactionID, q.OrderID)
	if q.Kind != "" {
		c.sift("kind", string(q.Kind))
	}
	c.tradeFilters(q.Status, q.Test, q.From, q.To, q.Before)
	var ds []trade.Document
	err := s.list(ctx, documentColumns, "document", c, q.Limit, func(row scanner) error {
		d, err := scanDocument(row)
		ds = append(ds, d.Document)
		return err
	})
	return ds, err
}

// tradeConditions returns the conditions that lead to an index.
func tradeConditions(company, transaction, order string) conditions {
	var c conditions
	c.lead("company = ?", company)
	switch {
	case transaction != "":
		c.lead("transaction_id = ?", transaction)
		if order != "" {
			c.sift("order_id", order)
		}
	case order != "":
		c.lead("order_id = ?", order)
	}
	return c
}

// early is by how much an ID may be older than its document, which is made when it
// begins to be brought.
const early = 3 * time.Hour

// tradeFilters adds the filters that documents and deals have in common.
func (c *conditions) tradeFilters(status string, test *bool, from, to time.Time, before uuid.UUID) {
	if status != "" {
		c.sift("status", status)
	}
	if test != nil {
		c.sift("test", *test)
	}
	if !from.IsZero() {
		c.above(lowest(from.Add(-early)))
		c.lead("created_at >= ?", micros(from))
	}
	if !to.IsZero() {
		c.below(lowest(to.Add(late)))
		c.lead("created_at < ?", micros(to))
	}
	if before != uuid.Nil {
		c.below(before[:])
	}
}

// list scans up to limit rows of a table that meet conditions, by descending ID.
func (s *Store) list(ctx context.Context, columns, table string, c conditions, limit int, scan func(scanner) error) error {
	text := "SELECT " + columns + " FROM " + table + " WHERE " + strings.Join(c.texts, " AND ") + " ORDER BY id DESC LIMIT " + c.arg(limit)
	rows, err := s.read.QueryContext(ctx, text, c.args...)
	if err != nil {
		return fmt.Errorf("list %ss: %w", table, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return fmt.Errorf("list %ss: %w", table, err)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("list %ss: %w", table, err)
	}
	return nil
}

const dealColumns = `company, transaction_id, id, order_id, platform_order_id, buyer, seller, status, test, kinds, created_at, changed_at`

// Deal returns a deal of a company, or ErrNoDeal.
func (s *Store) Deal(ctx context.Context, company, transaction string) (trade.Deal, error) {
	d, err := scanDeal(s.read.QueryRowContext(ctx,
		`SELECT `+dealColumns+` FROM deal WHERE company = $1 AND transaction_id = $2`, company, transaction))
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNoDeal
	}
	if err != nil {
		return trade.Deal{}, fmt.Errorf("read a deal: %w", err)
	}
	return d, nil
}

// Deals returns the deals that q asks for, by descending ID, which is newest first. The
// deal or the order, if asked for, leads to an index.
func (s *Store) Deals(ctx context.Context, q trade.DealQuery) ([]trade.Deal, error) {
	c := tradeConditions(q.Company, q.TransactionID, q.OrderID)
	c.tradeFilters(q.Status, q.Test, q.From, q.To, q.Before)
	var ds []trade.Deal
	err := s.list(ctx, dealColumns, "deal", c, q.Limit, func(row scanner) error {
		d, err := scanDeal(row)
		ds = append(ds, d)
		return err
	})
	return ds, err
}

func scanDeal(row scanner) (trade.Deal, error) {
	var d trade.Deal
	var kinds, created, changed int64
	err := row.Scan(&d.Company, &d.TransactionID, &d.ID, &d.OrderID, &d.PlatformOrderID, &d.Buyer, &d.Seller, &d.Status, &d.Test,
		&kinds, &created, &changed)
	bits := fromKindBits(kinds)
	for _, k := range trade.DocumentKinds() {
		if slices.Contains(bits, k) {
			d.Kinds = append(d.Kinds, k)
		}
	}
	d.CreatedAt, d.ChangedAt = fromMicros(created), fromMicros(changed)
	return d, err
}
