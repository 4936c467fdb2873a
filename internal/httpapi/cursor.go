package httpapi

import (
	"encoding/base64"
	"encoding/binary"

	"github.com/taskyard/taskyard"
)

// A cursor is opaque to callers: a version byte, the creation time and the number, both big-endian.
const (
	cursorVersion = 1
	cursorLength  = 1 + 8 + 8
)

func encodeCursor(c taskyard.Cursor) string {
	b := make([]byte, 0, cursorLength)
	b = append(b, cursorVersion)
	b = binary.BigEndian.AppendUint64(b, uint64(c.CreatedAt))
	b = binary.BigEndian.AppendUint64(b, uint64(c.Num))
	return base64.RawURLEncoding.EncodeToString(b)
}

// decodeCursor takes back exactly what encodeCursor made.
func decodeCursor(s string) (taskyard.Cursor, bool) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil || len(b) != cursorLength || b[0] != cursorVersion {
		return taskyard.Cursor{}, false
	}
	c := taskyard.Cursor{
		CreatedAt: int64(binary.BigEndian.Uint64(b[1:])),
		Num:       int64(binary.BigEndian.Uint64(b[9:])),
	}
	return c, c.Num > 0 && encodeCursor(c) == s
}
