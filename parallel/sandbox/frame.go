package sandbox

import (
	"bytes"
	"encoding/json"
	"net/http"
	"time"
)

// writeTimeout bounds how long one client can hold up the sandbox by not reading.
const writeTimeout = time.Minute

// frameWriter writes the messages of one event stream.
type frameWriter struct {
	w       http.ResponseWriter
	rc      *http.ResponseController
	framing Framing
	buf     []byte
	sent    int // events
}

// open sends the head of the answer at once.
func (f *frameWriter) open() error {
	h := f.w.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	f.w.WriteHeader(http.StatusOK)
	if f.framing.BOM {
		return f.write([]byte("\ufeff"))
	}
	return f.flush()
}

// send writes one event; part, if below 1, is the share of its bytes that are written.
func (f *frameWriter) send(kind string, data []byte, part float64) error {
	f.buf = f.frame(f.buf[:0], kind, data)
	n := len(f.buf)
	if part < 1 {
		n = max(1, int(part*float64(n)))
	} else {
		f.sent++
	}
	err := f.write(f.buf[:n])
	if cap(f.buf) > maxKeptBuffer {
		f.buf = nil
	}
	return err
}

// maxKeptBuffer bounds what an idle stream holds: most events are far smaller, the last one may be many MiB.
const maxKeptBuffer = 2 << 10

// frame appends one message as the framing has it.
func (f *frameWriter) frame(b []byte, kind string, data []byte) []byte {
	if f.framing.Comments {
		b = f.line(b, "", "a comment")
		if f.sent%2 == 1 {
			b = f.line(f.line(f.line(b, "retry", "3000"), "id", "none"), "event", "ping")
			b = f.end(f.line(b, "data", "")) // a message without data is none
		}
	}
	if n := name(kind); n != "" {
		b = f.line(b, "event", n)
	}
	if f.framing.MultiLine && json.Valid(data) {
		var spread bytes.Buffer
		_ = json.Indent(&spread, data, "", " ") // it is valid
		data = spread.Bytes()
	}
	for line := range bytes.Lines(data) {
		b = f.line(b, "data", string(bytes.TrimRight(line, "\r\n")))
	}
	return f.end(b)
}

func (f *frameWriter) line(b []byte, field, value string) []byte {
	b = append(append(b, field...), ':')
	if !f.framing.NoSpace {
		b = append(b, ' ')
	}
	return f.end(append(b, value...))
}

func (f *frameWriter) end(b []byte) []byte {
	if f.framing.LineEnd == "" {
		return append(b, '\n')
	}
	return append(b, f.framing.LineEnd...)
}

// maxBytewise bounds the events that are sent byte by byte; of larger ones only the beginning is.
const maxBytewise = 2 << 10

func (f *frameWriter) write(b []byte) error {
	f.extend()
	if f.framing.Bytewise {
		for range min(len(b), maxBytewise) {
			if _, err := f.w.Write(b[:1]); err != nil {
				return err
			}
			if err := f.flush(); err != nil {
				return err
			}
			b = b[1:]
		}
	}
	_, err := f.w.Write(b)
	return err
}

// flush sends what was written.
func (f *frameWriter) flush() error {
	f.extend()
	return f.rc.Flush()
}

// extend gives the client time again to take what comes. Writers that know no deadlines, as in tests, do without.
func (f *frameWriter) extend() { _ = f.rc.SetWriteDeadline(time.Now().Add(writeTimeout)) }
