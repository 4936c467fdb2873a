// Package pgtest gives tests a PostgreSQL server of their own: a real one, made in a folder of its own, that only
// this machine reaches and that ends with the test program.
package pgtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// variableRequired, where it is set, makes a machine without PostgreSQL fail instead of skip: make test sets it.
const variableRequired = "TASKYARD_TEST_POSTGRES"

// shared is the server of all tests of one program.
var shared struct {
	sync.Mutex
	server *Server
	folder string
}

// Database makes an empty database for the length of a test and returns its URL. The program's TestMain must run
// its tests by [M], which ends the server. Where there is no PostgreSQL to start, the test is skipped, unless TASKYARD_TEST_POSTGRES is "required".
func Database(t testing.TB) string {
	t.Helper()
	server, err := sharedServer()
	if err != nil {
		if os.Getenv(variableRequired) == "required" {
			t.Fatalf("PostgreSQL: %v", err)
		}
		t.Skipf("no PostgreSQL: %v", err)
	}
	name := "test_" + rand.Text()
	if err := server.exec(t.Context(), `CREATE DATABASE "`+name+`"`); err != nil {
		t.Fatalf("make a database: %v", err)
	}
	t.Cleanup(func() {
		if err := server.exec(context.Background(), `DROP DATABASE "`+name+`" WITH (FORCE)`); err != nil {
			t.Errorf("drop the database: %v", err)
		}
	})
	return server.URL(name)
}

// Own starts a server for one test, which may crash it and start it again.
func Own(t testing.TB) *Server {
	t.Helper()
	Database(t)                               // where there is no PostgreSQL, skips or fails
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
	shared.server = nil
}

// exec runs one statement in the server's own database.
func (s *Server) exec(ctx context.Context, statement string) error {
	db, err := sql.Open("pgx", s.URL("postgres"))
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // nothing is left in it to lose
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	_, err = db.ExecContext(ctx, statement)
	return err
}
