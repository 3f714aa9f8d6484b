-- +goose Up
-- The trace context that the producer sent with an event: traceparent and, after a
-- space, tracestate; mostly nothing.
ALTER TABLE event ADD COLUMN trace TEXT NOT NULL DEFAULT '';
