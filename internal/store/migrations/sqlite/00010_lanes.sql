-- +goose Up
-- What is known of the receivers of hooks that have failed: written when a circuit
-- opens or closes and after a probe.
CREATE TABLE hook_health (
    hook_id         BLOB   PRIMARY KEY REFERENCES hook (id),
    state           TEXT   NOT NULL,
    failing_since   BIGINT NOT NULL, -- 0 while the circuit is closed
    last_success_at BIGINT NOT NULL, -- 0 if it isn't known
    next_probe_at   BIGINT NOT NULL, -- 0 while the circuit is closed
    reason          TEXT   NOT NULL
);

-- The node that sends a hook which has limits. Its rows are taken over when the
-- node's lease has ended, and kept, so that it is known when they were given up.
CREATE TABLE lane_owner (
    hook_id BLOB   PRIMARY KEY REFERENCES hook (id),
    node_id BLOB   NOT NULL, -- zero if it was given up
    since   BIGINT NOT NULL  -- when it was taken or given up
);

-- A node that stops takes no more lanes.
ALTER TABLE node ADD COLUMN leaving BOOLEAN NOT NULL DEFAULT FALSE;
