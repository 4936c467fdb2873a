package pgtest_test

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"github.com/taskyard/taskyard/internal/pgtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(pgtest.M{M: m}) }

func TestDatabasesAreEmptyAndApart(t *testing.T) {
	for _, name := range []string{"one test", "the next"} {
		t.Run(name, func(t *testing.T) {
			for range 2 {
				conn, err := pgx.Connect(t.Context(), pgtest.Database(t)) // not closed: the end of the test does that
				if err != nil {
					t.Fatal(err)
				}
				if _, err := conn.Exec(t.Context(), `CREATE TABLE mine (n int)`); err != nil {
					t.Error(err)
				}
			}
		})
	}
}
