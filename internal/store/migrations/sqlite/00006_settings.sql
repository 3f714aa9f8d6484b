-- +goose Up
-- What else a hook says, as JSON without secrets. '' in rows of versions before:
-- basic_user and basic_secret count then; they are written no more.
ALTER TABLE hook_version ADD COLUMN settings TEXT NOT NULL DEFAULT '';

-- The secrets of a version of a hook, by the name of what needs each.
CREATE TABLE hook_secret (
    hook_id   BLOB    NOT NULL,
    version   INTEGER NOT NULL,
    name      TEXT    NOT NULL,
    secret_id BLOB    NOT NULL REFERENCES secret (id), -- of several versions if it stays the same
    PRIMARY KEY (hook_id, version, name),
    FOREIGN KEY (hook_id, version) REFERENCES hook_version (hook_id, version)
);

-- What the hooks of a company have in common.
CREATE TABLE company_defaults (
    company    TEXT    PRIMARY KEY REFERENCES company (id),
    version    INTEGER NOT NULL,
    updated_at BIGINT  NOT NULL,
    auth       TEXT    NOT NULL, -- JSON, without the secret
    secret_id  BLOB    REFERENCES secret (id),
    hosts      TEXT    NOT NULL, -- a JSON array
    roots      TEXT    NOT NULL  -- PEM
);
