package httpapi

import (
	"errors"
	"net/http"

	"github.com/taskyard/taskyard"
)

// problem is an error as callers see it (RFC 9457). The type is always about:blank, as status and code say
// all that there is to tell apart.
type problem struct {
	Type      string        `json:"type"`
	Title     string        `json:"title"`
	Status    int           `json:"status"`
	Detail    string        `json:"detail"`
	Code      taskyard.Code `json:"code"`
	Field     string        `json:"field,omitempty"`
	RequestID string        `json:"requestId"`
}

// newProblem tells of err only what its author meant for callers: causes stay in the log.
func newProblem(err error, requestID string) problem {
	status := statusOf(err)
	p := problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status,
		Code: taskyard.CodeInternal, Detail: internalDetail, RequestID: requestID,
	}
	var e *taskyard.Error
	if !errors.As(err, &e) || status == http.StatusInternalServerError {
		return p
	}
	p.Code, p.Detail, p.Field = e.Code, e.Message, e.Field
	if p.Detail == "" {
		p.Detail = answers[e.Code].detail
	}
	return p
}

func writeProblem(w http.ResponseWriter, p problem) error {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Del("Etag") // a handler may have set what belongs to the answer that did not come
	return writeJSONAs(w, p.Status, "application/problem+json", p)
}

// abbreviate bounds what is repeated to a caller of what it sent.
func abbreviate(s string) string {
	const most = 60 // characters
	n := 0
	for i := range s {
		if n == most {
			return s[:i] + "…"
		}
		n++
	}
	return s
}
