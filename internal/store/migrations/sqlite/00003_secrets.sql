-- +goose Up
-- What must never be seen, sealed with a key that is not in the database. The
-- next migration, which seals the passwords there are, is in Go.

CREATE TABLE secret (
    id      BLOB    PRIMARY KEY,
    company TEXT    NOT NULL, -- '' for Waybill's own
    sealed  BLOB    NOT NULL, -- with id and company as context
    length  INTEGER NOT NULL, -- characters of it
    set_at  BIGINT  NOT NULL
);

ALTER TABLE hook_version RENAME TO hook_version_plain;

-- What a hook said at some time. Rows are never changed: attempts name them.
CREATE TABLE hook_version (
    hook_id      BLOB    NOT NULL REFERENCES hook (id),
    version      INTEGER NOT NULL,
    created_at   BIGINT  NOT NULL,
    title        TEXT    NOT NULL,
    enabled      BOOLEAN NOT NULL,
    event_types  TEXT    NOT NULL, -- a JSON array
    url          TEXT    NOT NULL,
    basic_user   TEXT    NOT NULL,
    basic_secret BLOB    REFERENCES secret (id), -- the password; of several versions if it stays the same
    priority     INTEGER NOT NULL,
    http2        BOOLEAN NOT NULL,
    PRIMARY KEY (hook_id, version)
);
