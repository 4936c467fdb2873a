package store

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/taskyard/taskyard"
)

// checkText refuses what PostgreSQL could not store as text, so that both engines take the same: bytes that are
// not UTF-8, and NUL.
func checkText[T ~string | ~[]byte](field string, text T) error {
	s := string(text)
	if !utf8.ValidString(s) {
		return taskyard.Invalid(field, "%s is not valid UTF-8", field)
	}
	if strings.IndexByte(s, 0) >= 0 {
		return taskyard.Invalid(field, "%s holds a NUL character", field)
	}
	return nil
}

// checkEvent refuses an event that could not be read back as it came.
func checkEvent(e taskyard.NewEvent) error {
	if e.Type == "" {
		return taskyard.Invalid("type", "an event needs a type")
	}
	if err := checkText("type", e.Type); err != nil {
		return err
	}
	return checkText("data", e.Data)
}

// encode turns a value of ours into a JSON column.
func encode(field string, v any) (string, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", &taskyard.Error{Code: taskyard.CodeInvalid, Field: field, Message: field + " cannot be stored", Err: err}
	}
	text := string(b)
	if err := checkText(field, text); err != nil {
		return "", fmt.Errorf("encode %s: %w", field, err)
	}
	return text, nil
}
