-- +goose Up
-- People acknowledge alerts, and close them. turn counts how often an alert has
-- opened or got worse, told which of these people were told of.
ALTER TABLE alert ADD COLUMN acknowledged_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE alert ADD COLUMN acknowledged_by TEXT NOT NULL DEFAULT '';
ALTER TABLE alert ADD COLUMN note TEXT NOT NULL DEFAULT '';
ALTER TABLE alert ADD COLUMN closed_by TEXT NOT NULL DEFAULT '';
ALTER TABLE alert ADD COLUMN turn INTEGER NOT NULL DEFAULT 1;
ALTER TABLE alert ADD COLUMN told INTEGER NOT NULL DEFAULT 0;
CREATE INDEX alert_untold ON alert (id) WHERE told < turn;
CREATE INDEX alert_unclosed ON alert (id) WHERE closed_at = 0;

-- Whether a hook has anything that failed.
CREATE INDEX delivery_failed ON delivery (hook_id) WHERE state = 'failed';
