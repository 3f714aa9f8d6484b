-- +goose Up
-- Times are microseconds since 1970, UTC; 0 where there is none.
-- IDs are UUIDs of version 7 in 16 bytes, so rows are appended in order of time.
-- States are compared one by one: for IN, SQLite fills a table at each statement.

CREATE TABLE setting (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE company (
    id         TEXT   PRIMARY KEY,
    name       TEXT   NOT NULL,
    time_zone  TEXT   NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE hook (
    id         BLOB    PRIMARY KEY,
    company    TEXT    NOT NULL REFERENCES company (id),
    kind       TEXT    NOT NULL,
    version    INTEGER NOT NULL, -- the current one
    created_at BIGINT  NOT NULL,
    deleted_at BIGINT  NOT NULL DEFAULT 0
);

CREATE INDEX hook_of_company ON hook (company, id);

-- What a hook said at some time. Rows are never changed: attempts name them.
CREATE TABLE hook_version (
    hook_id        BLOB    NOT NULL REFERENCES hook (id),
    version        INTEGER NOT NULL,
    created_at     BIGINT  NOT NULL,
    title          TEXT    NOT NULL,
    enabled        BOOLEAN NOT NULL,
    event_types    TEXT    NOT NULL, -- a JSON array
    url            TEXT    NOT NULL,
    basic_user     TEXT    NOT NULL,
    basic_password TEXT    NOT NULL,
    priority       INTEGER NOT NULL,
    http2          BOOLEAN NOT NULL,
    PRIMARY KEY (hook_id, version)
);

CREATE TABLE event (
    id          BLOB    PRIMARY KEY,
    company     TEXT    NOT NULL,
    source_id   TEXT    NOT NULL,
    type        TEXT    NOT NULL,
    entity_kind TEXT    NOT NULL,
    entity_id   TEXT    NOT NULL,
    shop        TEXT    NOT NULL,
    occurred_at BIGINT  NOT NULL,
    received_at BIGINT  NOT NULL,
    deliveries  BLOB    NOT NULL, -- the IDs of those that it caused, 16 bytes each
    data        BLOB    NOT NULL  -- a JSON object, or nothing
);

CREATE INDEX event_of_entity ON event (company, entity_id, id);

-- A producer's own event IDs and idempotency keys, so that a repeat is known.
CREATE TABLE event_key (
    company     TEXT NOT NULL,
    key         TEXT NOT NULL, -- 'id:' or 'key:' and what the producer gave
    event_id    BLOB NOT NULL,
    fingerprint BLOB NOT NULL, -- of the request that brought the key; empty if it doesn't matter
    PRIMARY KEY (company, key)
) WITHOUT ROWID;

CREATE TABLE delivery (
    company     TEXT    NOT NULL,
    id          BLOB    NOT NULL,
    hook_id     BLOB    NOT NULL,
    event_id    BLOB    NOT NULL,
    event_type  TEXT    NOT NULL,
    entity_kind TEXT    NOT NULL,
    entity_id   TEXT    NOT NULL,
    state       TEXT    NOT NULL CHECK (
        state = 'delivered' OR state = 'sending' OR state = 'waiting' OR state = 'failed' OR state = 'cancelled'),
    priority    INTEGER NOT NULL,
    attempt     INTEGER NOT NULL, -- number of the latest begun; the fence
    due_at      BIGINT  NOT NULL,
    created_at  BIGINT  NOT NULL,
    settled_at  BIGINT  NOT NULL DEFAULT 0,
    status      INTEGER NOT NULL DEFAULT 0,
    reason      TEXT    NOT NULL DEFAULT '',
    size        INTEGER NOT NULL, -- bytes of the event's data, so that a claim can be bounded
    node_id     BLOB,             -- who holds it while it is sending
    PRIMARY KEY (company, id)
);

CREATE INDEX delivery_of_hook ON delivery (hook_id, id);
CREATE INDEX delivery_waiting ON delivery (hook_id, priority, due_at, id) WHERE state = 'waiting';
CREATE INDEX delivery_sending ON delivery (node_id) WHERE state = 'sending';
CREATE INDEX delivery_unhappy ON delivery (company, state, id)
    WHERE state = 'waiting' OR state = 'failed' OR state = 'cancelled';

CREATE TABLE attempt (
    delivery_id   BLOB    NOT NULL,
    number        INTEGER NOT NULL,
    hook_version  INTEGER NOT NULL,
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
    dns_us        BIGINT  NOT NULL,
    connect_us    BIGINT  NOT NULL,
    tls_us        BIGINT  NOT NULL,
    first_byte_us BIGINT  NOT NULL,
    total_us      BIGINT  NOT NULL,
    PRIMARY KEY (delivery_id, number)
) WITHOUT ROWID;

-- A process that sends. It holds its deliveries until its lease ends.
CREATE TABLE node (
    id         BLOB   PRIMARY KEY,
    started_at BIGINT NOT NULL,
    lease_end  BIGINT NOT NULL
);
