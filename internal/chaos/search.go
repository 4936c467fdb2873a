package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// searchDisk looks for API keys in every file of the server.
func (u *users) searchDisk() {
	err := filepath.WalkDir(u.w.disk.path, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path == u.w.disk.fat {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, key := range apiKeys {
			if bytes.Contains(content, []byte(key)) {
				u.w.wrong.add("an API key is in %s", filepath.Base(path))
			}
		}
		return nil
	})
	if err != nil && !os.IsNotExist(err) { // files come and go while the disk is worked on
		u.w.wrong.add("search the disk: %v", err)
	}
}

// searchLog looks through what the server said: for API keys, and for what a sound program never says.
func (u *users) searchLog() {
	content, err := os.ReadFile(u.w.server.said.Name())
	if err != nil {
		u.w.wrong.add("search the log: %v", err)
		return
	}
	log := string(content)
	for _, key := range apiKeys {
		if strings.Contains(log, key) {
			u.w.wrong.add("an API key is in the server's log")
		}
	}
	for _, word := range []string{"panic", "goroutine ", "fatal error", "DATA RACE"} {
		if at := strings.Index(log, word); at >= 0 {
			u.w.wrong.add("the server's log says: %.600s", log[max(0, at-100):])
		}
	}
}
