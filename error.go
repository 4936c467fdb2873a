package taskyard

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"
)

// Code is the class of an error, for programs. One table in internal/httpapi maps codes to HTTP statuses.
type Code string

// The codes.
const (
	CodeInvalid      Code = "invalid"      // the request is wrong; Message names the field
	CodeUnauthorized Code = "unauthorized" // no key, or one that does not open this
	CodeForbidden    Code = "forbidden"    // known, but not allowed
	CodeNotFound     Code = "not_found"    // no such task
	CodeConflict     Code = "conflict"     // the task is in another state than the call needs
	CodeTooLarge     Code = "too_large"    // a body or a value is over its limit
	CodeRateLimited  Code = "rate_limited" // too many requests
	CodeFenced       Code = "fenced"       // a newer epoch, or another writer, owns the log
	CodeUnavailable  Code = "unavailable"  // shutting down, or the database does not answer
	CodeUnsupported  Code = "unsupported"  // a media type or method that is not served
	CodeInternal     Code = "internal"     // a fault of ours
)

// Error is the error that crosses package borders.
type Error struct {
	Code    Code
	Message string // for people: what was wrong and what to do
	Field   string // the field, parameter or header that was wrong, if one was
	Err     error  // for the operator's log only; never shown to a caller

	RetryAfter time.Duration // when it may go better; 0 says nothing
}

func (e *Error) Error() string {
	if e.Err != nil {
		return e.Message + ": " + e.Err.Error()
	}
	return e.Message
}

func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is an *Error with the same code, so that errors.Is(err, ErrNotFound) holds for
// every error of that class.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code && t.Message == "" || e == target
}

// Targets for errors.Is.
var (
	ErrNotFound = &Error{Code: CodeNotFound}
	ErrFenced   = &Error{Code: CodeFenced}
	ErrConflict = &Error{Code: CodeConflict}
	ErrInvalid  = &Error{Code: CodeInvalid}
)

// ErrHidden is what whoever may not read a task is told: as if it were not there. Lists leave it out without a word.
var ErrHidden = &Error{Code: CodeNotFound, Message: "there is no such task"}

// IsRefusal reports whether an error tells somebody that they may not do what they asked for, which the operator wants to
// know. That they ask too often is none: a flood must not become one of the log.
func IsRefusal(err error) bool {
	code := CodeOf(err)
	return code == CodeUnauthorized || code == CodeForbidden || errors.Is(err, ErrHidden)
}

// Errorf makes an *Error without a cause.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Invalid makes an *Error that names the field that was wrong.
func Invalid(field, format string, args ...any) *Error {
	return &Error{Code: CodeInvalid, Field: field, Message: fmt.Sprintf(format, args...)}
}

// RetryAfter is when an error says that it may go better, as the header of that name has it; "" if it does not.
func RetryAfter(err error) string {
	var e *Error
	if !errors.As(err, &e) || e.RetryAfter <= 0 {
		return ""
	}
	return strconv.Itoa(int(math.Ceil(e.RetryAfter.Seconds())))
}

// CodeOf returns the code of the first *Error in err's chain, or CodeInternal.
func CodeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return CodeInternal
}
