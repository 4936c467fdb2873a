//go:build linux || darwin

package app

import (
	"path/filepath"
	"syscall"
)

// freeDisk is how many bytes may still be written where a file lies; below 0 if that is not known.
func freeDisk(path string) int64 {
	var room syscall.Statfs_t
	if syscall.Statfs(filepath.Dir(path), &room) != nil {
		return -1
	}
	return int64(room.Bavail) * int64(room.Bsize) //nolint:unconvert // their types differ between systems
}
