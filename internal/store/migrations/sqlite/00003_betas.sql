-- +goose Up

-- What a task sends as parallel-beta: comma-separated names, "" for none.
ALTER TABLE task ADD COLUMN betas TEXT NOT NULL DEFAULT '';
