package httpapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/taskyard/taskyard"
)

// renderEvent renders a stored event as a frame without a name, so that an EventSource's onmessage gets every
// kind: its id is the seq, its data {"seq","type","data","timestamp"} on one line.
func renderEvent(b *bytes.Buffer, ev taskyard.Event) error {
	b.WriteString("id: ")
	b.Write(strconv.AppendInt(b.AvailableBuffer(), ev.Seq, 10))
	b.WriteString("\ndata: ")
	if err := writeEvent(b, ev); err != nil {
		return err
	}
	b.WriteString("\n\n")
	return nil
}

// writeEvent writes a stored event on one line.
func writeEvent(b *bytes.Buffer, ev taskyard.Event) error {
	b.WriteString(`{"seq":`)
	b.Write(strconv.AppendInt(b.AvailableBuffer(), ev.Seq, 10))
	b.WriteString(`,"type":`)
	b.Write(appendString(b.AvailableBuffer(), ev.Type))
	b.WriteString(`,"data":`)
	if err := appendLine(b, ev.Data); err != nil {
		return fmt.Errorf("event %d: %w", ev.Seq, err)
	}
	b.WriteString(`,"timestamp":`)
	b.Write(appendStamp(b.AvailableBuffer(), ev.At))
	b.WriteByte('}')
	return nil
}

// appendLine writes JSON as it came. Only where it spans lines is it compacted, as a line break would end the
// frame's field.
func appendLine(b *bytes.Buffer, data json.RawMessage) error {
	if !bytes.ContainsAny(data, "\r\n") {
		b.Write(data)
		return nil
	}
	if err := json.Compact(b, data); err != nil {
		return fmt.Errorf("compact data: %w", err)
	}
	return nil
}

// event writes a stored event as an element of an array, with the original's fields first.
func (p *indenter) event(ev taskyard.Event) error {
	p.next()
	p.begin('{')
	p.key("type")
	p.w.Write(appendString(p.w.AvailableBuffer(), ev.Type))
	p.key("data")
	if err := p.value(ev.Data); err != nil {
		return fmt.Errorf("event %d: %w", ev.Seq, err)
	}
	p.key("timestamp")
	p.w.Write(appendStamp(p.w.AvailableBuffer(), ev.At))
	p.key("seq")
	p.w.Write(strconv.AppendInt(p.w.AvailableBuffer(), ev.Seq, 10))
	p.end('}')
	return nil
}

// appendStamp appends a time as every answer shows it.
func appendStamp(b []byte, t time.Time) []byte { return t.UTC().AppendFormat(b, stampLayout) }

// appendString appends a JSON string. Most are plain ASCII and need no encoder.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			quoted, err := encode(s)
			if err != nil {
				panic(fmt.Sprintf("encode a string: %v", err)) // it has no way to fail
			}
			return append(b, bytes.TrimSpace(quoted)...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}
