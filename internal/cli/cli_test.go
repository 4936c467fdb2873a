package cli

import (
	"database/sql"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/taskyard/taskyard/internal/pgtest"
	"github.com/taskyard/taskyard/internal/store"
)

func TestMain(m *testing.M) {
	testscript.Main(pgtest.M{M: m}, map[string]func(){
		"taskyard": func() { os.Exit(Run(os.Args[1:], os.Stdout, os.Stderr)) },
	})
}

// TestScripts runs each script on either engine: $DATABASE is a path or an address. A script that is about one engine
// leaves out the other by [sqlite] or [postgres].
func TestScripts(t *testing.T) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) { runScripts(t, engine) })
	}
}

func runScripts(t *testing.T, engine string) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			for _, name := range []string{"ADDR", "OTHER_ADDR"} {
				port, err := freePort()
				if err != nil {
					return err
				}
				env.Setenv(name, "127.0.0.1:"+port)
			}
			env.Setenv("XDG_CACHE_HOME", env.WorkDir+"/cache")
			env.Setenv("DATABASE", "t.db")
			env.Values[taken{}] = new(net.Listener)
			if engine == "postgres" {
				database := pgtest.Database(env.T().(testing.TB))
				env.Setenv("DATABASE", database)
				env.Setenv("SERVER", regexp.MustCompile(`@([^/]+)/`).FindStringSubmatch(database)[1])
			}
			return nil
		},
		Condition: func(name string) (bool, error) {
			if name != "sqlite" && name != "postgres" {
				return false, fmt.Errorf("there is no condition %q", name)
			}
			return name == engine, nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"fetch": fetch, "await": await, "listen": listen, "accept": accept, "sql": runSQL},
	})
}

// freePort is below the ports that systems give to outgoing connections: one of those may take any other port before the
// script listens at it.
func freePort() (string, error) {
	for range 100 {
		port := strconv.Itoa(15_000 + rand.IntN(15_000))
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", port))
		if err == nil {
			return port, l.Close()
		}
	}
	return "", errors.New("no port is free")
}

// fetch path [method [body [header...]]] makes a request of $ADDR, waiting until somebody listens there, and prints the
// status and the body.
func fetch(ts *testscript.TestScript, _ bool, args []string) {
	get(ts, args, func([]byte) bool { return true })
}

// await path pattern repeats a request of $ADDR until the answer matches.
func await(ts *testscript.TestScript, _ bool, args []string) {
	pattern, err := regexp.Compile(args[1])
	ts.Check(err)
	get(ts, args[:1], pattern.Match)
}

func get(ts *testscript.TestScript, args []string, done func([]byte) bool) {
	if len(args) == 1 {
		args = append(args, http.MethodGet, "")
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		status, body, err := request(ts.Getenv("ADDR"), args)
		if err == nil && done(body) {
			_, _ = fmt.Fprintf(ts.Stdout(), "%d\n%s\n", status, body)
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%s: %d %s: %v", args[0], status, body, err)
		}
	}
}

func request(addr string, args []string) (int, []byte, error) {
	req, err := http.NewRequest(args[1], "http://"+addr+args[0], strings.NewReader(args[2]))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	for _, header := range args[3:] {
		name, value, _ := strings.Cut(header, ": ")
		req.Header.Set(name, value)
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp.StatusCode, body, err
}

// runSQL database statement changes a database, given as a path or an address.
func runSQL(ts *testscript.TestScript, _ bool, args []string) {
	driver, source := "pgx", args[0]
	if !store.IsPostgres(source) {
		driver, source = "sqlite", ts.MkAbs(source)
	}
	db, err := sql.Open(driver, source)
	ts.Check(err)
	defer db.Close()
	_, err = db.Exec(args[1])
	ts.Check(err)
}

// listen takes a port for the rest of the script, which is $ADDR from then on.
func listen(ts *testscript.TestScript, _ bool, _ []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Setenv("ADDR", l.Addr().String())
	*ts.Value(taken{}).(*net.Listener) = l
	ts.Defer(func() { _ = l.Close() })
}

// taken is the key of the listener that listen has made.
type taken struct{}

// accept waits until somebody has come to where listen listens, and never answers them.
func accept(ts *testscript.TestScript, _ bool, _ []string) {
	l := (*ts.Value(taken{}).(*net.Listener)).(*net.TCPListener)
	ts.Check(l.SetDeadline(time.Now().Add(20 * time.Second)))
	conn, err := l.Accept()
	ts.Check(err)
	ts.Defer(func() { _ = conn.Close() })
}

func TestEnvironmentNamesEveryFlag(t *testing.T) {
	flags := ServeFlags()
	values := map[string]string{"TASKYARD_ADDR": "127.0.0.1:1", "TASKYARD_MAX_BODY": "2048", "TASKYARD_LOG_LEVEL": "", "TASKYARD_ALLOW_HOST": "a,b"}
	if err := flags.Parse([]string{"--addr", "127.0.0.1:2"}); err != nil {
		t.Fatal(err)
	}
	if err := fromEnvironment(flags, func(name string) (string, bool) { v, ok := values[name]; return v, ok }); err != nil {
		t.Fatal(err)
	}
	for flag, want := range map[string]string{"addr": "127.0.0.1:2", "max-body": "2048", "log-level": "info", "allow-host": "[a,b]"} {
		if got := flags.Lookup(flag).Value.String(); got != want {
			t.Errorf("--%s is %s, want %s", flag, got, want)
		}
	}
}
