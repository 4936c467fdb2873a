package sandbox

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
)

// stateFile keeps the records of runs, one JSON line for each, and another for one that was cancelled. So it grows;
// whoever wants to forget runs removes it.
type stateFile struct {
	mu   sync.Mutex // guards file: lines are not mixed
	file *os.File
}

// maxStateLine bounds one line, in bytes: a request and what is known about it.
const maxStateLine = maxBody + 1<<20

// openState opens or makes the file and gives every record in it to restore. A line that was cut by a crash is
// removed: its create was never answered. Other lines that cannot be read are reported and passed over.
func openState(path string, restore func(record) error, log *slog.Logger) (*stateFile, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open state file: %w", err)
	}
	end, err := readState(file, restore, log)
	if err == nil {
		err = file.Truncate(end)
	}
	if err == nil {
		_, err = file.Seek(end, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read state file %s: %w", path, err), file.Close())
	}
	return &stateFile{file: file}, nil
}

// readState returns where the last whole line ends.
func readState(r io.Reader, restore func(record) error, log *slog.Logger) (end int64, err error) {
	lines := bufio.NewReaderSize(r, 64<<10)
	for number := 1; ; number++ {
		line, err := readLine(lines)
		if errors.Is(err, io.EOF) {
			return end, nil
		}
		if err != nil {
			return 0, fmt.Errorf("line %d: %w", number, err)
		}
		end += int64(len(line))
		var rec record
		if err := json.Unmarshal(line, &rec); err != nil {
			log.Warn("a line of the state file is passed over", "line", number, "error", err)
			continue
		}
		if err := restore(rec); err != nil {
			log.Warn("a line of the state file is passed over", "line", number, "error", err)
		}
	}
}

// readLine returns the next whole line with its end; what has none is io.EOF.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case err == nil:
			return line, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		case len(line) > maxStateLine:
			return nil, fmt.Errorf("is over %d bytes; this is no state file", maxStateLine)
		}
	}
}

// append stores one record. A process that dies afterwards has not lost it.
func (f *stateFile) append(rec any) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, err := f.file.Write(append(encode(rec), '\n'))
	return err
}

func (f *stateFile) close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.file.Close()
}
