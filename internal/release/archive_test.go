package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

var (
	made    = time.Date(2026, time.March, 4, 5, 6, 8, 0, time.UTC) // an even second: zip's older field counts by two
	content = []entry{{name: "taskyard_v1/taskyard", mode: 0o755, body: []byte("program")}, {name: "taskyard_v1/LICENSE", mode: 0o644, body: []byte("licence")}}
	listed  = []string{
		"taskyard_v1/taskyard -rwxr-xr-x 2026-03-04T05:06:08Z program",
		"taskyard_v1/LICENSE -rw-r--r-- 2026-03-04T05:06:08Z licence",
	}
)

func TestATarHoldsNothingOfTheMachine(t *testing.T) {
	var archive bytes.Buffer
	if err := writeTar(&archive, content, made); err != nil {
		t.Fatal(err)
	}
	unzipped, err := gzip.NewReader(&archive)
	if err != nil {
		t.Fatal(err)
	}
	if !unzipped.ModTime.IsZero() || unzipped.Name != "" {
		t.Errorf("gzip names %q, made at %s", unzipped.Name, unzipped.ModTime)
	}
	var got []string
	for in := tar.NewReader(unzipped); ; {
		header, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if header.Uid != 0 || header.Gid != 0 || header.Uname != "" || header.Gname != "" {
			t.Errorf("%s belongs to somebody", header.Name)
		}
		got = append(got, line(t, header.Name, header.FileInfo().Mode().String(), header.ModTime, in))
	}
	if !slices.Equal(got, listed) {
		t.Errorf("it holds %q, not %q", got, listed)
	}
}

func TestAZipHoldsNothingOfTheMachine(t *testing.T) {
	var archive bytes.Buffer
	if err := writeZip(&archive, content, made); err != nil {
		t.Fatal(err)
	}
	in, err := zip.NewReader(bytes.NewReader(archive.Bytes()), int64(archive.Len()))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range in.File {
		body, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, line(t, f.Name, f.Mode().String(), f.Modified, body))
	}
	if !slices.Equal(got, listed) {
		t.Errorf("it holds %q, not %q", got, listed)
	}
}

func line(t *testing.T, name, mode string, made time.Time, body io.Reader) string {
	t.Helper()
	text, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%s %s %s %s", name, mode, made.UTC().Format(time.RFC3339), text)
}

func TestWhatCannotBeReleasedIsRefused(t *testing.T) {
	for name, args := range map[string][]string{
		"a version that is a path":      {"-version", "../v1", "-sbom", "x"},
		"a version that is a flag":      {"-version", "-w", "-sbom", "x"},
		"a version with two parts":      {"-version", "v1 -X", "-sbom", "x"},
		"no version":                    {"-sbom", "x"},
		"no SBOM":                       {"-version", "v1"},
		"a system that is not released": {"-version", "v1", "-sbom", "x", "-targets", "linux/amd64,plan9/arm"},
	} {
		if _, err := parse(args); err == nil {
			t.Errorf("it takes %s", name)
		}
	}
	if c, err := parse([]string{"-version", "v1.2.3-rc.1+x", "-sbom", "x"}); err != nil || !slices.Equal(c.targets, targets) {
		t.Errorf("a version of its form gives %v, %v", c, err)
	}
}

func TestNoModuleGoesWithoutItsLicence(t *testing.T) {
	folder := t.TempDir()
	var all bytes.Buffer
	if err := addLicence(&all, "example.com/m v1", folder); err == nil {
		t.Error("a module without a licence is taken")
	}
	for name, text := range map[string]string{"LICENSE.md": "You may.\n", "NOTICE": "Made by N.", "licenses.go": "package m", "README.md": "M"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := addLicence(&all, "example.com/m v1", folder); err != nil {
		t.Fatal(err)
	}
	if got, want := all.String(), "==== example.com/m v1: LICENSE.md\n\nYou may.\n\n==== example.com/m v1: NOTICE\n\nMade by N.\n\n"; got != want {
		t.Errorf("it is %q, not %q", got, want)
	}
}
