-- +goose Up
-- Files that orders and shipments of a company point to. What one holds is content, as
-- that of documents is, and is kept as long as the object is there.
CREATE TABLE object (
    company    TEXT    NOT NULL,
    id         UUID    NOT NULL UNIQUE REFERENCES content (id),
    filename   TEXT    NOT NULL,
    media_type TEXT    NOT NULL,
    size       BIGINT  NOT NULL,
    sha256     BYTEA   NOT NULL,
    created_at BIGINT  NOT NULL,
    in_bucket  BOOLEAN NOT NULL,
    key        TEXT    NOT NULL, -- the request's idempotency key, or nothing
    PRIMARY KEY (company, id)
);

CREATE UNIQUE INDEX object_key ON object (company, key) WHERE key <> '';
