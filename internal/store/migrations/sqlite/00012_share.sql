-- +goose Up

-- Links that show one task to whoever has them. A link is kept as it is, so that its owner can copy it again: who can read
-- this table can read the task.
CREATE TABLE share (
    token      TEXT PRIMARY KEY,
    task_num   BIGINT NOT NULL,
    owner      TEXT NOT NULL,
    parts      TEXT NOT NULL,          -- of "result", "timeline", "request", "metadata", with commas between
    upto       BIGINT NOT NULL,        -- the newest event that is shown; 0 is all, as they come
    created_at BIGINT NOT NULL,        -- Unix milliseconds
    expires_at BIGINT,                 -- NULL is never
    revoked_at BIGINT                  -- NULL while it is good
);
CREATE INDEX share_by_task ON share (task_num);
CREATE INDEX share_by_owner ON share (owner, created_at);
