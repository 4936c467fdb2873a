package parallel

import (
	"bytes"
	"fmt"
	"io"
)

// EventTooLargeError ends a stream that has sent an event over the limit.
type EventTooLargeError struct {
	Limit int // in bytes; see [WithMaxEventSize]
}

func (e *EventTooLargeError) Error() string {
	return fmt.Sprintf("event is over the limit of %d bytes", e.Limit)
}

// frame is one message of an event stream.
type frame struct {
	name []byte // valid until the next frame is read
	data []byte // the receiver's own; never empty
}

// frameReader reads an event stream as the HTML standard has it (section "Interpreting an event stream"), but
// for three things: it keeps no id and no retry time, which this API does not use; it skips frames with empty
// data; and it tells an end in mid-event from a clean one.
//
// Bytes are used as they arrive: a frame is complete with the first byte of the line end that closes it,
// comments take no memory however long, and a large event is scanned once.
type frameReader struct {
	r        io.Reader
	activity func() // called when bytes have arrived; nil if nobody asks
	max      int    // of the name and data of one frame, in bytes

	buf  []byte
	rest []byte // the part of buf that is not used yet
	err  error  // what r returned with its last bytes

	bom    int       // bytes of the byte order mark that were seen, len(byteOrderMark) once it is past
	skipLF bool      // the last line ended with CR; an LF right behind it belongs to it
	head   []byte    // the current line until its field is known
	field  fieldName // of the current line

	name    []byte
	data    []byte
	hasData bool // there was a data line, perhaps an empty one
}

type fieldName byte

const (
	fieldUnknown fieldName = iota
	fieldData
	fieldEvent
	fieldIgnored // comments, id, retry and whatever else
)

const (
	byteOrderMark = "\ufeff"
	// maxHead is what it takes to know a field and whether a space follows it: "event: ".
	maxHead = 7
	// readBufferSize is small, as one process follows thousands of streams. Most events are smaller still.
	readBufferSize = 4 << 10
)

// next returns the next frame. It returns io.EOF at a clean end, io.ErrUnexpectedEOF at one within a line or
// an event, *EventTooLargeError, or the error of the reader.
func (r *frameReader) next() (frame, error) {
	for {
		if len(r.rest) == 0 {
			if err := r.fill(); err != nil {
				return frame{}, err
			}
		}
		if r.skipLF && r.rest[0] == '\n' {
			r.rest = r.rest[1:]
		}
		r.skipLF = false
		end := lineEnd(r.rest)
		r.add(r.rest[:end])
		if len(r.data)+len(r.name) > r.max {
			return frame{}, &EventTooLargeError{Limit: r.max}
		}
		if end == len(r.rest) {
			r.rest = nil
			continue
		}
		r.skipLF = r.rest[end] == '\r'
		r.rest = r.rest[end+1:]
		if r.endLine() {
			if f := r.take(); len(f.data) > 0 {
				return f, nil
			}
		}
	}
}

// maxEmptyReads is where bufio gives up too.
const maxEmptyReads = 100

func (r *frameReader) fill() error {
	if r.buf == nil {
		r.buf = make([]byte, readBufferSize)
	}
	for range maxEmptyReads {
		if r.err != nil {
			return r.end()
		}
		var n int
		n, r.err = r.r.Read(r.buf)
		if n > 0 {
			r.rest = r.buf[:n]
			if r.activity != nil {
				r.activity()
			}
			return nil
		}
	}
	return io.ErrNoProgress
}

func (r *frameReader) end() error {
	inLine := len(r.head) > 0 || r.field != fieldUnknown || r.bom > 0 && r.bom < len(byteOrderMark)
	if r.err == io.EOF && (inLine || r.hasData || len(r.name) > 0) { //nolint:errorlint // see eachEvent
		return io.ErrUnexpectedEOF
	}
	return r.err
}

// lineEnd returns the index of the first CR or LF, len(b) if there is none.
func lineEnd(b []byte) int {
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		b = b[:i]
	}
	if i := bytes.IndexByte(b, '\r'); i >= 0 {
		return i
	}
	return len(b)
}

// add takes a part of the current line.
func (r *frameReader) add(part []byte) {
	part = r.skipByteOrderMark(part)
	if r.field == fieldUnknown {
		n := min(maxHead-len(r.head), len(part))
		r.head = append(r.head, part[:n]...)
		part = part[n:]
		if len(r.head) == maxHead {
			r.startField()
		}
	}
	r.addValue(part)
}

func (r *frameReader) skipByteOrderMark(part []byte) []byte {
	for r.bom < len(byteOrderMark) && len(part) > 0 {
		if part[0] != byteOrderMark[r.bom] {
			if r.bom > 0 {
				r.field = fieldIgnored // no name of a field begins like that
			}
			r.bom = len(byteOrderMark)
			break
		}
		r.bom++
		part = part[1:]
	}
	return part
}

// startField reads the head of the line: the field's name and the beginning of its value.
func (r *frameReader) startField() {
	name, value, _ := bytes.Cut(r.head, []byte{':'})
	value = bytes.TrimPrefix(value, []byte{' '})
	switch string(name) {
	case "data":
		r.field = fieldData
		if r.hasData {
			r.data = append(r.data, '\n')
		}
		r.hasData = true
	case "event":
		r.field = fieldEvent
		r.name = r.name[:0]
	default:
		r.field = fieldIgnored
	}
	r.addValue(value)
}

func (r *frameReader) addValue(part []byte) {
	switch r.field {
	case fieldData:
		r.data = append(r.data, part...)
	case fieldEvent:
		r.name = append(r.name, part...)
	}
}

// endLine reports whether the line was blank, so that it ends a frame.
func (r *frameReader) endLine() bool {
	blank := r.field == fieldUnknown && len(r.head) == 0
	if r.field == fieldUnknown && !blank {
		r.startField()
	}
	r.bom = len(byteOrderMark)
	r.head = r.head[:0]
	r.field = fieldUnknown
	return blank
}

// take returns the frame and makes room for the next one. A small frame is copied out of a buffer that is used
// again; a large one takes the buffer with it, so that it is not held once more.
func (r *frameReader) take() frame {
	f := frame{name: r.name, data: r.data}
	if cap(r.data) > readBufferSize {
		r.data = nil
	} else {
		f.data = bytes.Clone(r.data)
		r.data = r.data[:0]
	}
	r.name = r.name[:0]
	r.hasData = false
	return f
}
