package seal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// maxFile bounds a key file, in bytes: far more than MaxKeys take.
const maxFile = 4 << 10

// Load reads a ring from a file: a key in base64 a line, the current one first.
func Load(path string) (*Ring, error) {
	text, err := readFile(path)
	if err != nil {
		return nil, fmt.Errorf("read seal key: %w", err)
	}
	if err := checkMode(path); err != nil {
		return nil, err
	}
	if len(text) > maxFile {
		return nil, fmt.Errorf("seal key file %s is over %d bytes; it has a key a line, and no more than %d", path, maxFile, MaxKeys)
	}
	var lines []string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	if len(lines) == 0 {
		return nil, fmt.Errorf("seal key file %s is empty", path)
	}
	r, err := parse(lines)
	if err != nil {
		return nil, fmt.Errorf("seal key file %s: %w", path, err)
	}
	return r, nil
}

// readFile reads a little more than there may be.
func readFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // it was only read
	return io.ReadAll(io.LimitReader(file, maxFile+1))
}

// checkMode refuses keys that other users of the machine can read.
func checkMode(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("read seal key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("seal key file %s can be read by others (mode %04o): run chmod 600 on it", path, info.Mode().Perm())
	}
	return nil
}

// LoadOrCreate reads the keys from a file, or makes the file with one key, readable by its owner alone, at the first start.
func LoadOrCreate(path string) (*Ring, error) {
	r, err := Load(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return r, err
	}
	if r, err = New(random()); err != nil {
		return nil, err
	}
	tmp, err := r.write(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("create seal key: %w", err)
	}
	defer os.Remove(tmp) //nolint:errcheck // it is linked to its name by then, or of no use
	// Of two starts at once one wins.
	if err := os.Link(tmp, path); errors.Is(err, fs.ErrExist) {
		return Load(path)
	} else if err != nil {
		return nil, fmt.Errorf("create seal key: %w", err)
	}
	return r, syncFolder(filepath.Dir(path))
}

// Replace writes the ring's keys in place of those in a file, which belongs to whom it did before. Whenever it is cut
// short, the file is the old one or the new one.
func (r *Ring) Replace(path string) error {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return fmt.Errorf("replace seal keys: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("replace seal keys: %w", err)
	}
	tmp, err := r.write(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("replace seal keys: %w", err)
	}
	defer os.Remove(tmp) //nolint:errcheck // it has its name by then, or is of no use
	if err := giveTo(tmp, info); err != nil {
		return fmt.Errorf("replace seal keys: the new file cannot be given to the owner of the old one; run this as that user: %w", err)
	}
	if err := os.Rename(tmp, path); err != nil {
		return fmt.Errorf("replace seal keys: %w", err)
	}
	return syncFolder(filepath.Dir(path))
}

// write writes the keys to a new file in a folder, beside their final name, so that a crash leaves no half a key.
func (r *Ring) write(folder string) (path string, err error) {
	tmp, err := os.CreateTemp(folder, ".seal-*") // mode 0600
	if err != nil {
		return "", err
	}
	_, err = tmp.Write(r.lines())
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return "", errors.Join(err, os.Remove(tmp.Name()))
	}
	return tmp.Name(), nil
}
