-- +goose Up
-- Deliveries of hooks that see those of one entity together: unique ones merge
-- while they wait, ordered ones take turns. The table is made anew because of its
-- CHECK, which cannot be altered.
CREATE TABLE delivery_next (
    company     TEXT    NOT NULL,
    id          BLOB    NOT NULL,
    hook_id     BLOB    NOT NULL,
    event_id    BLOB    NOT NULL,
    event_type  TEXT    NOT NULL,
    entity_kind TEXT    NOT NULL,
    entity_id   TEXT    NOT NULL,
    state       TEXT    NOT NULL CHECK (
        state = 'delivered' OR state = 'sending' OR state = 'waiting' OR state = 'merged' OR state = 'failed' OR state = 'cancelled'),
    priority    INTEGER NOT NULL,
    attempt     INTEGER NOT NULL, -- number of the latest begun; the fence
    due_at      BIGINT  NOT NULL,
    created_at  BIGINT  NOT NULL,
    settled_at  BIGINT  NOT NULL DEFAULT 0,
    status      INTEGER NOT NULL DEFAULT 0,
    reason      TEXT    NOT NULL DEFAULT '',
    size        INTEGER NOT NULL, -- bytes of the event's data, so that a claim can be bounded
    node_id     BLOB,             -- who holds it while it is sending
    events      INTEGER NOT NULL DEFAULT 1,     -- how many it stands for; event_id is the newest
    merges      BOOLEAN NOT NULL DEFAULT FALSE, -- the hook is unique
    merged_into BLOB,                           -- the delivery that stands for this one's event too
    turn        BIGINT  NOT NULL DEFAULT 0,     -- its place among those of the entity; 0 if the hook isn't ordered
    PRIMARY KEY (company, id)
);

INSERT INTO delivery_next (company, id, hook_id, event_id, event_type, entity_kind, entity_id, state, priority, attempt,
    due_at, created_at, settled_at, status, reason, size, node_id)
SELECT company, id, hook_id, event_id, event_type, entity_kind, entity_id, state, priority, attempt,
    due_at, created_at, settled_at, status, reason, size, node_id FROM delivery;
DROP TABLE delivery;
ALTER TABLE delivery_next RENAME TO delivery;

CREATE INDEX delivery_of_hook ON delivery (hook_id, id);
CREATE INDEX delivery_waiting ON delivery (hook_id, priority, due_at, id) WHERE state = 'waiting';
CREATE INDEX delivery_sending ON delivery (node_id) WHERE state = 'sending';
CREATE INDEX delivery_unhappy ON delivery (company, state, id)
    WHERE state = 'waiting' OR state = 'failed' OR state = 'cancelled';
CREATE UNIQUE INDEX delivery_merging ON delivery (hook_id, entity_kind, entity_id) WHERE merges AND state = 'waiting';
CREATE INDEX delivery_turn ON delivery (hook_id, entity_kind, entity_id, turn)
    WHERE turn > 0 AND (state = 'waiting' OR state = 'sending');
