-- +goose Up

-- A link gets a number, so that pages of links have one order, and is counted when it is opened. A node of the release
-- before makes links without: they get their numbers here, and what is opened there is not counted.
ALTER TABLE share ADD COLUMN num BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY UNIQUE;
ALTER TABLE share ADD COLUMN opens BIGINT NOT NULL DEFAULT 0;
ALTER TABLE share ADD COLUMN opened_at BIGINT;          -- Unix milliseconds, when it was last; NULL if never
DROP INDEX share_by_task;
DROP INDEX share_by_owner;
CREATE INDEX share_by_task ON share (task_num, created_at, num);
CREATE INDEX share_by_owner ON share (owner, created_at, num);
CREATE INDEX share_by_time ON share (created_at, num);

-- Who may see a template: "public" is everybody with a token, "private" its owner alone. Visitors' were private before,
-- and what a node of the release before keeps is private too, as it does not say.
ALTER TABLE template ADD COLUMN visibility TEXT NOT NULL DEFAULT 'private';
UPDATE template SET visibility = 'public' WHERE owner NOT LIKE 'anon\_%' ESCAPE '\';
DROP INDEX template_by_time;
CREATE INDEX template_by_owner ON template (owner, created_at, id);
CREATE INDEX template_by_visibility ON template (visibility, created_at, id);
