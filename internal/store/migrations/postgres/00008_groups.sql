-- +goose Up
-- Deliveries of hooks that see those of one entity together: unique ones merge
-- while they wait, ordered ones take turns.
ALTER TABLE delivery ADD COLUMN events INTEGER NOT NULL DEFAULT 1; -- how many it stands for; event_id is the newest
ALTER TABLE delivery ADD COLUMN merges BOOLEAN NOT NULL DEFAULT FALSE; -- the hook is unique
ALTER TABLE delivery ADD COLUMN merged_into UUID; -- the delivery that stands for this one's event too
ALTER TABLE delivery ADD COLUMN turn BIGINT NOT NULL DEFAULT 0; -- its place among those of the entity; 0 if the hook isn't ordered
ALTER TABLE delivery DROP CONSTRAINT delivery_state_check;
ALTER TABLE delivery ADD CONSTRAINT delivery_state_check CHECK (
    state = 'delivered' OR state = 'sending' OR state = 'waiting' OR state = 'merged' OR state = 'failed' OR state = 'cancelled');

CREATE UNIQUE INDEX delivery_merging ON delivery (hook_id, entity_kind, entity_id) WHERE merges AND state = 'waiting';
CREATE INDEX delivery_turn ON delivery (hook_id, entity_kind, entity_id, turn)
    WHERE turn > 0 AND (state = 'waiting' OR state = 'sending');
