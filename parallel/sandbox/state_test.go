package sandbox_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/taskyard/taskyard/parallel"
	"github.com/taskyard/taskyard/parallel/sandbox"
)

func TestRunsGoOnAfterARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	inBubble(t, func(w *world) {
		run := w.create(simple("pro", "drop:1"))
		truth, _ := w.box.Log(run.RunID)
		time.Sleep(30 * time.Second)
		if err := w.box.Close(); err != nil {
			t.Fatal(err)
		}
		again := w.reopen(path)
		defer again.box.Close()
		now, err := again.client.Run(w.Context(), run.RunID)
		if err != nil || now.Status != parallel.StatusRunning {
			t.Fatalf("after the restart: %+v, %v", now, err)
		}
		again.statuses(run.RunID)
		sameJSON(t, again.listen(run.RunID).truth(), truth)
		if other := again.create(simple("pro", "drop:1")); other.RunID == run.RunID {
			t.Error("another run has the same name")
		}
		if n := again.box.Creates(); n != 1 {
			t.Errorf("%d creates since the restart, want 1", n)
		}
	}, sandbox.WithStateFile(path))
}

func (w *world) reopen(path string, opts ...sandbox.Option) *world {
	w.Helper()
	box, err := sandbox.New(append(opts, sandbox.WithStateFile(path))...)
	if err != nil {
		w.Fatal(err)
	}
	again := &world{T: w.T, box: box}
	again.client = again.as("key")
	return again
}

func TestStateFileIsPrivateAndHasNoSecrets(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	inBubble(t, func(w *world) {
		_, err := w.as("hush-key").CreateRunJSON(w.Context(), json.RawMessage(`{"processor":"lite","input":"x",
			"mcp_servers":[{"name":"s","url":"https://s.example.com","headers":{"Authorization":"hush-header"}}],"webhook":{"url":"https://h.example.com/hush-hook"}}`))
		if err != nil {
			t.Fatal(err)
		}
	}, sandbox.WithStateFile(path))
	content, err := os.ReadFile(path)
	if err != nil || len(content) == 0 || bytes.Contains(content, []byte("hush")) {
		t.Errorf("%v, %s", err, content)
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
}

func TestStateFileSurvivesACutLineAndOthers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	var first *parallel.TaskRun
	inBubble(t, func(w *world) { first = w.create(simple("lite", "")) }, sandbox.WithStateFile(path))
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	broken := append([]byte("not json\n"), content...)
	broken = append(broken, content[:len(content)/2]...)
	if err := os.WriteFile(path, broken, 0o600); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	inBubble(t, func(w *world) {
		if _, err := w.client.Run(w.Context(), first.RunID); err != nil {
			t.Errorf("the whole line is lost: %v", err)
		}
		w.create(simple("lite", ""))
	}, sandbox.WithStateFile(path), sandbox.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	if strings.Count(log.String(), "passed over") != 1 || !strings.Contains(log.String(), "line=1") {
		t.Errorf("the log says %s", log.String())
	}
	content, _ = os.ReadFile(path)
	if n := bytes.Count(content, []byte("\n")); n != 3 {
		t.Errorf("the file has %d lines, want 3", n)
	}
}
