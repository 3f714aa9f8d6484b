-- +goose Up
-- A delivery that somebody had tried again: how many attempts were made before,
-- and when it was, so that its hook's retry policy starts anew.
ALTER TABLE delivery ADD COLUMN tries_from INTEGER NOT NULL DEFAULT 0;
ALTER TABLE delivery ADD COLUMN retried_at BIGINT NOT NULL DEFAULT 0;

-- The delivery that this one repeats. An event doesn't know its replays, since
-- they may be much younger.
ALTER TABLE delivery ADD COLUMN replay_of UUID;
CREATE INDEX delivery_replay ON delivery (company, entity_id, id) WHERE replay_of IS NOT NULL;

-- Operations on all deliveries that match a filter.
CREATE TABLE delivery_job (
    id          UUID    PRIMARY KEY,
    company     TEXT    NOT NULL,
    operation   TEXT    NOT NULL,
    priority    INTEGER NOT NULL, -- of the operation priority
    filter      TEXT    NOT NULL, -- JSON
    state       TEXT    NOT NULL,
    reason      TEXT    NOT NULL DEFAULT '',
    started_by  TEXT    NOT NULL,
    created_at  BIGINT  NOT NULL, -- younger deliveries are left alone
    ended_at    BIGINT  NOT NULL DEFAULT 0,
    total       BIGINT  NOT NULL, -- that matched when it was made
    partial     BOOLEAN NOT NULL, -- more may have matched
    done        BIGINT  NOT NULL DEFAULT 0,
    skipped     TEXT    NOT NULL DEFAULT '{}', -- JSON: how many, by reason
    reached     UUID    NOT NULL, -- the ID of the delivery or event that it has come to
    node_id     UUID,             -- who goes on with it
    lease_end   BIGINT  NOT NULL DEFAULT 0,
    key         TEXT    NOT NULL, -- the request's idempotency key, or nothing
    fingerprint BYTEA   NOT NULL
);

CREATE INDEX delivery_job_of_company ON delivery_job (company, id);
CREATE INDEX delivery_job_running ON delivery_job (lease_end, id) WHERE state = 'running';
CREATE UNIQUE INDEX delivery_job_key ON delivery_job (company, key) WHERE key <> '';
