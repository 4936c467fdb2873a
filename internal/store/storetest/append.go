package storetest

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/taskyard/taskyard"
)

func testAppend(t *testing.T, open Open) {
	t.Run("events are numbered in the order in which they were queued", func(t *testing.T) {
		s := fresh(t, open, Options{})
		mustCreate(t, s, draft("one"))
		own := take(t, s, "one")
		var receipts []*taskyard.Receipt
		for n := 2; n <= 300; n += 2 { // none is waited for before the next
			receipts = append(receipts, own.write(taskyard.Change{}, message(n), message(n+1)))
		}
		if err := wait(t.Context(), receipts...); err != nil {
			t.Fatal(err)
		}
		log := wholeLog(t, s, own.num)
		wantEqual(t, len(log), 301)
		for i, e := range log[1:] {
			want := message(i + 2)
			wantEqual(t, e, taskyard.Event{Seq: int64(i + 2), Type: want.Type, Data: want.Data, At: want.At})
		}
		task := get(t, s, "one")
		wantEqual(t, task.LastSeq, int64(301))
		if task.Version < 151 {
			t.Errorf("version %d after 150 writes", task.Version)
		}
	})
	t.Run("a change sets its columns and leaves the others", func(t *testing.T) { testChange(t, open) })
	t.Run("an event of many bytes comes back byte for byte", func(t *testing.T) {
		s := fresh(t, open, Options{})
		mustCreate(t, s, draft("one"))
		own := take(t, s, "one")
		big := message(2)
		big.Data = json.RawMessage(`"` + strings.Repeat("a long report, ", 400_000) + `"`)
		empty := message(3)
		empty.Data = nil
		own.must(taskyard.Change{}, big, empty)
		log := wholeLog(t, s, own.num)
		if string(log[1].Data) != string(big.Data) {
			t.Error("6 MB of data came back changed")
		}
		wantEqual(t, log[2].Data, json.RawMessage(nil))
	})
	t.Run("text that an engine could not keep is refused", func(t *testing.T) {
		s := fresh(t, open, Options{})
		mustCreate(t, s, draft("one"))
		own := take(t, s, "one")
		before := get(t, s, "one")
		bad, run := message(2), "trun_\x00"
		bad.Data = json.RawMessage("\"\xff\"")
		nameless := message(2)
		nameless.Type = ""
		for _, w := range []taskyard.Write{
			{Events: []taskyard.NewEvent{bad}},
			{Events: []taskyard.NewEvent{nameless}},
			{Change: taskyard.Change{RunID: &run}},
			{Change: taskyard.Change{Result: json.RawMessage("\x00")}},
			{Change: taskyard.Change{Warnings: json.RawMessage("[\x00]")}},
			{Change: taskyard.Change{Error: &taskyard.TaskError{Detail: json.RawMessage("{")}}},
			{Change: taskyard.Change{Search: "\xff"}},
		} {
			w.Task, w.ID, w.Epoch, w.After = own.num, "one", own.epoch, own.after
			wantCode(t, s.Append(w).Wait(t.Context()), taskyard.CodeInvalid)
		}
		wantEqual(t, get(t, s, "one"), before)
	})
	t.Run("a hundred tasks at once keep a hundred exact logs", func(t *testing.T) { testManyTasks(t, open) })
}

func testChange(t *testing.T, open Open) {
	s := fresh(t, open, Options{})
	task := mustCreate(t, s, draft("one"))
	own := take(t, s, "one")
	task.Epoch = own.epoch

	running, run, done := taskyard.StatusRunning, "trun_1", taskyard.SubmissionDone
	read, meter := int64(7), 12.5
	retry := start.Add(time.Minute)
	progress := taskyard.Progress{SourcesRead: &read, Meter: &meter}
	activity := taskyard.Activity{Phase: taskyard.PhaseReconnecting, Since: start, Attempt: 2, Reason: "cut", RetryAt: &retry}
	own.must(taskyard.Change{Status: &running, RunID: &run, Submission: &done, Progress: &progress, Activity: &activity}, message(2))
	task.Status, task.RunID, task.Submission, task.Progress, task.Activity = running, run, done, progress, activity
	task.LastSeq = 2
	check := func() {
		t.Helper()
		got := get(t, s, "one")
		task.UpdatedAt, task.Version = got.UpdatedAt, got.Version
		wantEqual(t, got, task)
	}
	check()

	interaction := "trun_0"
	failure := taskyard.TaskError{Message: "no credit", RefID: "ref", Status: 402, Detail: json.RawMessage(`{"a":1}`), Hint: "top up"}
	warnings := json.RawMessage(`[{"type": "odd"}]`)
	own.must(taskyard.Change{InteractionID: &interaction, Error: &failure, Warnings: warnings, Result: json.RawMessage(`{"run": {}}`)})
	task.InteractionID, task.Error, task.Warnings, task.HasResult = interaction, &failure, warnings, true
	check()
	document, err := s.Document(t.Context(), "one")
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, string(document.Result), `{"run": {}}`)

	before := task.Version
	own.must(taskyard.Change{}, message(3))
	task.LastSeq = 3
	check()
	if task.Version <= before {
		t.Errorf("version went from %d to %d", before, task.Version)
	}
}

func testManyTasks(t *testing.T, open Open) {
	const tasks, writes = 100, 20
	s := fresh(t, open, Options{})
	var wg sync.WaitGroup
	for i := range tasks {
		d := draft(fmt.Sprint("task", i))
		task := mustCreate(t, s, d)
		own := take(t, s, d.ID)
		wg.Go(func() {
			var last *taskyard.Receipt
			for n := range writes {
				last = own.write(taskyard.Change{}, message(i*1000+n))
			}
			if err := last.Wait(t.Context()); err != nil {
				t.Errorf("task %d: %v", i, err)
			}
			// What a receipt has confirmed, a reader finds.
			if got, err := s.Task(t.Context(), d.ID); err != nil || got.LastSeq != writes+1 {
				t.Errorf("task %d ends at %d (%v), want %d", i, got.LastSeq, err, writes+1)
			}
		})
		_ = task
	}
	wg.Wait()
	for i := range tasks {
		log := wholeLog(t, s, get(t, s, fmt.Sprint("task", i)).Num)
		wantEqual(t, len(log), writes+1)
		for n, e := range log[1:] {
			wantEqual(t, string(e.Data), string(message(i*1000+n).Data))
		}
	}
}

func testFence(t *testing.T, open Open) {
	t.Run("the owner before the last cannot write", func(t *testing.T) {
		s := fresh(t, open, Options{})
		mustCreate(t, s, draft("one"))
		old := take(t, s, "one")
		old.must(taskyard.Change{}, message(2))
		young := take(t, s, "one")
		wantEqual(t, young.epoch, old.epoch+1)
		wantCode(t, old.write(taskyard.Change{}, message(3)).Wait(t.Context()), taskyard.CodeFenced)
		young.must(taskyard.Change{}, message(3))
		wantEqual(t, len(wholeLog(t, s, young.num)), 3)
	})
	t.Run("the epoch can be lost between two queued writes", func(t *testing.T) {
		s := fresh(t, open, Options{})
		mustCreate(t, s, draft("one"))
		old := take(t, s, "one")
		var receipts []*taskyard.Receipt
		for n := range 50 {
			receipts = append(receipts, old.write(taskyard.Change{}, message(n)))
		}
		young := take(t, s, "one") // somewhere among them
		stored := 0
		for _, r := range receipts {
			if err := r.Wait(t.Context()); err == nil {
				stored++
			} else {
				wantCode(t, err, taskyard.CodeFenced)
			}
		}
		wantEqual(t, young.after, int64(1+stored))
		young.must(taskyard.Change{}, message(99))
		wantEqual(t, len(wholeLog(t, s, young.num)), stored+2)
	})
	t.Run("a write that does not follow the log is refused", func(t *testing.T) {
		s := fresh(t, open, Options{})
		mustCreate(t, s, draft("one"))
		own := take(t, s, "one")
		for _, after := range []int64{0, 2, 100} {
			w := taskyard.Write{Task: own.num, ID: "one", Epoch: own.epoch, After: after, Events: []taskyard.NewEvent{message(2)}}
			wantCode(t, s.Append(w).Wait(t.Context()), taskyard.CodeFenced)
		}
		wantEqual(t, len(wholeLog(t, s, own.num)), 1)
	})
	t.Run("one refused write does not spoil those beside it", func(t *testing.T) {
		s := fresh(t, open, Options{})
		mustCreate(t, s, draft("one"))
		mustCreate(t, s, draft("two"))
		stale := take(t, s, "one")
		take(t, s, "one")
		own := take(t, s, "two")
		first := own.write(taskyard.Change{}, message(2))
		refused := stale.write(taskyard.Change{}, message(2))
		second := own.write(taskyard.Change{}, message(3))
		if err := wait(t.Context(), first, second); err != nil {
			t.Fatal(err)
		}
		wantCode(t, refused.Wait(t.Context()), taskyard.CodeFenced)
		wantEqual(t, len(wholeLog(t, s, own.num)), 3)
		wantEqual(t, len(wholeLog(t, s, stale.num)), 1)
	})
	t.Run("an unknown task is not found", func(t *testing.T) {
		s := fresh(t, open, Options{})
		own := &owner{t: t, s: s, num: 12345, id: "nobody", epoch: 1}
		wantCode(t, own.write(taskyard.Change{}, message(1)).Wait(t.Context()), taskyard.CodeNotFound)
		wantEqual(t, len(wholeLog(t, s, 12345)), 0)
	})
}
