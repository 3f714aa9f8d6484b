-- +goose Up
-- What people should look at. One is open for each matter.
CREATE TABLE alert (
    id        BLOB    PRIMARY KEY,
    company   TEXT    NOT NULL,
    kind      TEXT    NOT NULL,
    subject   TEXT    NOT NULL,
    severity  TEXT    NOT NULL,
    text      TEXT    NOT NULL,
    german    TEXT    NOT NULL,
    level     INTEGER NOT NULL,
    count     INTEGER NOT NULL,
    first_at  BIGINT  NOT NULL,
    last_at   BIGINT  NOT NULL,
    closed_at BIGINT  NOT NULL DEFAULT 0
);

CREATE UNIQUE INDEX alert_open ON alert (company, kind, subject) WHERE closed_at = 0;
CREATE INDEX alert_of_company ON alert (company, id);
