-- +goose Up

-- Browsers that signed in with Parallel. The cookie is kept as its hash, the key that it leads to is sealed.
CREATE TABLE login (
    hash       BLOB PRIMARY KEY,
    sealed     BLOB NOT NULL,
    created_at BIGINT NOT NULL,      -- Unix milliseconds
    used_at    BIGINT NOT NULL
);
CREATE INDEX login_by_use ON login (used_at);
