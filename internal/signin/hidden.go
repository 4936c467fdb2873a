package signin

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"

	"github.com/taskyard/taskyard"
)

// hidden keeps whatever embeds it out of what is printed, logged and written down. Secrets lie behind
// pointers to strings: as a part of another struct, which fmt looks into without asking, those print as addresses.
type hidden struct{}

// String is for those who ask for a text.
func (hidden) String() string { return taskyard.Redacted }

// GoString is for those who ask for source.
func (hidden) GoString() string { return taskyard.Redacted }

// Format is for every verb of fmt, %d too.
func (hidden) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, taskyard.Redacted) }

// LogValue is for logs.
func (hidden) LogValue() slog.Value { return slog.StringValue(taskyard.Redacted) }

// MarshalJSON is for documents.
func (hidden) MarshalJSON() ([]byte, error) { return json.Marshal(taskyard.Redacted) }
