package httpapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// writeJSON answers with v. It is encoded before the first byte is sent, so that a fault is still an error.
func writeJSON(w http.ResponseWriter, status int, v any) error {
	if w.Header().Get("Cache-Control") == "" {
		w.Header().Set("Cache-Control", "no-store") // private, and stale in a moment
	}
	return writeJSONAs(w, status, "application/json", v)
}

func writeJSONAs(w http.ResponseWriter, status int, mediaType string, v any) error {
	body, err := encode(v)
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	return newOut(w).send(body)
}

// encode is json.Marshal that leaves <, > and & as they are: upstream's JSON is passed on as it came. The
// result ends with a newline.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return b.Bytes(), err
}

// stamp is a time as every answer shows it: RFC 3339, UTC, milliseconds. The zero time is null.
type stamp time.Time

const stampLayout = `"2006-01-02T15:04:05.000Z"`

// MarshalJSON writes the time.
func (s stamp) MarshalJSON() ([]byte, error) {
	if time.Time(s).IsZero() {
		return []byte("null"), nil
	}
	return appendStamp(nil, time.Time(s)), nil
}

// orNull is null for what there is not.
func orNull[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}
