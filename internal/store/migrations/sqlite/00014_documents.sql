-- +goose Up
-- What documents hold. It is there before them: while it is being brought, stored is
-- false, and lease_end is when it is given up unless that is put off.
CREATE TABLE content (
    id        BLOB    PRIMARY KEY, -- that of the documents that hold it
    in_bucket BOOLEAN NOT NULL,    -- its bytes are there, not in content_chunk
    stored    BOOLEAN NOT NULL,
    lease_end BIGINT  NOT NULL
);

CREATE INDEX content_unfinished ON content (lease_end) WHERE NOT stored;

CREATE TABLE content_chunk (
    content_id BLOB    NOT NULL,
    number     INTEGER NOT NULL, -- counted from 0; all but the last are of one size
    bytes      BLOB    NOT NULL,
    PRIMARY KEY (content_id, number)
);

-- Content that was given up, whose bytes are still to be removed.
CREATE TABLE content_removal (
    id        BLOB    PRIMARY KEY,
    in_bucket BOOLEAN NOT NULL
);

-- A document as one company has it.
CREATE TABLE document (
    company           TEXT    NOT NULL,
    id                BLOB    NOT NULL REFERENCES content (id),
    kind              TEXT    NOT NULL,
    order_id          TEXT    NOT NULL,
    platform_order_id TEXT    NOT NULL,
    transaction_id    TEXT    NOT NULL,
    status            TEXT    NOT NULL,
    buyer             TEXT    NOT NULL,
    seller            TEXT    NOT NULL,
    test              BOOLEAN NOT NULL,
    format            TEXT    NOT NULL,
    size              BIGINT  NOT NULL,
    sha256            BLOB    NOT NULL,
    created_at        BIGINT  NOT NULL,
    event_id          BLOB,             -- of the event that it raised in this company
    in_bucket         BOOLEAN NOT NULL,
    parsed            BOOLEAN NOT NULL,
    summary           TEXT    NOT NULL, -- JSON: what it says of itself
    key               TEXT    NOT NULL, -- the request's idempotency key, or nothing
    fingerprint       BLOB    NOT NULL,
    PRIMARY KEY (company, id)
);

CREATE INDEX document_of_deal ON document (company, transaction_id, id);
CREATE INDEX document_of_order ON document (company, order_id, id);
CREATE INDEX document_of_content ON document (id);
CREATE UNIQUE INDEX document_key ON document (company, key) WHERE key <> '';

-- Where a transaction stands, as one company has it.
CREATE TABLE deal (
    company           TEXT    NOT NULL,
    transaction_id    TEXT    NOT NULL,
    id                BLOB    NOT NULL,
    order_id          TEXT    NOT NULL,
    platform_order_id TEXT    NOT NULL,
    buyer             TEXT    NOT NULL,
    seller            TEXT    NOT NULL,
    status            TEXT    NOT NULL,
    test              BOOLEAN NOT NULL,
    kinds             INTEGER NOT NULL, -- of its documents: a bit for each
    created_at        BIGINT  NOT NULL,
    changed_at        BIGINT  NOT NULL,
    PRIMARY KEY (company, transaction_id)
);

CREATE INDEX deal_of_company ON deal (company, id);
CREATE INDEX deal_of_order ON deal (company, order_id, id);
