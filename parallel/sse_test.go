package parallel

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
)

// told is a frame as text, for comparison.
type told struct{ name, data string }

// readFrames reads all frames that come in chunks of the given sizes, which repeat.
func readFrames(input string, limit int, sizes ...int) ([]told, error) {
	r := &frameReader{r: &chunkReader{rest: input, sizes: sizes}, max: limit}
	var frames []told
	for {
		f, err := r.next()
		if err != nil {
			return frames, err
		}
		frames = append(frames, told{string(f.name), string(f.data)})
	}
}

// chunkReader returns its text in pieces of the given sizes.
type chunkReader struct {
	rest  string
	sizes []int
	i     int
}

func (r *chunkReader) Read(p []byte) (int, error) {
	if r.rest == "" {
		return 0, io.EOF
	}
	n := min(max(r.sizes[r.i%len(r.sizes)], 1), len(r.rest), len(p))
	r.i++
	copy(p, r.rest[:n])
	r.rest = r.rest[n:]
	return n, nil
}

var chunkings = [][]int{{1 << 20}, {1}, {2}, {3}, {7, 1, 2}}

func TestFramesAreReadHoweverTheyAreWritten(t *testing.T) {
	for name, c := range map[string]struct {
		input string
		want  []told
		end   error // io.EOF if nil
	}{
		"nothing":                            {input: ""},
		"LF":                                 {input: "data: a\n\ndata: b\n\n", want: []told{{"", "a"}, {"", "b"}}},
		"CRLF":                               {input: "data: a\r\n\r\ndata: b\r\n\r\n", want: []told{{"", "a"}, {"", "b"}}},
		"CR":                                 {input: "data: a\r\rdata: b\r\r", want: []told{{"", "a"}, {"", "b"}}},
		"mixed line ends":                    {input: "data: a\r\n\ndata: b\n\rdata: c\r\r\n", want: []told{{"", "a"}, {"", "b"}, {"", "c"}}},
		"no space after the colon":           {input: "event:e\ndata:a\n\n", want: []told{{"e", "a"}}},
		"only the first space is removed":    {input: "data:  a \n\n", want: []told{{"", " a "}}},
		"several data lines":                 {input: "data: {\ndata:  \"a\":1\ndata\ndata: }\n\n", want: []told{{"", "{\n \"a\":1\n\n}"}}},
		"colons in the value":                {input: "data:a:b: c\n\n", want: []told{{"", "a:b: c"}}},
		"byte order mark":                    {input: "\ufeffdata: a\n\n", want: []told{{"", "a"}}},
		"byte order mark not at the start":   {input: "data: a\n\n\ufeffdata: b\n\n", want: []told{{"", "a"}}},
		"half a byte order mark":             {input: "\xef\xbbdata: a\n\ndata: b\n\n", want: []told{{"", "b"}}},
		"comments":                           {input: ": hi\n:\ndata: a\n: data: no\n\n: bye\n", want: []told{{"", "a"}}},
		"unknown fields":                     {input: "id: 1\nretry: 5\nDATA: no\ndatas: no\ndat: no\n data: no\ndata : no\ndata: a\n\n", want: []told{{"", "a"}}},
		"name without data is skipped":       {input: "event: ping\n\ndata: a\n\n", want: []told{{"", "a"}}},
		"empty data is skipped":              {input: "event: ping\ndata:\n\ndata\n\ndata: a\n\n", want: []told{{"", "a"}}},
		"the last name counts":               {input: "event: one\nevent: two\ndata: a\n\n", want: []told{{"two", "a"}}},
		"name behind the data":               {input: "data: a\nevent: e\n\n", want: []told{{"e", "a"}}},
		"blank lines":                        {input: "\n\r\n\r\n\ndata: a\n\n\n\n\n", want: []told{{"", "a"}}},
		"bytes that are not UTF-8":           {input: "data: \xff\xfe\x00\n\n", want: []told{{"", "\xff\xfe\x00"}}},
		"cut in the data":                    {input: "data: a\n\ndata: b", want: []told{{"", "a"}}, end: io.ErrUnexpectedEOF},
		"cut behind the data":                {input: "data: a\n\ndata: b\n", want: []told{{"", "a"}}, end: io.ErrUnexpectedEOF},
		"cut behind empty data":              {input: "data\n", end: io.ErrUnexpectedEOF},
		"cut behind a name":                  {input: "event: e\r", end: io.ErrUnexpectedEOF},
		"cut in the name of a field":         {input: "da", end: io.ErrUnexpectedEOF},
		"cut in a comment":                   {input: ": heart", end: io.ErrUnexpectedEOF},
		"cut in a byte order mark":           {input: "\xef\xbb", end: io.ErrUnexpectedEOF},
		"ends behind a byte order mark":      {input: "\ufeff"},
		"ends behind a comment":              {input: "data: a\n\n: bye\r", want: []told{{"", "a"}}},
		"ends behind a field without effect": {input: "retry: 1\n"},
		"ends with the CR of a CRLF":         {input: "data: a\r\n\r", want: []told{{"", "a"}}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, sizes := range chunkings {
				got, err := readFrames(c.input, 1<<20, sizes...)
				if want := cmpOr(c.end, io.EOF); err != want {
					t.Errorf("chunks of %v: ended with %v, want %v", sizes, err, want)
				}
				if !reflect.DeepEqual(got, c.want) {
					t.Errorf("chunks of %v: got %q, want %q", sizes, got, c.want)
				}
			}
		})
	}
}

func cmpOr(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// A reader that blocks for ever after its text shows what is returned without waiting for another byte.
func TestAFrameIsCompleteWithTheFirstByteOfItsLastLineEnd(t *testing.T) {
	for _, input := range []string{"data: a\n\n", "data: a\r\r", "data: a\r\n\r", "data: a\n\r"} {
		for _, sizes := range chunkings {
			asked := errors.New("asked for more")
			r := &frameReader{max: 100, r: io.MultiReader(&chunkReader{rest: input, sizes: sizes}, iotest.ErrReader(asked))}
			if f, err := r.next(); err != nil || string(f.data) != "a" {
				t.Errorf("%q in chunks of %v: got %q, %v", input, sizes, f.data, err)
			}
			if _, err := r.next(); err != asked {
				t.Errorf("%q in chunks of %v: then %v", input, sizes, err)
			}
		}
	}
}

func TestFramesAreBounded(t *testing.T) {
	long := strings.Repeat("x", 10_000)
	for name, c := range map[string]struct {
		input string
		fits  bool
	}{
		"data at the limit":                  {"data: " + long + "\n\n", true},
		"data over the limit":                {"data: " + long + "x\n\n", false},
		"data without an end":                {"data: " + long + long, false},
		"many data lines":                    {strings.Repeat("data\n", 10_002) + "\n", false},
		"name":                               {"event: " + long + "x\ndata: a\n\n", false},
		"name and data together":             {"event: " + long[:6000] + "\ndata: " + long[:6000] + "\n\n", false},
		"comment of any length":              {": " + strings.Repeat(long, 10) + "\ndata: a\n\n", true},
		"comments of any number":             {strings.Repeat(": heartbeat\n", 10_000) + "data: a\n\n", true},
		"unknown field of any length":        {strings.Repeat(long, 10) + "\ndata: a\n\n", true},
		"several frames, each at the limit":  {strings.Repeat("data: "+long+"\n\n", 3), true},
		"names that replace each other":      {strings.Repeat("event: "+long[:9000]+"\n", 3) + "data: a\n\n", true},
		"frame over the limit after another": {"data: a\n\ndata: " + long + "x\n\n", false},
	} {
		t.Run(name, func(t *testing.T) {
			for _, sizes := range chunkings {
				frames, err := readFrames(c.input, 10_000, sizes...)
				tooLarge := (*EventTooLargeError)(nil)
				if fits := !errors.As(err, &tooLarge); fits != c.fits {
					t.Errorf("chunks of %v: ended with %v", sizes, err)
				}
				if c.fits && (err != io.EOF || len(frames) == 0) {
					t.Errorf("chunks of %v: %d frames, %v", sizes, len(frames), err)
				}
			}
		})
	}
}

func TestFramesDoNotShareMemory(t *testing.T) {
	input := "data: first\n\ndata: other\n\ndata: " + strings.Repeat("x", 3*readBufferSize) + "\n\ndata: third\n\n"
	r := &frameReader{r: strings.NewReader(input), max: 1 << 20}
	var kept [][]byte
	for {
		f, err := r.next()
		if err != nil {
			break
		}
		kept = append(kept, f.data)
	}
	if len(kept) != 4 || string(kept[0]) != "first" || string(kept[1]) != "other" || len(kept[2]) != 3*readBufferSize || string(kept[3]) != "third" {
		t.Errorf("got %.20q", kept)
	}
}

func TestAnErrorOfTheReaderIsReturnedAfterTheFramesBeforeIt(t *testing.T) {
	broken := errors.New("broken")
	r := &frameReader{r: iotest.DataErrReader(io.MultiReader(strings.NewReader("data: a\n\ndata: b"), iotest.ErrReader(broken))), max: 100}
	if f, err := r.next(); err != nil || string(f.data) != "a" {
		t.Fatalf("got %q, %v", f.data, err)
	}
	for range 2 {
		if _, err := r.next(); err != broken {
			t.Errorf("got %v, want %v", err, broken)
		}
	}
	if _, err := (&frameReader{r: emptyReader{}, max: 100}).next(); err != io.ErrNoProgress {
		t.Errorf("reader that returns nothing: got %v", err)
	}
}

type emptyReader struct{}

func (emptyReader) Read([]byte) (int, error) { return 0, nil }

// reference parses an event stream that is there as a whole, word for word as the standard describes it.
func reference(input string) (frames []told, end error) {
	input = strings.TrimPrefix(input, byteOrderMark)
	input = strings.ReplaceAll(strings.ReplaceAll(input, "\r\n", "\n"), "\r", "\n")
	lines := strings.Split(input, "\n")
	lines, unfinished := lines[:len(lines)-1], lines[len(lines)-1]
	var name string
	var data []string
	for _, line := range lines {
		if line == "" {
			if joined := strings.Join(data, "\n"); joined != "" {
				frames = append(frames, told{name, joined})
			}
			name, data = "", nil
			continue
		}
		field, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch field {
		case "data":
			data = append(data, value)
		case "event":
			name = value
		}
	}
	if unfinished != "" || name != "" || data != nil {
		return frames, io.ErrUnexpectedEOF
	}
	return frames, io.EOF
}

func FuzzEvents(f *testing.F) {
	for _, input := range []string{
		"data: a\n\ndata: b\n\n", "data:a\r\rdata: b\r\n\r\n", "\ufeffevent: e\ndata: {\ndata: }\n\n", ": c\n\nid: 1\ndata\n\n",
		"event: ping\n\ndata: [DONE]\n\n", "data: a\n", "data: \xff\r", "\xef\xbb\xbf\n\n", "\xef\n\xbbdata: x\n\n", "data:  a:b\nevent\n\n",
	} {
		f.Add(input, uint8(1), uint8(3))
	}
	f.Fuzz(func(t *testing.T, input string, a, b uint8) {
		want, wantEnd := reference(input)
		got, end := readFrames(input, len(input)+1, int(a), int(b))
		if end != wantEnd || !reflect.DeepEqual(got, want) {
			t.Errorf("input %q in chunks of %d and %d\ngot  %q, %v\nwant %q, %v", input, a, b, got, end, want, wantEnd)
		}
	})
}

const message = `{"type":"task_run.progress_msg.search","message":"Searching for the gross domestic product of France in 2023, in official statistics and in the press","timestamp":"2025-04-23T20:21:48.037943Z"}`

func BenchmarkEvents(b *testing.B) {
	stream := bytes.Repeat([]byte("event: task_run.progress_msg.search\ndata: "+message+"\n\n"), 1000)
	for name, size := range map[string]int{"whole": len(stream), "one event a read": len(stream) / 1000} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			n := 0
			for n < b.N {
				r := &frameReader{r: &chunkReader{rest: string(stream), sizes: []int{size}}, max: DefaultMaxEventSize}
				if err := eachEvent(r, func(Event, error) bool { n++; return n < b.N }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// A large event must cost time in proportion to its size: MB/s should not fall from line to line.
func BenchmarkLargeEvent(b *testing.B) {
	for _, size := range []int{1 << 20, 8 << 20, 24 << 20} {
		stream := `data: {"type":"task_run.state","text":"` + strings.Repeat("x", size) + "\"}\n\n"
		b.Run(fmt.Sprintf("%d MiB", size>>20), func(b *testing.B) {
			b.SetBytes(int64(size))
			for b.Loop() {
				r := &frameReader{r: &chunkReader{rest: stream, sizes: []int{16 << 10}}, max: DefaultMaxEventSize}
				if err := eachEvent(r, func(Event, error) bool { return true }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
