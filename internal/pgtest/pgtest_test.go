package pgtest_test

import (
	"database/sql"
	"testing"

	"go.uber.org/goleak"

	"github.com/taskyard/taskyard/internal/pgtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(pgtest.M{M: m}) }

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
