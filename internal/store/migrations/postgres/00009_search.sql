-- +goose Up

-- Finds the tasks whose texts hold some characters without reading all texts; see search.go. Where the extension is not
-- installed, or may not be made, a search reads through them.
-- +goose StatementBegin
DO $$
BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    CREATE INDEX task_search_by_trigrams ON task_search USING gin (input gin_trgm_ops, output gin_trgm_ops, title gin_trgm_ops);
EXCEPTION WHEN insufficient_privilege OR feature_not_supported OR undefined_file OR undefined_object THEN
    RAISE WARNING 'searches will read through all texts, as there is no pg_trgm: %', SQLERRM;
END
$$;
-- +goose StatementEnd
