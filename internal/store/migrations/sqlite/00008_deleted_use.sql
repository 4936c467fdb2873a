-- +goose Up

-- What tasks that are gone have cost: how many with a run were deleted, by the day (UTC, Unix milliseconds of its beginning)
-- on which they were created. Those that are there are counted themselves, so there is nothing to fill in.
CREATE TABLE deleted_use (
    day       BIGINT NOT NULL,
    upstream  TEXT NOT NULL,
    processor TEXT NOT NULL,
    runs      BIGINT NOT NULL,
    PRIMARY KEY (day, upstream, processor)
);
