// Package pgtest gives tests a PostgreSQL server of their own: a real one, made in a folder of its own, that only
// this machine reaches and that ends with the test program.
package pgtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// variableRequired, where it is set, makes a machine without PostgreSQL fail instead of skip: make test sets it.
const variableRequired = "TASKYARD_TEST_POSTGRES"

// shared is the server of all tests of one program, and the empty databases that tests have left on it.
var shared struct {
	sync.Mutex
	server *Server
	folder string
	empty  []string
}

// Database makes an empty database for the length of a test and returns its URL. The program's TestMain must run
// its tests by [M], which ends the server. Where there is no PostgreSQL to start, the test is skipped, unless TASKYARD_TEST_POSTGRES is "required".
func Database(t testing.TB) string {
	t.Helper()
	server, err := sharedServer()
	if err != nil {
		missing(t, err)
	}
	name, err := emptyDatabase(t.Context(), server)
	if err != nil {
		t.Fatalf("make a database: %v", err)
	}
	t.Cleanup(func() {
		if err := leave(server, name); err != nil {
			t.Errorf("empty the database: %v", err)
		}
	})
	return server.URL(name)
}

// emptyDatabase is one that a test has left, as one made anew takes ten times as long.
func emptyDatabase(ctx context.Context, server *Server) (string, error) {
	shared.Lock()
	if n := len(shared.empty); n > 0 {
		defer shared.Unlock()
		name := shared.empty[n-1]
		shared.empty = shared.empty[:n-1]
		return name, nil
	}
	shared.Unlock()
	name := "test_" + rand.Text()
	return name, server.exec(ctx, "postgres", `CREATE DATABASE "`+name+`"`)
}

// leave ends every connection to a database and empties it.
func leave(server *Server, name string) error {
	err := server.exec(context.Background(), name, `
		SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid();
		DROP SCHEMA public CASCADE;
		CREATE SCHEMA public;`)
	if err != nil {
		return err
	}
	shared.Lock()
	defer shared.Unlock()
	shared.empty = append(shared.empty, name)
	return nil
}

// EachEngine runs a test twice: with the path of an SQLite file that is not there yet, and with the URL of an empty
// PostgreSQL database.
func EachEngine(t *testing.T, test func(t *testing.T, database string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, filepath.Join(t.TempDir(), "t.db")) })
	t.Run("postgres", func(t *testing.T) { test(t, Database(t)) })
}

// Own starts a server for one test, which may crash it and start it again.
func Own(t testing.TB) *Server {
	t.Helper()
	Need(t)
	folder, err := os.MkdirTemp("", "pgtest") //nolint:usetesting // into TempDir the user postgres may not go
	if err != nil {
		t.Fatal(err)
	}
	server, err := Start(folder, "fsync=off")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(server.Stop(), os.RemoveAll(folder)); err != nil {
			t.Error(err)
		}
	})
	return server
}

// Need ends a test that starts a server itself where there is no PostgreSQL to start.
func Need(t testing.TB) {
	t.Helper()
	if _, err := binary("initdb"); err != nil {
		missing(t, err)
	}
}

// missing ends a test for which there is no PostgreSQL.
func missing(t testing.TB, err error) {
	t.Helper()
	if os.Getenv(variableRequired) == "required" {
		t.Fatalf("PostgreSQL: %v", err)
	}
	t.Skipf("no PostgreSQL: %v", err)
}

func sharedServer() (*Server, error) {
	shared.Lock()
	defer shared.Unlock()
	if shared.server != nil {
		return shared.server, nil
	}
	folder, err := os.MkdirTemp("", "pgtest")
	if err != nil {
		return nil, err
	}
	// A test's data needs to survive nothing, so nothing waits for the disk.
	server, err := Start(folder, "fsync=off", "synchronous_commit=off", "full_page_writes=off")
	if err != nil {
		os.RemoveAll(folder) //nolint:errcheck // the error to report is that of Start
		return nil, err
	}
	shared.server, shared.folder = server, folder
	return server, nil
}

// M runs the tests of a program, and ends the server that Database started, if it did.
type M struct{ *testing.M }

// Run returns an exit code.
func (m M) Run() int {
	defer stop()
	return m.M.Run()
}

func stop() {
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil {
		return
	}
	if err := shared.server.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, "pgtest:", err)
	}
	if err := os.RemoveAll(shared.folder); err != nil {
		fmt.Fprintln(os.Stderr, "pgtest:", err)
	}
	shared.server, shared.empty = nil, nil
}

// exec runs statements in a database.
func (s *Server) exec(ctx context.Context, database, statements string) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.URL(database))
	if err != nil {
		return err
	}
	_, err = conn.PgConn().Exec(ctx, statements).ReadAll()
	return errors.Join(err, conn.Close(ctx))
}
