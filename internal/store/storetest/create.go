package storetest

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/taskyard/taskyard"
)

func testCreate(t *testing.T, open Open) {
	t.Run("a task reads back as it was submitted", func(t *testing.T) {
		s := fresh(t, open, Options{})
		d := draft("one")
		d.CreatedAt = start.In(time.FixedZone("elsewhere", 3600)).Add(123 * time.Microsecond)
		created := mustCreate(t, s, d)
		wantEqual(t, created, taskyard.Task{
			Num: created.Num, ID: "one", Status: taskyard.StatusPending, Processor: "core", Upstream: "parallel",
			Mode: "text", Preview: d.Preview, Betas: d.Betas, Visibility: taskyard.Public, CreatedAt: start, UpdatedAt: start, LastSeq: 1, Version: 1,
			Activity: taskyard.Activity{Phase: taskyard.PhaseWaiting, Since: created.Activity.Since},
		})
		if !created.Activity.Since.Equal(d.CreatedAt) {
			t.Errorf("it waits since %v, want %v", created.Activity.Since, d.CreatedAt)
		}
		wantEqual(t, get(t, s, "one"), created)
	})
	t.Run("its documents and first event keep every byte", func(t *testing.T) {
		s := fresh(t, open, Options{})
		d := draft("one")
		d.Request = json.RawMessage("{ \"input\" : \"naïve \U0001F5FC \\u0000 \\ud83d\" }")
		task := mustCreate(t, s, d)
		document, err := s.Document(t.Context(), "one")
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, document, taskyard.Document{Request: d.Request})
		wantEqual(t, wholeLog(t, s, task.Num), []taskyard.Event{{Seq: 1, Type: d.Note.Type, Data: d.Note.Data, At: start}})
		owned, err := s.Take(t.Context(), "one")
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, string(owned.Request), string(d.Request))
		wantEqual(t, owned.Secret, d.Secret)
	})
	t.Run("an unknown task is not found", func(t *testing.T) {
		s := fresh(t, open, Options{})
		_, err := s.Task(t.Context(), "nobody")
		wantCode(t, err, taskyard.CodeNotFound)
		_, err = s.Document(t.Context(), "nobody")
		wantCode(t, err, taskyard.CodeNotFound)
		_, err = s.Take(t.Context(), "nobody")
		wantCode(t, err, taskyard.CodeNotFound)
	})
	t.Run("the job is part of the transaction", func(t *testing.T) { testEnqueue(t, open) })
	t.Run("text that an engine could not keep is refused", func(t *testing.T) {
		s := fresh(t, open, Options{})
		for field, spoil := range map[string]func(*taskyard.NewTask){
			"id":             func(d *taskyard.NewTask) { d.ID = "" },
			"betas":          func(d *taskyard.NewTask) { d.Betas = "\x00" },
			"preview":        func(d *taskyard.NewTask) { d.Preview = "cut \xe2\x82" },
			"request":        func(d *taskyard.NewTask) { d.Request = json.RawMessage("\"\x00\"") },
			"search":         func(d *taskyard.NewTask) { d.Search = "\xff" },
			"data":           func(d *taskyard.NewTask) { d.Note.Data = json.RawMessage("\xff") },
			"type":           func(d *taskyard.NewTask) { d.Note.Type = "" },
			"idempotencyKey": func(d *taskyard.NewTask) { d.IdempotencyKey = strings.Repeat("k", 10_000) },
		} {
			d := draft("one")
			spoil(&d)
			_, _, err := s.Create(t.Context(), d, noJob)
			wantCode(t, err, taskyard.CodeInvalid)
			wantEqual(t, err.(*taskyard.Error).Field, field)
		}
		mustCreate(t, s, draft("one"))
	})
	t.Run("tasks outlive the store that made them", func(t *testing.T) {
		o := Options{Dir: t.TempDir()}
		s, closeStore := open(t, o)
		mustCreate(t, s, draft("one"))
		own := take(t, s, "one")
		own.must(taskyard.Change{Result: json.RawMessage(`{"run":1}`)}, message(2), message(3))
		want, wantLog := get(t, s, "one"), wholeLog(t, s, own.num)
		closeStore()

		s, closeStore = open(t, o)
		t.Cleanup(closeStore)
		wantEqual(t, get(t, s, "one"), want)
		wantEqual(t, wholeLog(t, s, own.num), wantLog)
		own.s = s
		own.must(taskyard.Change{}, message(4))
	})
}

func testEnqueue(t *testing.T, open Open) {
	s := fresh(t, open, Options{})
	var seen int
	inside := func(tx *sql.Tx, task taskyard.Task) error {
		return tx.QueryRowContext(t.Context(), `SELECT count(*) FROM task WHERE num = $1`, task.Num).Scan(&seen)
	}
	if _, _, err := s.Create(t.Context(), draft("one"), inside); err != nil {
		t.Fatal(err)
	}
	wantEqual(t, seen, 1)

	refuse := func(tx *sql.Tx, task taskyard.Task) error { return errInjected }
	d := draft("two")
	d.IdempotencyKey = "again"
	if _, created, err := s.Create(t.Context(), d, refuse); err == nil || created {
		t.Fatal("a create whose job could not be inserted succeeded")
	}
	_, err := s.Task(t.Context(), "two")
	wantCode(t, err, taskyard.CodeNotFound)
	mustCreate(t, s, d) // neither the id nor the key is spent

	func() {
		defer func() { _ = recover() }()
		_, _, _ = s.Create(t.Context(), draft("three"), func(*sql.Tx, taskyard.Task) error { panic("in enqueue") })
	}()
	mustCreate(t, s, draft("three")) // the store still writes
}

func testIdempotency(t *testing.T, open Open) {
	keyed := func(id, key, fingerprint string) taskyard.NewTask {
		d := draft(id)
		d.IdempotencyKey, d.Fingerprint = key, []byte(fingerprint)
		return d
	}
	t.Run("the same request with the same key is the same task", func(t *testing.T) {
		s := fresh(t, open, Options{})
		first := mustCreate(t, s, keyed("one", "key", "print"))
		again, created, err := s.Create(t.Context(), keyed("two", "key", "print"), func(*sql.Tx, taskyard.Task) error {
			t.Error("a second job was asked for")
			return nil
		})
		if err != nil || created {
			t.Fatalf("created %v, error %v", created, err)
		}
		wantEqual(t, again, first)
		_, err = s.Task(t.Context(), "two")
		wantCode(t, err, taskyard.CodeNotFound)
	})
	t.Run("another request with the same key is a conflict", func(t *testing.T) {
		s := fresh(t, open, Options{})
		mustCreate(t, s, keyed("one", "key", "print"))
		_, _, err := s.Create(t.Context(), keyed("two", "key", "other"), noJob)
		wantCode(t, err, taskyard.CodeConflict)
		mustCreate(t, s, keyed("three", "another key", "print"))
	})
	t.Run("a key counts for 48 hours and not for ever", func(t *testing.T) {
		s := fresh(t, open, Options{})
		mustCreate(t, s, keyed("one", "key", "print"))
		late := keyed("two", "key", "print")
		late.CreatedAt = start.Add(48*time.Hour - time.Millisecond)
		if _, created, err := s.Create(t.Context(), late, noJob); err != nil || created {
			t.Fatalf("within 48 hours: created %v, error %v", created, err)
		}
		late.CreatedAt = start.Add(49 * time.Hour)
		mustCreate(t, s, late)
		mustNotBe(t, get(t, s, "two").Num, get(t, s, "one").Num)
	})
	t.Run("a deleted task frees its key", func(t *testing.T) {
		s := fresh(t, open, Options{})
		mustCreate(t, s, keyed("one", "key", "print"))
		if err := s.Delete(t.Context(), "one"); err != nil {
			t.Fatal(err)
		}
		mustCreate(t, s, keyed("two", "key", "other"))
	})
	t.Run("many at once make one task", func(t *testing.T) {
		s := fresh(t, open, Options{})
		ids, made := make([]string, 20), make([]bool, 20)
		var wg sync.WaitGroup
		for i := range ids {
			wg.Go(func() {
				task, created, err := s.Create(t.Context(), keyed(fmt.Sprint("task", i), "key", "print"), noJob)
				if err != nil {
					t.Error(err)
				}
				ids[i], made[i] = task.ID, created
			})
		}
		wg.Wait()
		count := 0
		for i := range ids {
			if ids[i] != ids[0] {
				t.Errorf("create %d returned %s, another %s", i, ids[i], ids[0])
			}
			if made[i] {
				count++
			}
		}
		wantEqual(t, count, 1)
	})
}

func mustNotBe[T comparable](t *testing.T, got, not T) {
	t.Helper()
	if got == not {
		t.Fatalf("got %v, which it must not be", got)
	}
}
