package httpapi

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/taskyard/taskyard"
)

// bodyTimeout bounds how long a request's body may take to arrive. A sender that is slower would hold a connection
// and a goroutine for as long as it likes.
const bodyTimeout = 30 * time.Second

// arrive reads a request's body before anything is done with it, bounded in size and time, also where nobody wants
// one: net/http would wait for it in the middle of the answer. At the body's end net/http takes the bound of time
// off, so that streams outlive it. A body that is not kept costs no memory.
func (a *API) arrive(w http.ResponseWriter, r *http.Request, keep bool) error {
	if r.ContentLength == 0 { // -1 where the length is not told
		return nil
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTimeout)) // tests may have no connection
	var body bytes.Buffer
	into := io.Discard
	if keep {
		into = &body
	}
	_, err := io.Copy(into, http.MaxBytesReader(w, r.Body, a.maxBody))
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return taskyard.Errorf(taskyard.CodeTooLarge, "the body has more than %d bytes", tooLarge.Limit)
	}
	if refused, ok := errors.AsType[*taskyard.Error](err); ok {
		return refused
	}
	if err != nil { // the sender's affair, and no line for the log
		return taskyard.Errorf(taskyard.CodeInvalid, "the body did not arrive whole")
	}
	r.Body = io.NopCloser(&body)
	return nil
}
