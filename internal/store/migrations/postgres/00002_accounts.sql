-- +goose Up
ALTER TABLE company ADD COLUMN language TEXT NOT NULL DEFAULT 'en';
ALTER TABLE company ADD COLUMN modules TEXT NOT NULL DEFAULT '[]'; -- a JSON array of IDs

CREATE TABLE shop (
    company   TEXT NOT NULL REFERENCES company (id),
    id        TEXT NOT NULL, -- the platform's own
    name      TEXT NOT NULL,
    language  TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    PRIMARY KEY (company, id)
);

-- Whether nothing of a deleted hook waits any more, nor can again.
ALTER TABLE hook ADD COLUMN cancelled BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX hook_to_cancel ON hook (id) WHERE deleted_at > 0 AND NOT cancelled;

-- Those of an empty company are the operator's, here and below.
CREATE TABLE users (
    id         UUID    PRIMARY KEY,
    company    TEXT    NOT NULL,
    email      TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    language   TEXT    NOT NULL,
    role       TEXT    NOT NULL,
    password   TEXT    NOT NULL, -- its hash; empty if there is none
    subject    TEXT    NOT NULL, -- of OpenID Connect; empty if there is none
    disabled   BOOLEAN NOT NULL,
    created_at BIGINT  NOT NULL
);

CREATE UNIQUE INDEX users_email ON users (email);
CREATE UNIQUE INDEX users_subject ON users (subject) WHERE subject <> '';
CREATE INDEX users_of_company ON users (company);

CREATE TABLE picture (
    user_id    UUID  PRIMARY KEY REFERENCES users (id),
    media_type TEXT  NOT NULL,
    data       BYTEA NOT NULL
);

CREATE TABLE session (
    id         UUID   PRIMARY KEY,
    user_id    UUID   NOT NULL REFERENCES users (id),
    digest     TEXT   NOT NULL UNIQUE, -- of the token
    address    TEXT   NOT NULL,
    agent      TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX session_of_user ON session (user_id, id);
CREATE INDEX session_expiry ON session (expires_at);

CREATE TABLE link (
    digest     TEXT   PRIMARY KEY, -- of the token
    purpose    TEXT   NOT NULL,
    user_id    UUID   NOT NULL REFERENCES users (id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX link_of_user ON link (user_id);
CREATE INDEX link_expiry ON link (expires_at);

CREATE TABLE api_key (
    id         UUID   PRIMARY KEY,
    company    TEXT   NOT NULL,
    role       TEXT   NOT NULL,
    name       TEXT   NOT NULL,
    prefix     TEXT   NOT NULL,
    digest     TEXT   NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    used_at    BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT NOT NULL
);

CREATE INDEX api_key_of_company ON api_key (company, id);

-- What was changed, by whom. Rows are added, and never changed or removed.
CREATE TABLE audit (
    id           UUID   PRIMARY KEY,
    at           BIGINT NOT NULL,
    company      TEXT   NOT NULL,
    actor        TEXT   NOT NULL,
    actor_id     UUID   NOT NULL,
    role         TEXT   NOT NULL,
    address      TEXT   NOT NULL,
    action       TEXT   NOT NULL,
    target       TEXT   NOT NULL,
    state_before TEXT   NOT NULL, -- a JSON object, or nothing
    state_after  TEXT   NOT NULL
);

CREATE INDEX audit_of_company ON audit (company, id);
CREATE INDEX audit_of_target ON audit (target, id);

-- +goose StatementBegin
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only';
END;
$$;
-- +goose StatementEnd

CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
