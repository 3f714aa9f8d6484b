-- +goose NO TRANSACTION
-- +goose Up
-- What waits for one hook, or has failed, however much of the company's does. It is
-- made beside those who write, which takes its time; one that was left half made
-- is made anew.
SET statement_timeout = 0;
DROP INDEX CONCURRENTLY IF EXISTS delivery_unhappy_of_hook;
CREATE INDEX CONCURRENTLY delivery_unhappy_of_hook ON delivery (hook_id, state, id)
    WHERE state = 'waiting' OR state = 'failed' OR state = 'cancelled';
RESET statement_timeout;
