-- +goose Up

-- Whoever may not see all tasks sees what is public and their own: lists of each are walked in their order, by what they
-- are filtered by, as lists of all are; see list.go.
DROP INDEX task_by_visibility;
DROP INDEX task_by_owner;
CREATE INDEX task_by_audience ON task ((CASE visibility WHEN 'public' THEN '*' ELSE owner END), created_at, num);
CREATE INDEX task_by_audience_status ON task ((CASE visibility WHEN 'public' THEN '*' ELSE owner END), status, created_at, num);
CREATE INDEX task_by_audience_processor ON task ((CASE visibility WHEN 'public' THEN '*' ELSE owner END), processor, created_at, num);
CREATE INDEX task_by_audience_status_processor ON task ((CASE visibility WHEN 'public' THEN '*' ELSE owner END), status, processor, created_at, num);

-- Follow-ups of a task are read in their order for each of those who may see them: what is public, and one's own.
DROP INDEX task_by_previous;
CREATE INDEX task_by_previous_visibility ON task (previous, visibility, num) WHERE previous <> '';
CREATE INDEX task_by_previous_owner ON task (previous, owner, num) WHERE previous <> '';
