package pgtest_test

import (
	"database/sql"
	"os"
	"testing"

	"github.com/taskyard/taskyard/internal/pgtest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	pgtest.Stop()
	os.Exit(code)
}

func TestDatabasesAreEmptyAndApart(t *testing.T) {
	for range 2 {
		db, err := sql.Open("pgx", pgtest.Database(t))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.Exec(`CREATE TABLE mine (n int)`); err != nil {
			t.Error(err)
		}
	}
}
