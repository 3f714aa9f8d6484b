-- +goose Up
-- Attempts that people made to try out what hooks' settings do. They belong to no
-- delivery; the latest of each company and kind of hook are kept.
CREATE TABLE hook_test (
    id            BLOB    PRIMARY KEY,
    company       TEXT    NOT NULL REFERENCES company (id),
    kind          TEXT    NOT NULL, -- of the hook
    hook_id       BLOB    NOT NULL, -- zero if the hook wasn't stored yet
    hook_version  INTEGER NOT NULL, -- 0 if it wasn't
    event_type    TEXT    NOT NULL,
    tested_by     TEXT    NOT NULL,
    state         TEXT    NOT NULL, -- of a delivery whose attempt it were
    disables      BOOLEAN NOT NULL, -- whether the hook would be disabled
    verdict       TEXT    NOT NULL, -- in words; empty if it is delivered
    started_at    BIGINT  NOT NULL,
    method        TEXT    NOT NULL,
    url           TEXT    NOT NULL,
    request_head  TEXT    NOT NULL,
    body_size     BIGINT  NOT NULL,
    body_sha256   BLOB    NOT NULL,
    status        INTEGER NOT NULL,
    response_head TEXT    NOT NULL,
    response_body BLOB    NOT NULL,
    error         TEXT    NOT NULL,
    reason        TEXT    NOT NULL,
    tls           TEXT    NOT NULL, -- the version; empty if none was agreed on
    dns_us        BIGINT  NOT NULL,
    connect_us    BIGINT  NOT NULL,
    tls_us        BIGINT  NOT NULL,
    first_byte_us BIGINT  NOT NULL,
    total_us      BIGINT  NOT NULL
);

CREATE INDEX hook_test_of_company ON hook_test (company, kind, id);
