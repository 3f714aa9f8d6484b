package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/account"
	"github.com/waybillhq/waybill/internal/hook"
)

var (
	// ErrNoChannel says that the company has no channel with the asked-for ID.
	ErrNoChannel = missing("there is no such notification channel", "Diesen Benachrichtigungskanal gibt es nicht.")
	// ErrChannelChanged says that a channel was changed since it was read.
	ErrChannelChanged = &hook.Error{
		Fault: hook.Conflict, Msg: "the notification channel was changed meanwhile; read it again",
		German: "Der Benachrichtigungskanal wurde inzwischen geändert; bitte laden Sie ihn neu.",
	}
)

// AddChannel stores a new channel, with Version 1, and notes e.
func (s *Store) AddChannel(ctx context.Context, c hook.Channel, e account.Entry) error {
	kinds, err := json.Marshal(c.Choice.Kinds)
	if err != nil {
		return err
	}
	err = s.noted(ctx, e, func(tx *sql.Tx) error {
		if err := checkCompany(ctx, tx, c.Company); err != nil {
			return err
		}
		url, key, err := s.keepBoth(ctx, tx, c, channelSecrets{})
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `
INSERT INTO channel (id, company, version, kind, title, enabled, language, severity, kinds, url_secret, key_secret, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
			c.ID[:], c.Company, c.Version, string(c.Kind), c.Title, c.Enabled, c.Language, string(c.Choice.Severity), string(kinds),
			url, key, micros(c.CreatedAt), micros(c.UpdatedAt))
		return err
	})
	if err != nil {
		return fmt.Errorf("add channel %s: %w", c.ID, err)
	}
	return nil
}

// ChangeChannel stores the next version of a channel and notes e. Version must be
// one above the stored one, else it returns ErrChannelChanged; ErrNoChannel if
// the company has none with the ID. That it failed is forgotten, with the alert
// about it.
func (s *Store) ChangeChannel(ctx context.Context, c hook.Channel, e account.Entry) error {
	kinds, err := json.Marshal(c.Choice.Kinds)
	if err != nil {
		return err
	}
	err = s.noted(ctx, e, func(tx *sql.Tx) error {
		old, err := s.secretsOfChannel(ctx, tx, c.Company, c.ID)
		if err != nil {
			return err
		}
		if old.version != c.Version-1 {
			return ErrChannelChanged
		}
		url, key, err := s.keepBoth(ctx, tx, c, old)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `
UPDATE channel SET version = $2, kind = $3, title = $4, enabled = $5, language = $6, severity = $7, kinds = $8,
    url_secret = $9, key_secret = $10, updated_at = $11, failed_at = 0, failure = '' WHERE id = $1`,
			c.ID[:], c.Version, string(c.Kind), c.Title, c.Enabled, c.Language, string(c.Choice.Severity), string(kinds),
			url, key, micros(c.UpdatedAt))
		if err != nil {
			return err
		}
		return errors.Join(forget(ctx, tx, old, c.ID), closeFailed(ctx, tx, c.Company, c.ID.String(), c.UpdatedAt))
	})
	if err != nil {
		return fmt.Errorf("change channel %s: %w", c.ID, err)
	}
	return nil
}

// DeleteChannel removes a channel of a company with its secrets and what it was
// to be told at a time, closes the alert about it, and notes e. It returns
// ErrNoChannel if there is none.
func (s *Store) DeleteChannel(ctx context.Context, company string, id uuid.UUID, now time.Time, e account.Entry) error {
	err := s.noted(ctx, e, func(tx *sql.Tx) error {
		old, err := s.secretsOfChannel(ctx, tx, company, id)
		if err != nil {
			return err
		}
		for _, text := range []string{`DELETE FROM channel WHERE id = $1`, `DELETE FROM notification WHERE recipient = $1`} {
			if _, err := tx.ExecContext(ctx, text, id[:]); err != nil {
				return err
			}
		}
		return errors.Join(forget(ctx, tx, old, id), closeFailed(ctx, tx, company, id.String(), now))
	})
	if err != nil {
		return fmt.Errorf("delete channel %s: %w", id, err)
	}
	return nil
}

// channelSecrets are the rows of a channel's secrets; the zero UUID is none.
type channelSecrets struct {
	version  int
	url, key secret
}

// secretsOfChannel returns a channel's secrets, and keeps the channel as it is
// until the transaction ends.
func (s *Store) secretsOfChannel(ctx context.Context, tx *sql.Tx, company string, id uuid.UUID) (channelSecrets, error) {
	old := channelSecrets{url: secret{company: company}, key: secret{company: company}}
	var key uuid.NullUUID
	err := tx.QueryRowContext(ctx, `SELECT version, url_secret, key_secret FROM channel WHERE id = $1 AND company = $2 `+s.holdRow,
		id[:], company).Scan(&old.version, &old.url.id, &key)
	if errors.Is(err, sql.ErrNoRows) {
		return old, ErrNoChannel
	}
	if err != nil {
		return old, err
	}
	old.key.id = key.UUID
	for _, x := range []*secret{&old.url, &old.key} {
		if x.id == uuid.Nil {
			continue
		}
		if err := tx.QueryRowContext(ctx, `SELECT sealed FROM secret WHERE id = $1`, x.id[:]).Scan(&x.sealed); err != nil {
			return old, err
		}
	}
	return old, nil
}

// keepBoth stores the secrets of c that are not the same as before, and returns
// the IDs of both as they are stored.
func (s *Store) keepBoth(ctx context.Context, tx *sql.Tx, c hook.Channel, old channelSecrets) (url, key any, err error) {
	if url, err = s.keepOne(ctx, tx, &c, hook.URLSecret, c.URL, old.url); err == nil {
		key, err = s.keepOne(ctx, tx, &c, hook.MACSecret, c.Key, old.key)
	}
	return url, key, err
}

func (s *Store) keepOne(ctx context.Context, tx *sql.Tx, c *hook.Channel, name string, value hook.Secret, old secret) (any, error) {
	locked := slices.Contains(c.Locked, name)
	switch {
	case value == "" && !locked:
		return nil, nil
	case old.sealed != nil && (locked || s.holds(old, value)):
		return old.id[:], nil
	}
	id, err := s.addSecret(ctx, tx, c.Company, value, c.UpdatedAt)
	return id[:], err
}

// forget deletes the secrets in old that a channel has no longer.
func forget(ctx context.Context, tx *sql.Tx, old channelSecrets, channel uuid.UUID) error {
	for _, x := range []secret{old.url, old.key} {
		_, err := tx.ExecContext(ctx, `
DELETE FROM secret WHERE id = $1 AND id <> $2 AND NOT EXISTS (
    SELECT 1 FROM channel WHERE id = $3 AND (url_secret = $1 OR key_secret = $1))`, x.id[:], uuid.Nil[:], channel[:])
		if err != nil {
			return err
		}
	}
	return nil
}

// Channels returns the channels of a company, by age.
func (s *Store) Channels(ctx context.Context, company string) ([]hook.Channel, error) {
	return s.channels(ctx, `c.company = $1`, company)
}

// Channel returns a channel of a company, or ErrNoChannel.
func (s *Store) Channel(ctx context.Context, company string, id uuid.UUID) (hook.Channel, error) {
	cs, err := s.channels(ctx, `c.company = $1 AND c.id = $2`, company, id[:])
	if err == nil && len(cs) == 0 {
		err = ErrNoChannel
	}
	if err != nil {
		return hook.Channel{}, err
	}
	return cs[0], nil
}

func (s *Store) channels(ctx context.Context, where string, args ...any) ([]hook.Channel, error) {
	rows, err := s.read.QueryContext(ctx, channelRows+where+` ORDER BY c.id`, args...)
	if err != nil {
		return nil, fmt.Errorf("list channels: %w", err)
	}
	defer rows.Close()
	var channels []hook.Channel
	for rows.Next() {
		c, err := s.scanChannel(rows)
		if err != nil {
			return nil, fmt.Errorf("list channels: %w", err)
		}
		channels = append(channels, c)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list channels: %w", err)
	}
	return channels, nil
}

const channelRows = `
SELECT c.id, c.company, c.version, c.kind, c.title, c.enabled, c.language, c.severity, c.kinds, c.created_at, c.updated_at,
    c.sent_at, c.failed_at, c.failure, x.id, x.sealed, k.id, k.sealed
FROM channel c JOIN secret x ON x.id = c.url_secret LEFT JOIN secret k ON k.id = c.key_secret WHERE `

// scanChannel reads a row of channelRows. A secret that can't be opened is noted
// in Locked.
func (s *Store) scanChannel(row scanner) (hook.Channel, error) {
	var c hook.Channel
	var kinds string
	var created, updated, sent, failed int64
	var url, key secret
	var keyID uuid.NullUUID
	err := row.Scan(&c.ID, &c.Company, &c.Version, &c.Kind, &c.Title, &c.Enabled, &c.Language, &c.Choice.Severity, &kinds, &created, &updated,
		&sent, &failed, &c.Failure, &url.id, &url.sealed, &keyID, &key.sealed)
	if err != nil {
		return hook.Channel{}, err
	}
	c.CreatedAt, c.UpdatedAt, c.SentAt, c.FailedAt = fromMicros(created), fromMicros(updated), fromMicros(sent), fromMicros(failed)
	url.company, key.company, key.id = c.Company, c.Company, keyID.UUID
	if c.URL, err = s.open(url); err != nil {
		c.Locked = append(c.Locked, hook.URLSecret)
	}
	if keyID.Valid {
		if c.Key, err = s.open(key); err != nil {
			c.Locked = append(c.Locked, hook.MACSecret)
		}
	}
	return c, json.Unmarshal([]byte(kinds), &c.Choice.Kinds)
}
