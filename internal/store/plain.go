package store

import (
	"context"
	"database/sql"

	"github.com/google/uuid"

	"github.com/waybillhq/waybill/internal/hook"
)

// plainVersion is the schema's version after sealPlain.
const plainVersion = 4

// sealPlain is the migration after 00003_secrets.sql: it seals the passwords
// that hook_version_plain has in clear, and removes that table.
func (s *Store) sealPlain(ctx context.Context, tx *sql.Tx) error {
	if !s.many { // else the table's file goes with it
		if _, err := tx.ExecContext(ctx, `PRAGMA secure_delete = ON`); err != nil {
			return err
		}
	}
	if err := s.addCheck(ctx, tx); err != nil {
		return err
	}
	plain, err := plainPasswords(ctx, tx)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `
INSERT INTO hook_version (hook_id, version, created_at, title, enabled, event_types, url, basic_user, priority, http2)
SELECT hook_id, version, created_at, title, enabled, event_types, url, basic_user, priority, http2
FROM hook_version_plain`); err != nil {
		return err
	}
	var before plainPassword
	for _, p := range plain {
		if p.hook == before.hook && p.version == before.version+1 && p.password == before.password {
			p.secret = before.secret
		} else if p.secret, err = s.addSecret(ctx, tx, p.company, p.password, fromMicros(p.createdAt)); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `UPDATE hook_version SET basic_secret = $1 WHERE hook_id = $2 AND version = $3`,
			p.secret[:], p.hook[:], p.version)
		if err != nil {
			return err
		}
		before = p
	}
	_, err = tx.ExecContext(ctx, `DROP TABLE hook_version_plain`)
	return err
}

// wipe leaves nothing in SQLite's file or log of what migrations have removed. It
// costs nothing if the database was closed in order, since there is no log then.
func (s *Store) wipe(ctx context.Context) error {
	if _, err := s.write.ExecContext(ctx, `PRAGMA secure_delete = OFF`); err != nil {
		return err
	}
	_, err := s.write.ExecContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`)
	return err
}

// plainPassword is the password of a version of a hook.
type plainPassword struct {
	hook      uuid.UUID
	version   int
	company   string
	password  hook.Secret
	createdAt int64
	secret    uuid.UUID
}

// plainPasswords returns the passwords that there are, by hook and version.
func plainPasswords(ctx context.Context, tx *sql.Tx) ([]plainPassword, error) {
	rows, err := tx.QueryContext(ctx, `
SELECT v.hook_id, v.version, h.company, v.basic_password, v.created_at
FROM hook_version_plain v JOIN hook h ON h.id = v.hook_id
WHERE v.basic_password <> '' ORDER BY v.hook_id, v.version`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var plain []plainPassword
	for rows.Next() {
		var p plainPassword
		if err := rows.Scan(&p.hook, &p.version, &p.company, &p.password, &p.createdAt); err != nil {
			return nil, err
		}
		plain = append(plain, p)
	}
	return plain, rows.Err()
}
