-- +goose Up
-- The idempotency key of the request that made a replay; mostly nothing.
ALTER TABLE delivery ADD COLUMN replay_key TEXT NOT NULL DEFAULT '';
