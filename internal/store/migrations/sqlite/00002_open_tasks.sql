-- +goose Up

-- Few of many tasks are open at a time, and somebody must drive each: they are looked through again and again.
CREATE INDEX task_open ON task (num) WHERE completed_at IS NULL;
