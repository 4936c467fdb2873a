-- +goose Up

-- Follow-ups of a task are read in their order for each of those who may see them: what is public, and one's own.
DROP INDEX task_by_previous;
CREATE INDEX task_by_previous_visibility ON task (previous, visibility, num) WHERE previous <> '';
CREATE INDEX task_by_previous_owner ON task (previous, owner, num) WHERE previous <> '';
