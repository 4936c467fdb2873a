-- +goose Up

-- Whose a task is, and who may read it: "public" or "private". What was there before belongs to nobody.
ALTER TABLE task ADD COLUMN owner TEXT NOT NULL DEFAULT '';
ALTER TABLE task ADD COLUMN visibility TEXT NOT NULL DEFAULT 'public';
CREATE INDEX task_by_owner ON task (owner, created_at, num);
CREATE INDEX task_by_visibility ON task (visibility, created_at, num);
ALTER TABLE template ADD COLUMN owner TEXT NOT NULL DEFAULT '';

-- Who is let in. A token is kept as its hash.
CREATE TABLE access_token (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    role       TEXT NOT NULL,
    hash       BLOB NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,      -- Unix milliseconds
    used_at    BIGINT,               -- about; NULL if never
    revoked_at BIGINT                -- NULL while it is good
);

-- Browsers that were let in. The cookie is kept as its hash.
CREATE TABLE session (
    hash       BLOB PRIMARY KEY,
    token_id   TEXT NOT NULL,        -- by which it was let in
    created_at BIGINT NOT NULL,
    used_at    BIGINT NOT NULL
);
CREATE INDEX session_by_use ON session (used_at);
