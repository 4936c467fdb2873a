package access

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/taskyard/taskyard"
)

// records let one token in until it is revoked.
type records struct {
	Records
	revoked bool
}

func (r *records) FindToken(context.Context, []byte) (taskyard.Token, error) {
	if r.revoked {
		return taskyard.Token{}, taskyard.Errorf(taskyard.CodeNotFound, "no such token")
	}
	return taskyard.Token{ID: "tok_1", Name: "Ada", Role: taskyard.RoleAdmin}, nil
}

type quiet struct{ taskyard.Changes }

func (quiet) Next(context.Context, time.Duration) ([]string, error) {
	time.Sleep(3 * time.Second)
	return []string{"a task"}, nil
}

// Whoever follows the list is out soon after their token was revoked.
func TestAStreamEndsWithItsToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		known := &records{}
		door, err := New(Config{Mode: ModeToken, Records: known, OperatorToken: taskyard.Hide("a-token-of-the-operator")})
		if err != nil {
			t.Fatal(err)
		}
		var heard int
		var ended error
		door.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			follow := &changes{quiet{}, time.Now()}
			for ended == nil {
				if _, ended = follow.Next(r.Context(), time.Second); ended == nil {
					heard++
				}
				if heard == 10 {
					known.revoked = true
				}
			}
		})).ServeHTTP(httptest.NewRecorder(), bearing("tyd_x"))
		if taskyard.CodeOf(ended) != taskyard.CodeUnauthorized || heard < 10 || heard > 14 {
			t.Errorf("after %d rounds: %v", heard, ended)
		}
	})
}

func bearing(token string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/api/events?list", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	return r
}
