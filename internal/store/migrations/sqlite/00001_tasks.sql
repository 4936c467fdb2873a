-- +goose Up

-- "Task" in ASCII, so that another program's file is never taken for ours.
PRAGMA application_id = 1415672683;

-- Small columns only: a list reads nothing else. Times are Unix milliseconds, JSON is text.
CREATE TABLE task (
    -- AUTOINCREMENT: the number of a deleted task must not come again, or a late write would meet a stranger's log.
    num              INTEGER PRIMARY KEY AUTOINCREMENT,
    id               TEXT NOT NULL UNIQUE,
    status           TEXT NOT NULL,
    processor        TEXT NOT NULL,
    upstream         TEXT NOT NULL,
    mode             TEXT NOT NULL,
    preview          TEXT NOT NULL,
    run_id           TEXT NOT NULL,
    interaction_id   TEXT NOT NULL,
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
);

-- One index for each way a list is walked, newest first, so that a page is read in order and never sorted.
CREATE INDEX task_by_time ON task (created_at, num);
CREATE INDEX task_by_status ON task (status, created_at, num);
CREATE INDEX task_by_processor ON task (processor, created_at, num);
CREATE INDEX task_by_status_processor ON task (status, processor, created_at, num);
CREATE INDEX task_by_upstream ON task (upstream, created_at, num);

CREATE TABLE task_document (
    task_num BIGINT PRIMARY KEY,
    request  TEXT NOT NULL,
    result   TEXT                     -- NULL until there is one
);

CREATE TABLE task_secret (
    task_num BIGINT PRIMARY KEY,
    sealed   BLOB NOT NULL
);

-- Folded text, bounded; see search.go.
CREATE TABLE task_search (
    task_num BIGINT PRIMARY KEY,
    input    TEXT NOT NULL,
    output   TEXT NOT NULL
);

-- A rowid table with an integer task key: four times the inserts of WITHOUT ROWID with a text key, and a seventh
-- of the bytes written.
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
    fingerprint     BLOB NOT NULL,
    created_at      BIGINT NOT NULL
);
CREATE INDEX idempotency_by_task ON idempotency (task_num);
CREATE INDEX idempotency_by_time ON idempotency (created_at);

-- Tasks that are gone but whose events are still being removed, a few at a time.
CREATE TABLE deleted_task (
    task_num BIGINT PRIMARY KEY,
    last_seq BIGINT NOT NULL
);
