-- +goose Up

-- A link gets a number, so that pages of links have one order, and is counted when it is opened.
CREATE TABLE numbered_share (
    num        INTEGER PRIMARY KEY,
    token      TEXT NOT NULL UNIQUE,
    task_num   BIGINT NOT NULL,
    owner      TEXT NOT NULL,
    parts      TEXT NOT NULL,          -- of "result", "timeline", "request", "metadata", with commas between
    upto       BIGINT NOT NULL,        -- the newest event that is shown; 0 is all, as they come
    created_at BIGINT NOT NULL,        -- Unix milliseconds
    expires_at BIGINT,                 -- NULL is never
    revoked_at BIGINT,                 -- NULL while it is good
    opens      BIGINT NOT NULL DEFAULT 0,
    opened_at  BIGINT                  -- when it was last; NULL if never
);
INSERT INTO numbered_share (token, task_num, owner, parts, upto, created_at, expires_at, revoked_at)
    SELECT token, task_num, owner, parts, upto, created_at, expires_at, revoked_at FROM share ORDER BY created_at, token;
DROP TABLE share;
ALTER TABLE numbered_share RENAME TO share;
CREATE INDEX share_by_task ON share (task_num, created_at, num);
CREATE INDEX share_by_owner ON share (owner, created_at, num);
CREATE INDEX share_by_time ON share (created_at, num);

-- Who may see a template: "public" is everybody with a token, "private" its owner alone. Visitors' were private before.
ALTER TABLE template ADD COLUMN visibility TEXT NOT NULL DEFAULT 'private';
UPDATE template SET visibility = 'public' WHERE owner NOT LIKE 'anon\_%' ESCAPE '\';
DROP INDEX template_by_time;
CREATE INDEX template_by_owner ON template (owner, created_at, id);
CREATE INDEX template_by_visibility ON template (visibility, created_at, id);
