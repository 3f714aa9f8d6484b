package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
)

// settings are what a version of a hook says besides its columns, as they are
// stored: as JSON, in which secrets are left out.
type settings struct {
	Auth      hook.Auth         `json:"auth,omitzero"`
	Signing   hook.Signing      `json:"signing,omitzero"`
	Client    hook.Certificate  `json:"client,omitzero"`
	Retry     hook.Retry        `json:"retry,omitzero"`
	Queue     hook.Queue        `json:"queue,omitzero"`
	Connector hook.Connector    `json:"connector,omitzero"`
	Limits    hook.Limits       `json:"limits,omitzero"`
	Pause     hook.Pause        `json:"pause,omitzero"`
	Disable   hook.DisableAfter `json:"disableAfter,omitempty"`
	Pending   bool              `json:"pending,omitempty"`
}

func settingsOf(h *hook.Hook) (string, error) {
	text, err := json.Marshal(settings{h.Auth, h.Signing, h.Client, h.Retry, h.Queue, h.Connector, h.Limits, h.Pause, h.Disable, h.Pending})
	return string(text), err
}

// readSettings fills in what text says. An empty text is from a version before,
// which knew basic authentication alone.
func readSettings(h *hook.Hook, text, basicUser string) error {
	if text == "" {
		if basicUser != "" {
			h.Auth = hook.Auth{Kind: hook.BasicAuth, User: basicUser}
		}
		return nil
	}
	var a settings
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		return err
	}
	h.Auth, h.Signing, h.Client, h.Retry, h.Queue = a.Auth, a.Signing, a.Client, a.Retry, a.Queue
	h.Connector, h.Limits, h.Pause, h.Disable, h.Pending = a.Connector, a.Limits, a.Pause, a.Disable, a.Pending
	return nil
}

// place is where a hook has a secret.
type place struct {
	name  string
	value *hook.Secret
	setAt *time.Time
}

// places returns where h has, or may have, secrets.
func places(h *hook.Hook) []place {
	ps := []place{
		{hook.AuthSecret, &h.Auth.Secret, &h.Auth.SetAt},
		{hook.HMACSecret, &h.Signing.HMAC.Secret, &h.Signing.HMAC.SetAt},
		{hook.ClientSecret, &h.Client.Key, &h.Client.SetAt},
	}
	for i := range h.Signing.Keys {
		k := &h.Signing.Keys[i]
		ps = append(ps, place{hook.KeySecret(k.ID), &k.Secret, &k.SetAt})
	}
	return ps
}

// unlock puts a stored secret in its place, or notes that it can't be opened.
func (s *Store) unlock(h *hook.Hook, name string, x secret, setAt time.Time) {
	for _, p := range places(h) {
		if p.name != name {
			continue
		}
		var err error
		*p.setAt = setAt
		if *p.value, err = s.open(x); err != nil { // of no concern to the other hooks
			h.Locked = append(h.Locked, name)
		}
	}
}

// hookSecrets selects the secrets of versions of hooks; what is asked for
// follows. Versions from before hook_secret have at most a password.
const hookSecrets = `
SELECT s.hook_id, s.name, x.id, x.company, x.sealed, x.set_at FROM (
    SELECT hook_id, version, name, secret_id FROM hook_secret
    UNION ALL
    SELECT hook_id, version, '` + hook.AuthSecret + `', basic_secret FROM hook_version
    WHERE settings = '' AND basic_secret IS NOT NULL
) s JOIN secret x ON x.id = s.secret_id `

// readSecrets puts the secrets of d's hooks in their places.
func (s *Store) readSecrets(ctx context.Context, tx *sql.Tx, d *hook.Directory) error {
	rows, err := tx.QueryContext(ctx, hookSecrets+`
JOIN hook h ON h.id = s.hook_id AND h.version = s.version WHERE h.deleted_at = 0 ORDER BY s.name`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		id, name, x, setAt, err := scanHookSecret(rows)
		if err != nil {
			return err
		}
		if h := d.Hooks[id]; h != nil {
			s.unlock(h, name, x, setAt)
		}
	}
	return rows.Err()
}

func scanHookSecret(row scanner) (id uuid.UUID, name string, x secret, setAt time.Time, err error) {
	var set int64
	err = row.Scan(&id, &name, &x.id, &x.company, &x.sealed, &set)
	return id, name, x, fromMicros(set), err
}

// keepSecrets stores the secrets of h's version: those that are the same as in
// the version before are the same rows still. What is locked is kept as it is.
func (s *Store) keepSecrets(ctx context.Context, tx *sql.Tx, h *hook.Hook) error {
	before, err := s.secretsBefore(ctx, tx, h)
	if err != nil {
		return err
	}
	for _, p := range places(h) {
		old, was := before[p.name]
		locked := slices.Contains(h.Locked, p.name)
		if *p.value == "" && !locked {
			continue
		}
		id := old.id
		if !was || !locked && !s.holds(old, *p.value) {
			if locked {
				return errors.New("the secret " + p.name + " is not there any more")
			}
			if id, err = s.addSecret(ctx, tx, h.Company, *p.value, h.UpdatedAt); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO hook_secret (hook_id, version, name, secret_id) VALUES ($1, $2, $3, $4)`,
			h.ID[:], h.Version, p.name, id[:])
		if err != nil {
			return err
		}
	}
	return nil
}

// holds reports whether x is sealed value. One that can't be opened isn't.
func (s *Store) holds(x secret, value hook.Secret) bool {
	plain, err := s.open(x)
	return err == nil && plain == value
}

// secretsBefore returns the secrets of the version before h's, by name.
func (s *Store) secretsBefore(ctx context.Context, tx *sql.Tx, h *hook.Hook) (map[string]secret, error) {
	rows, err := tx.QueryContext(ctx, hookSecrets+`WHERE s.hook_id = $1 AND s.version = $2`, h.ID[:], h.Version-1)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	before := make(map[string]secret)
	for rows.Next() {
		_, name, x, _, err := scanHookSecret(rows)
		if err != nil {
			return nil, err
		}
		before[name] = x
	}
	return before, rows.Err()
}
