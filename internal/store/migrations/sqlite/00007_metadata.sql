-- +goose Up

-- The metadata of requests, to filter lists by.
CREATE TABLE task_metadata (
    key      TEXT NOT NULL,
    value    TEXT NOT NULL,
    task_num BIGINT NOT NULL,
    PRIMARY KEY (key, value, task_num)
);
CREATE INDEX task_metadata_by_task ON task_metadata (task_num);

INSERT INTO task_metadata (key, value, task_num)
    SELECT m.key, CAST(m.value AS TEXT), d.task_num FROM task_document AS d, json_each(d.request, '$.metadata') AS m
    WHERE json_valid(d.request) AND m.type IN ('text', 'integer', 'real') AND length(m.key) <= 16 AND length(m.value) <= 512;
