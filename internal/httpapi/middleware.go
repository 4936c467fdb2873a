package httpapi

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/taskyard/taskyard"
)

// maxAddress bounds a request's path and query, in bytes; the longest that we hand out is a page of a search.
const maxAddress = 8 << 10

const requestIDHeader = "X-Request-Id"

// methods are the routes of one path by method.
type methods map[string]route

func (m methods) allow() string {
	return strings.Join(slices.Sorted(maps.Keys(m)), ", ")
}

// wrap serves a path with everything that all routes have in common.
func (a *API) wrap(m methods) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := &recorder{ResponseWriter: w}
		secure(answer.Header())
		answer.Header().Set(requestIDHeader, requestID(r))
		defer a.finish(answer, r, time.Now())
		if err := a.dispatch(m, answer, r); err != nil {
			a.fail(answer, r, err)
		}
	})
}

// dispatch serves a request once all of it is there. Of whoever may not use the address the body is waited for as well, but
// not kept: anybody can send a thousand of them.
func (a *API) dispatch(m methods, w http.ResponseWriter, r *http.Request) error {
	route, refused := a.find(m, w, r)
	if err := a.arrive(w, r, refused == nil); err != nil {
		return err
	}
	if refused != nil {
		return refused
	}
	if route.lasts {
		return route.serve(w, r)
	}
	ctx, cancel := context.WithTimeoutCause(r.Context(), requestTimeout, errTooLong)
	defer cancel()
	err := route.serve(w, r.WithContext(ctx))
	if err != nil && errors.Is(context.Cause(ctx), errTooLong) {
		return errTooLong
	}
	return err
}

// find returns the route, or why this request has none.
func (a *API) find(m methods, w http.ResponseWriter, r *http.Request) (route, error) {
	if m == nil {
		return route{}, taskyard.Errorf(taskyard.CodeNotFound, "there is nothing at this address; /openapi.json lists what there is")
	}
	if len(r.RequestURI) > maxAddress {
		return route{}, addressTooLong()
	}
	found, served := m[r.Method]
	if !served {
		w.Header().Set("Allow", m.allow())
		return route{}, methodNotAllowed(r.Method)
	}
	if err := a.guard.Check(r); err != nil {
		return route{}, taskyard.Errorf(taskyard.CodeForbidden, "this request came from a page of another site")
	}
	if err := a.admit(r); err != nil {
		if taskyard.CodeOf(err) == taskyard.CodeUnauthorized {
			w.Header().Set("WWW-Authenticate", "Bearer")
		}
		return route{}, err
	}
	return found, checkQuery(r.URL.RawQuery, found.query)
}

// requestTimeout bounds what a request may take, whose answer is short: a search of everything takes seconds, and an
// import waits for upstream.
const requestTimeout = time.Minute

var errTooLong = taskyard.Errorf(taskyard.CodeUnavailable, "this took longer than a request may; ask for less, or try again later")

// policy is that of answers which are no pages.
const policy = "default-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"

// secure sets the headers of every answer. None of them is a page, so a browser that shows one loads nothing
// for it; a task's address is what protects it, so it is not told to others.
func secure(h http.Header) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Frame-Options", "DENY") // for browsers that do not know frame-ancestors
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
}

// requestID returns the caller's id for the request if it is fit to be logged, or a new one.
func requestID(r *http.Request) string {
	id := r.Header.Get(requestIDHeader)
	odd := func(c rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-", c)
	}
	if id == "" || len(id) > 64 || strings.ContainsFunc(id, odd) {
		return strings.ToLower(rand.Text())
	}
	return id
}

// fail answers with err, or breaks the connection if an answer has begun: it must not look whole.
func (a *API) fail(w *recorder, r *http.Request, err error) {
	a.logError(w, r, err)
	if w.status != 0 {
		panic(http.ErrAbortHandler)
	}
	if after := taskyard.RetryAfter(err); after != "" {
		w.Header().Set("Retry-After", after)
	}
	if err := writeProblem(w, newProblem(err, w.Header().Get(requestIDHeader))); err != nil {
		a.log.Debug("write problem", "error", err)
	}
}

// logError is the one place where errors of requests are logged. The path is not: a task's id opens it.
func (a *API) logError(w *recorder, r *http.Request, err error) {
	level := slog.LevelDebug
	var e *taskyard.Error
	switch {
	case r.Context().Err() != nil, errors.Is(err, errReader): // nobody waits for the answer
	case statusOf(err) == http.StatusInternalServerError:
		level = slog.LevelError
	case errors.As(err, &e) && e.Err != nil:
		level = slog.LevelWarn
	case taskyard.IsRefusal(err):
		level = slog.LevelInfo
	}
	viewer, _ := taskyard.ViewerOf(r.Context())
	a.log.Log(context.WithoutCancel(r.Context()), level, "request refused or failed", "method", r.Method, "route", r.Pattern,
		"requestId", w.Header().Get(requestIDHeader), "who", viewer.ID, "from", r.RemoteAddr, "error", err)
}

// errPanic stands for a panic in the answer.
var errPanic = taskyard.Errorf(taskyard.CodeInternal, "panic")

// finish ends every request: it turns a panic into an answer and writes the access log.
func (a *API) finish(w *recorder, r *http.Request, start time.Time) {
	p := recover()
	aborted := p != nil && (w.status != 0 || p == http.ErrAbortHandler) //nolint:errorlint // net/http compares it so
	if p != nil && p != http.ErrAbortHandler {                          //nolint:errorlint // the same
		id := w.Header().Get(requestIDHeader)
		a.log.Error("request panicked", "route", r.Pattern, "requestId", id, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		if !aborted {
			_ = writeProblem(w, newProblem(errPanic, id)) // who does not read it has gone
		}
	}
	a.log.Debug("request", "method", r.Method, "route", r.Pattern, "status", w.status, "bytes", w.bytes, "aborted", aborted,
		"duration", time.Since(start), "requestId", w.Header().Get(requestIDHeader))
	if aborted {
		panic(http.ErrAbortHandler)
	}
}

// recorder remembers what has been answered.
type recorder struct {
	http.ResponseWriter
	status int // 0 until the header is written
	bytes  int64
}

// Unwrap lets [http.ResponseController] find the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}
