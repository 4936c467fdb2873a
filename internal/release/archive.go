package main

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// documents are the files that come with the program, from the module's folder.
var documents = []string{"CHANGELOG.md", "LICENSE", "README.md"}

// licencesName is the file in an archive that has the licences of what is not ours.
const licencesName = "THIRD-PARTY-LICENCES.txt"

// entry is a file in an archive.
type entry struct {
	name string
	mode int64
	body []byte
}

// archive writes the program, the documents and the licences into one folder of an archive of the kind that its system
// unpacks.
func archive(folder, name, goos, program string, licences []byte, made time.Time) error {
	entries := []entry{{name: name + "/" + licencesName, mode: 0o644, body: licences}}
	for _, path := range append([]string{program}, documents...) {
		body, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		mode := int64(0o644)
		if path == program {
			mode = 0o755
		}
		entries = append(entries, entry{name: name + "/" + filepath.Base(path), mode: mode, body: body})
	}
	write, suffix := writeTar, ".tar.gz"
	if goos == "windows" {
		write, suffix = writeZip, ".zip"
	}
	file, err := os.Create(filepath.Join(folder, name+suffix))
	if err != nil {
		return err
	}
	if err := write(file, entries, made); err != nil {
		_ = file.Close() // its first error is the one to tell
		return err
	}
	return file.Close()
}

// writeTar writes entries that belong to nobody and were all made at one time.
func writeTar(w io.Writer, entries []entry, made time.Time) error {
	zipped, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return err
	}
	out := tar.NewWriter(zipped)
	for _, e := range entries {
		header := &tar.Header{Name: e.name, Mode: e.mode, Size: int64(len(e.body)), ModTime: made, Format: tar.FormatUSTAR}
		if err := out.WriteHeader(header); err != nil {
			return err
		}
		if _, err := out.Write(e.body); err != nil {
			return err
		}
	}
	if err := out.Close(); err != nil {
		return err
	}
	return zipped.Close()
}

func writeZip(w io.Writer, entries []entry, made time.Time) error {
	out := zip.NewWriter(w)
	for _, e := range entries {
		header := &zip.FileHeader{Name: e.name, Method: zip.Deflate, Modified: made}
		header.SetMode(os.FileMode(e.mode))
		file, err := out.CreateHeader(header)
		if err != nil {
			return err
		}
		if _, err := file.Write(e.body); err != nil {
			return err
		}
	}
	return out.Close()
}

// writeSums writes what sha256sum -c reads, for all files of a folder.
func writeSums(folder string) error {
	found, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	var sums strings.Builder
	for _, f := range found {
		body, err := os.ReadFile(filepath.Join(folder, f.Name()))
		if err != nil {
			return err
		}
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(body), f.Name())
	}
	return os.WriteFile(filepath.Join(folder, "SHA256SUMS"), []byte(sums.String()), 0o644)
}
