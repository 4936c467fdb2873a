-- +goose Up

-- What is sealed from now on names its key, and a program from before cannot open it: such a node must not start.
UPDATE schema_compat SET oldest = 11;

-- The keys that something may be sealed with, each by its fingerprint. A node that lacks one of them does not start.
CREATE TABLE seal_key (digest BYTEA PRIMARY KEY);
INSERT INTO seal_key (digest) SELECT digest FROM seal_check;
DROP TABLE seal_check;

-- Which keys each node has, by its name in the table of nodes.
CREATE TABLE node_seal_key (
    node     TEXT NOT NULL,
    digest   BYTEA NOT NULL,
    seals    BOOLEAN NOT NULL,        -- otherwise it only opens with it
    noted_at TIMESTAMPTZ NOT NULL,    -- before the node is in the table of nodes; it counts as alive until then
    PRIMARY KEY (node, digest)
);
