package storetest

import (
	"fmt"
	"testing"

	"github.com/taskyard/taskyard"
)

// testAllotment has a client come to its bound, and make room by an end and by a deletion.
func testAllotment(t *testing.T, open Open) {
	s := fresh(t, open, Options{})
	create := func(id, client string, most int) error {
		d := draft(id)
		d.Allotment = taskyard.Allotment{Client: client, Most: most}
		_, _, err := s.Create(t.Context(), d, noJob)
		return err
	}
	for i := range 3 {
		if err := create(fmt.Sprint("first", i), "one", 3); err != nil {
			t.Fatal(err)
		}
	}
	err := create("over", "one", 3)
	wantCode(t, err, taskyard.CodeRateLimited)
	if taskyard.RetryAfter(err) == "" {
		t.Error("nobody says when to try again")
	}
	_, err = s.Task(t.Context(), "over")
	wantCode(t, err, taskyard.CodeNotFound)
	for _, free := range []struct{ id, client string }{{"another", "two"}, {"nobody's", ""}} {
		if err := create(free.id, free.client, 3); err != nil {
			t.Errorf("%s: %v", free.id, err)
		}
	}

	take(t, s, "first0").settle(start)
	mustDelete(t, s, "first1")
	for i := range 2 {
		if err := create(fmt.Sprint("later", i), "one", 3); err != nil {
			t.Errorf("after an end and a deletion: %v", err)
		}
	}
	wantCode(t, create("over again", "one", 3), taskyard.CodeRateLimited)
	wantCode(t, create("\x00", "a\x00b", 3), taskyard.CodeInvalid)
}
