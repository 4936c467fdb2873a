package httpapi

import (
	"errors"
	"net/http"

	"github.com/taskyard/taskyard"
)

// answers is the one table of codes: the status that a code is answered with, and what is said when the error
// says nothing itself.
var answers = map[taskyard.Code]struct {
	status int
	detail string
}{
	taskyard.CodeInvalid:      {http.StatusBadRequest, "the request is not valid"},
	taskyard.CodeUnauthorized: {http.StatusUnauthorized, "a key is needed"},
	taskyard.CodeForbidden:    {http.StatusForbidden, "this is not allowed"},
	taskyard.CodeNotFound:     {http.StatusNotFound, "there is no such task"},
	taskyard.CodeConflict:     {http.StatusConflict, "the task is in another state than this call needs"},
	taskyard.CodeTooLarge:     {http.StatusRequestEntityTooLarge, "the request is too large"},
	taskyard.CodeRateLimited:  {http.StatusTooManyRequests, "there were too many requests"},
	taskyard.CodeFenced:       {http.StatusConflict, "the task has been taken over meanwhile"},
	taskyard.CodeUnavailable:  {http.StatusServiceUnavailable, "the server cannot answer now"},
	taskyard.CodeUnsupported:  {http.StatusUnsupportedMediaType, "this is not supported"},
	taskyard.CodeInternal:     {http.StatusInternalServerError, internalDetail},
}

// internalDetail is all that a caller hears of a fault of ours; the log has the rest under the request id.
const internalDetail = "internal error"

// refusal is an error whose status is narrower than that of its code.
type refusal struct {
	err    *taskyard.Error
	status int
}

func (r refusal) Error() string { return r.err.Error() }
func (r refusal) Unwrap() error { return r.err }

func methodNotAllowed(method string) error {
	return refusal{
		taskyard.Errorf(taskyard.CodeUnsupported, "%s is not served here; see the Allow header", abbreviate(method)),
		http.StatusMethodNotAllowed,
	}
}

func addressTooLong() error {
	return refusal{
		taskyard.Errorf(taskyard.CodeTooLarge, "the address has more than %d bytes", maxAddress),
		http.StatusRequestURITooLong,
	}
}

// statusOf returns the status that an error is answered with.
func statusOf(err error) int {
	var r refusal
	if errors.As(err, &r) {
		return r.status
	}
	if answer, known := answers[taskyard.CodeOf(err)]; known {
		return answer.status
	}
	return http.StatusInternalServerError
}
