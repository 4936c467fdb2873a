-- +goose Up

-- Requests that users keep to begin from. They hold no secrets.
CREATE TABLE template (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    upstream   TEXT NOT NULL,
    request    TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX template_by_time ON template (created_at, id);
