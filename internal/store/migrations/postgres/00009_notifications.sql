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

-- What users are told of; those without a row are told nothing.
CREATE TABLE subscription (
    user_id   UUID    PRIMARY KEY REFERENCES users (id),
    often     TEXT    NOT NULL,
    hour      INTEGER NOT NULL, -- of the day, if it is daily
    severity  TEXT    NOT NULL, -- the least
    kinds     TEXT    NOT NULL, -- a JSON array; empty: all
    sent_at   BIGINT  NOT NULL DEFAULT 0,
    failed_at BIGINT  NOT NULL DEFAULT 0
);

-- Where companies are told.
CREATE TABLE channel (
    id         UUID    PRIMARY KEY,
    company    TEXT    NOT NULL REFERENCES company (id),
    version    INTEGER NOT NULL,
    kind       TEXT    NOT NULL,
    title      TEXT    NOT NULL,
    enabled    BOOLEAN NOT NULL,
    language   TEXT    NOT NULL,
    severity   TEXT    NOT NULL, -- the least
    kinds      TEXT    NOT NULL, -- a JSON array; empty: all
    url_secret UUID    NOT NULL REFERENCES secret (id),
    key_secret UUID    REFERENCES secret (id), -- what requests are signed with, if they are
    created_at BIGINT  NOT NULL,
    updated_at BIGINT  NOT NULL,
    sent_at    BIGINT  NOT NULL DEFAULT 0,
    failed_at  BIGINT  NOT NULL DEFAULT 0,
    failure    TEXT    NOT NULL DEFAULT ''
);

CREATE INDEX channel_of_company ON channel (company, id);

-- An alert that a user or channel is to be told of.
CREATE TABLE notification (
    id        UUID    PRIMARY KEY,
    recipient UUID    NOT NULL, -- a user's or channel's ID
    alert_id  UUID    NOT NULL REFERENCES alert (id) ON DELETE CASCADE,
    turn      INTEGER NOT NULL, -- of the alert
    due_at    BIGINT  NOT NULL, -- while a node tells it: when another may
    since     BIGINT  NOT NULL, -- when it was due at first
    attempt   INTEGER NOT NULL  -- number of the latest begun; the fence
);

CREATE UNIQUE INDEX notification_of_recipient ON notification (recipient, alert_id);
CREATE INDEX notification_due ON notification (due_at);
CREATE INDEX notification_of_alert ON notification (alert_id);
