-- +goose Up

-- Whose the tasks under way are, where a client may have only so many: a token's id, or what stands for an address.
CREATE TABLE allotment (
    task_num BIGINT PRIMARY KEY,
    client   TEXT NOT NULL
);
CREATE INDEX allotment_by_client ON allotment (client);
