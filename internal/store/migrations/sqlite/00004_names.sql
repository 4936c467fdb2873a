-- +goose Up

-- What users call their tasks: a title, "" for the first line of the input, and tags, a JSON array of strings.
ALTER TABLE task ADD COLUMN title TEXT NOT NULL DEFAULT '';
ALTER TABLE task ADD COLUMN tags TEXT NOT NULL DEFAULT '[]';
ALTER TABLE task_search ADD COLUMN title TEXT NOT NULL DEFAULT '';

CREATE TABLE task_tag (
    tag      TEXT NOT NULL,
    task_num BIGINT NOT NULL,
    PRIMARY KEY (tag, task_num)
);
CREATE INDEX task_tag_by_task ON task_tag (task_num);
