-- +goose Up

-- The interaction that a task goes on from, "" for one that stands for itself; and ways to walk threads of them.
ALTER TABLE task ADD COLUMN previous TEXT NOT NULL DEFAULT '';
CREATE INDEX task_by_previous ON task (previous, num) WHERE previous <> '';
CREATE INDEX task_by_interaction ON task (interaction_id) WHERE interaction_id <> '';
CREATE INDEX task_by_run ON task (run_id) WHERE run_id <> '';
