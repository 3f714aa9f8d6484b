-- +goose Up
-- Orders and shipments, as whole states: where each stands now.
CREATE TABLE entity (
    company    TEXT   NOT NULL,
    kind       TEXT   NOT NULL,
    id         TEXT   NOT NULL,
    version    BIGINT NOT NULL, -- the newest
    status     TEXT   NOT NULL, -- of the process, or nothing
    changed_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (company, kind, id)
);

CREATE INDEX entity_changed ON entity (company, kind, changed_at, id);

-- What each was in each version. Such a row never changes: that it is there already
-- is how one who comes second is told.
CREATE TABLE entity_version (
    company    TEXT   NOT NULL,
    kind       TEXT   NOT NULL,
    entity_id  TEXT   NOT NULL,
    version    BIGINT NOT NULL, -- counted from 1
    changed_at BIGINT NOT NULL, -- later than that of the version before
    status     TEXT   NOT NULL,
    state      BYTEA  NOT NULL, -- JSON, compressed
    PRIMARY KEY (company, kind, entity_id, version)
);

-- It is compressed before.
ALTER TABLE entity_version ALTER COLUMN state SET STORAGE EXTERNAL;

-- Which version of its entity an event is about, and which of its lines, as JSON;
-- mostly nothing.
ALTER TABLE event ADD COLUMN scope TEXT NOT NULL DEFAULT '';
