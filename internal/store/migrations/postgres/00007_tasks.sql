-- +goose Up

-- The tables of SQLite's first seven migrations, and what many nodes need besides. From here on a migration has one
-- number on both engines.

-- A migration must leave the schema such that nodes of the release before can go on with it while they are upgraded one
-- after the other. One that cannot raises this to its own number, and the nodes before it do not start any more.
CREATE TABLE schema_compat (oldest BIGINT NOT NULL);
INSERT INTO schema_compat (oldest) VALUES (7);

-- Small columns only: a list reads nothing else. Times are Unix milliseconds, JSON is text.
CREATE TABLE task (
    num              BIGINT PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    id               TEXT NOT NULL UNIQUE,
    status           TEXT NOT NULL,
    processor        TEXT NOT NULL,
    upstream         TEXT NOT NULL,
    mode             TEXT NOT NULL,
    preview          TEXT NOT NULL,
    title            TEXT NOT NULL DEFAULT '',
    tags             TEXT NOT NULL DEFAULT '[]',   -- JSON array of strings
    betas            TEXT NOT NULL DEFAULT '',
    run_id           TEXT NOT NULL,
    interaction_id   TEXT NOT NULL,
    previous         TEXT NOT NULL DEFAULT '',
    created_at       BIGINT NOT NULL,
    updated_at       BIGINT NOT NULL,
    completed_at     BIGINT,          -- NULL until the task is settled
    epoch            BIGINT NOT NULL,
    last_seq         BIGINT NOT NULL,
    version          BIGINT NOT NULL,
    submission       TEXT NOT NULL,
    progress         TEXT NOT NULL,   -- JSON
    activity         TEXT NOT NULL,   -- JSON
    error            TEXT,            -- JSON; NULL unless the task failed
    warnings         TEXT,            -- JSON array; NULL if none
    has_result       BOOLEAN NOT NULL,
    cancel_requested BOOLEAN NOT NULL
) WITH (fillfactor = 70); -- room in each page for the row's next version: it moves with every event

-- One index for each way a list is walked, newest first, so that a page is read in order and never sorted. None has a
-- column that moves with every event.
CREATE INDEX task_by_time ON task (created_at, num);
CREATE INDEX task_by_status ON task (status, created_at, num);
CREATE INDEX task_by_processor ON task (processor, created_at, num);
CREATE INDEX task_by_status_processor ON task (status, processor, created_at, num);
CREATE INDEX task_by_upstream ON task (upstream, created_at, num);
CREATE INDEX task_open ON task (num) WHERE completed_at IS NULL;
CREATE INDEX task_by_previous ON task (previous, num) WHERE previous <> '';
CREATE INDEX task_by_interaction ON task (interaction_id) WHERE interaction_id <> '';
CREATE INDEX task_by_run ON task (run_id) WHERE run_id <> '';

CREATE TABLE task_document (
    task_num BIGINT PRIMARY KEY,
    request  TEXT NOT NULL,
    result   TEXT                     -- NULL until there is one
);

CREATE TABLE task_secret (
    task_num BIGINT PRIMARY KEY,
    sealed   BYTEA NOT NULL
);

-- Folded text, bounded; see search.go.
CREATE TABLE task_search (
    task_num BIGINT PRIMARY KEY,
    input    TEXT NOT NULL,
    output   TEXT NOT NULL,
    title    TEXT NOT NULL DEFAULT ''
);

CREATE TABLE task_tag (
    tag      TEXT NOT NULL,
    task_num BIGINT NOT NULL,
    PRIMARY KEY (tag, task_num)
);
CREATE INDEX task_tag_by_task ON task_tag (task_num);

CREATE TABLE task_metadata (
    key      TEXT NOT NULL,
    value    TEXT NOT NULL,
    task_num BIGINT NOT NULL,
    PRIMARY KEY (key, value, task_num)
);
CREATE INDEX task_metadata_by_task ON task_metadata (task_num);

CREATE TABLE event (
    task_num BIGINT NOT NULL,
    seq      BIGINT NOT NULL,
    type     TEXT NOT NULL,
    data     TEXT NOT NULL,
    at       BIGINT NOT NULL,
    PRIMARY KEY (task_num, seq)
);

CREATE TABLE idempotency (
    idempotency_key TEXT PRIMARY KEY,
    task_num        BIGINT NOT NULL,
    fingerprint     BYTEA NOT NULL,
    created_at      BIGINT NOT NULL
);
CREATE INDEX idempotency_by_task ON idempotency (task_num);
CREATE INDEX idempotency_by_time ON idempotency (created_at);

-- Tasks that are gone but whose events are still being removed, a few at a time.
CREATE TABLE deleted_task (
    task_num BIGINT PRIMARY KEY,
    last_seq BIGINT NOT NULL
);

-- Requests that users keep to begin from. They hold no secrets.
CREATE TABLE template (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    upstream   TEXT NOT NULL,
    request    TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX template_by_time ON template (created_at, id);

-- The nodes that are alive, each by its last beat on this database's clock.
CREATE TABLE node (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,         -- host and process, for people
    started_at TIMESTAMPTZ NOT NULL,
    beat_at    TIMESTAMPTZ NOT NULL
);

-- How fast calls with an API key may be made, over all nodes.
CREATE TABLE pace (
    key_hash   BYTEA PRIMARY KEY,     -- of the upstream and the key
    next_at    BIGINT NOT NULL,       -- microseconds on this database's clock: no call before, but for the burst
    held_until BIGINT NOT NULL,       -- likewise: upstream said that there are too many
    reason     TEXT NOT NULL          -- in its words
);

-- By which the nodes find out that they have one seal key.
CREATE TABLE seal_check (
    singleton BOOLEAN PRIMARY KEY DEFAULT TRUE CHECK (singleton),
    digest    BYTEA NOT NULL
);

-- Runs of the simulator; each is a function of its record.
CREATE TABLE simulator_run (
    run_id       TEXT PRIMARY KEY,
    record       TEXT NOT NULL,
    created_at   BIGINT NOT NULL,      -- Unix milliseconds
    cancelled_at BIGINT               -- Unix microseconds; NULL unless it was cancelled
);
CREATE INDEX simulator_run_by_time ON simulator_run (created_at);
