-- +goose Up

-- What tasks that are gone have cost: how many with a run were deleted, by the day (UTC, Unix milliseconds of its beginning)
-- on which they were created. Those that are there are counted themselves, so there is nothing to fill in.
--
-- A node of the release before goes on without it: what it deletes is not counted, and so today's sum falls by that, as it
-- did before. Nothing else is wrong by it, so schema_compat stays.
CREATE TABLE deleted_use (
    day       BIGINT NOT NULL,
    upstream  TEXT NOT NULL,
    processor TEXT NOT NULL,
    runs      BIGINT NOT NULL,
    PRIMARY KEY (day, upstream, processor)
);
