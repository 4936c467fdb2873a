package store

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/taskyard/taskyard"
)

func TestOpenSaysWhatIsWrongWithAPath(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	foreign := filepath.Join(dir, "foreign.db")
	db, err := sql.Open("sqlite", foreign)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`CREATE TABLE recipes (name TEXT)`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name, path, want string
	}{
		{"none", "", "needs the path of a file"},
		{"in memory", ":memory:", "needs the path of a file"},
		{"folder missing", filepath.Join(dir, "missing", "x.db"), "create it"},
		{"folder is a file", filepath.Join(write("file", "x"), "x.db"), "cannot be"},
		{"path is a folder", dir, "cannot be written"},
		{"folder unwritable", unwritableFolder(t) + "/x.db", "cannot be written"},
		{"a text file", write("notes.txt", strings.Repeat("not a database ", 100)), "is not a database"},
		{"another program's database", foreign, "another program"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := Open(t.Context(), Config{Database: row.path})
			wantError(t, err, taskyard.CodeInvalid, row.want)
		})
	}
	if got, err := os.ReadFile(filepath.Join(dir, "notes.txt")); err != nil || !strings.HasPrefix(string(got), "not a database") {
		t.Errorf("the text file was changed: %v", err)
	}
}

// unwritableFolder is one in which even root cannot create files.
func unwritableFolder(t *testing.T) string {
	if os.Geteuid() == 0 {
		return "/proc"
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	return dir
}

func wantError(t *testing.T, err error, code taskyard.Code, sentence string) {
	t.Helper()
	if err == nil || taskyard.CodeOf(err) != code || !strings.Contains(err.Error(), sentence) {
		t.Errorf("error %v (%s), want %s and %q", err, taskyard.CodeOf(err), code, sentence)
	}
}

func TestOpenRefusesSettingsItDoesNotKnow(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	_, err := Open(t.Context(), Config{Database: path, Synchronous: "sometimes"})
	wantError(t, err, taskyard.CodeInvalid, "sometimes")
	_, err = Open(t.Context(), Config{Database: path, Window: -time.Second})
	wantError(t, err, taskyard.CodeInvalid, "negative")
}

func TestSynchronousIsWhatWasAskedFor(t *testing.T) {
	for setting, want := range map[string]int{"": 1, "normal": 1, "full": 2} {
		s := open(t, Config{Database: filepath.Join(t.TempDir(), "x.db"), Synchronous: setting})
		var got int
		if err := s.write.QueryRow(`PRAGMA synchronous`).Scan(&got); err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("%q: synchronous is %d, want %d", setting, got, want)
		}
		closeStore(t, s)
	}
}

func TestOpenTakesAPathLiterally(t *testing.T) {
	for _, name := range []string{"odd ?name#1 100%25.db", "naïve;mode=memory&x=.db"} {
		path := filepath.Join(t.TempDir(), name)
		closeStore(t, open(t, Config{Database: path}))
		entries, err := os.ReadDir(filepath.Dir(path))
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, e := range entries {
			names = append(names, e.Name())
		}
		if got, want := fmt.Sprint(names), fmt.Sprint([]string{name, name + ".lock"}); got != want {
			t.Errorf("files %v after closing, want %v", got, want)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("mode %v, error %v", info.Mode(), err)
		}
	}
}

func TestOpenLeavesANewerSchemaAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	s := open(t, Config{Database: path})
	if _, err := s.write.Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)`); err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)
	_, err := Open(t.Context(), Config{Database: path})
	wantError(t, err, taskyard.CodeInvalid, "schema 99999")
	wantError(t, err, taskyard.CodeInvalid, "run a newer Taskyard")
}

func TestReadersCannotWrite(t *testing.T) {
	s := open(t, Config{Database: filepath.Join(t.TempDir(), "x.db")})
	defer closeStore(t, s)
	if _, err := s.ReadDB().Exec(`DELETE FROM task`); err == nil {
		t.Error("the read pool deleted")
	}
	if _, err := s.WriteDB().Exec(`DELETE FROM task`); err != nil {
		t.Error(err)
	}
}

// holdVariable makes the test binary a second process that holds a store; see hold.
const holdVariable = "TASKYARD_TEST_HOLD_STORE"

// hold opens a store, appends until it is killed, and prints how many events were confirmed.
func hold(path string) {
	ctx := context.Background()
	s, err := Open(ctx, Config{Database: path})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	task, _, err := s.Create(ctx, taskyard.NewTask{ID: "held", Note: taskyard.NewEvent{Type: taskyard.NoteCreated}}, noJob)
	if err != nil {
		panic(err)
	}
	for after := int64(1); ; after++ {
		w := taskyard.Write{Task: task.Num, ID: "held", After: after, Events: []taskyard.NewEvent{{Type: "x", Data: json.RawMessage(`{}`)}}}
		if err := s.Append(w).Wait(ctx); err != nil {
			panic(err)
		}
		fmt.Println(after + 1)
	}
}

func noJob(*sql.Tx, taskyard.Task) error { return nil }

func TestOneProcessAtATime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	other := exec.Command(os.Args[0])
	other.Env = append(os.Environ(), holdVariable+"="+path)
	out, err := other.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for range 20 {
		if !lines.Scan() {
			t.Fatal("the other process ended")
		}
	}
	_, err = Open(t.Context(), Config{Database: path})
	wantError(t, err, taskyard.CodeUnavailable, "another Taskyard process")
	link := filepath.Join(t.TempDir(), "link.db")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	_, err = Open(t.Context(), Config{Database: link})
	wantError(t, err, taskyard.CodeUnavailable, "another Taskyard process")

	// The lock dies with the process, and what it confirmed outlives it.
	if err := other.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	confirmed := lines.Text()
	for lines.Scan() {
		confirmed = lines.Text()
	}
	_ = other.Wait() // killed
	s := open(t, Config{Database: path})
	defer closeStore(t, s)
	task, err := s.Task(t.Context(), "held")
	if err != nil {
		t.Fatal(err)
	}
	var last int64
	if _, err := fmt.Sscan(confirmed, &last); err != nil || task.LastSeq < last {
		t.Errorf("the log ends at %d, and %q was confirmed", task.LastSeq, confirmed)
	}
	events, err := s.Events(t.Context(), task.Num, 0, 0, 1_000_000, 1<<30)
	if err != nil || int64(len(events)) != task.LastSeq {
		t.Errorf("%d events (%v), the task says %d", len(events), err, task.LastSeq)
	}
}

func TestOneStoreAtATimeWithinAProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	s := open(t, Config{Database: path})
	_, err := Open(t.Context(), Config{Database: path})
	wantError(t, err, taskyard.CodeUnavailable, "another Taskyard process")
	closeStore(t, s)
	closeStore(t, open(t, Config{Database: path}))
}

func TestAClosedStoreRefuses(t *testing.T) {
	s := open(t, Config{Database: filepath.Join(t.TempDir(), "x.db")})
	if err := s.Ping(t.Context()); err != nil {
		t.Errorf("Ping: %v", err)
	}
	closeStore(t, s)
	closeStore(t, s) // twice is once
	_, _, err := s.Create(t.Context(), taskyard.NewTask{ID: "one", Note: taskyard.NewEvent{Type: "x"}}, noJob)
	wantError(t, err, taskyard.CodeUnavailable, "closed")
	wantError(t, s.Append(taskyard.Write{}).Wait(t.Context()), taskyard.CodeUnavailable, "closed")
	wantError(t, s.Ping(t.Context()), taskyard.CodeUnavailable, "closed")
}
