package webui

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/taskyard/taskyard"
)

type handler func(http.ResponseWriter, *http.Request) error

// page wraps a handler that reads: its error becomes the error page.
func (ui *UI) page(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer ui.breakOff(r)
		secure(w.Header())
		w.Header().Set("Cache-Control", ui.caching())
		r = ui.withLogin(r)
		err := ui.admit(r)
		if err == nil {
			err = inTime(w, r, h)
		}
		if err != nil {
			ui.fail(w, r, err)
		}
	})
}

// pageTimeout bounds what a page may take to be made: a search of everything takes seconds, and an import waits for
// upstream. How long it may take to be read is the connection's affair.
const pageTimeout = time.Minute

var errTooLong = taskyard.Errorf(taskyard.CodeUnavailable, "This took longer than a page may. Ask for less, or try again later.")

func inTime(w http.ResponseWriter, r *http.Request, h handler) error {
	ctx, cancel := context.WithTimeoutCause(r.Context(), pageTimeout, errTooLong)
	defer cancel()
	err := h(w, r.WithContext(ctx))
	if err != nil && errors.Is(context.Cause(ctx), errTooLong) {
		return errTooLong
	}
	return err
}

// breakOff tells the log of a panic, and breaks the connection: what was sent of the page must not look whole.
func (ui *UI) breakOff(r *http.Request) {
	p := recover()
	if p == nil {
		return
	}
	if p != http.ErrAbortHandler { //nolint:errorlint // net/http compares it so
		ui.log.Error("page panicked", "route", r.Pattern, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
	}
	panic(http.ErrAbortHandler)
}

// caching is what a browser may keep of pages, which hold private text and change all the time. Where people sign in and out
// it keeps none, as the next one at that browser may be another; elsewhere it may keep one to go back to it.
func (ui *UI) caching() string {
	if ui.door != nil {
		return "no-store"
	}
	return "private, no-cache"
}

// formTimeout bounds how long a form may take to arrive: whoever is slower holds a connection and a goroutine.
const formTimeout = 30 * time.Second

// form wraps a handler that changes something: another site's page cannot reach it, its body is bounded in size and in
// time, and what it answers is kept nowhere, since it repeats what was typed.
func (ui *UI) form(h handler) http.Handler {
	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(ui.page(func(http.ResponseWriter, *http.Request) error {
		return taskyard.Errorf(taskyard.CodeForbidden, "This form was sent by a page of another site. Open the page here and send it again.")
	}))
	return guard.Handler(ui.page(func(w http.ResponseWriter, r *http.Request) error {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		w.Header().Set("Cache-Control", "no-store")
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(formTimeout)) // net/http takes it off at the body's end
		return h(w, r)
	}))
}

// statuses are the HTTP statuses of the codes that pages meet; all others are faults of ours.
var statuses = map[taskyard.Code]int{
	taskyard.CodeInvalid:      http.StatusUnprocessableEntity,
	taskyard.CodeUnauthorized: http.StatusUnauthorized,
	taskyard.CodeForbidden:    http.StatusForbidden,
	taskyard.CodeNotFound:     http.StatusNotFound,
	taskyard.CodeConflict:     http.StatusConflict,
	taskyard.CodeTooLarge:     http.StatusRequestEntityTooLarge,
	taskyard.CodeRateLimited:  http.StatusTooManyRequests,
	taskyard.CodeUnavailable:  http.StatusServiceUnavailable,
	taskyard.CodeUnsupported:  http.StatusUnsupportedMediaType,
}

type errorPage struct {
	layout
	Heading string
	Message string
}

func (ui *UI) fail(w http.ResponseWriter, r *http.Request, err error) {
	status, message := ui.explain(r, err)
	if after := taskyard.RetryAfter(err); after != "" {
		w.Header().Set("Retry-After", after)
	}
	if ui.sendToSignIn(w, r, status) {
		return
	}
	if wantsJSON(r) {
		writeJSON(w, status, problem{Message: message, Field: fieldOf(err)})
		return
	}
	heading := http.StatusText(status)
	if status == http.StatusNotFound {
		heading = "Not found"
	}
	page := errorPage{layout: ui.layout(r.Context(), heading, ""), Heading: heading, Message: message}
	if err := ui.render(w, status, "error", "layout", page); err != nil {
		ui.log.Error("render the error page", "error", err)
		http.Error(w, message, status)
	}
}

// explain is what a visitor is told of an error, and the place where errors of the pages are logged.
func (ui *UI) explain(r *http.Request, err error) (status int, message string) {
	var e *taskyard.Error
	if errors.As(err, &e) && statuses[e.Code] != 0 {
		switch {
		case taskyard.IsRefusal(err):
			ui.log.Info("page refused", "route", r.Pattern, "code", e.Code, "who", ui.viewer(r.Context()).ID, "from", r.RemoteAddr, "error", err)
		case e.Err != nil:
			ui.log.Warn("page refused", "route", r.Pattern, "code", e.Code, "error", err)
		}
		if e.Message == "" {
			return statuses[e.Code], "That was not possible (" + string(e.Code) + ")."
		}
		return statuses[e.Code], e.Message
	}
	if r.Context().Err() != nil {
		return http.StatusServiceUnavailable, "The request was given up."
	}
	ui.log.Error("serve page", "route", r.Pattern, "error", err)
	return http.StatusInternalServerError, "Something went wrong on this server. Its log says what."
}

func fieldOf(err error) string {
	var e *taskyard.Error
	if errors.As(err, &e) {
		return e.Field
	}
	return ""
}

func wantsJSON(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "application/json")
}
