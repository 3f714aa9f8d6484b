-- +goose Up
-- What waits for one hook, or has failed, however much of the company's does.
CREATE INDEX delivery_unhappy_of_hook ON delivery (hook_id, state, id)
    WHERE state = 'waiting' OR state = 'failed' OR state = 'cancelled';
