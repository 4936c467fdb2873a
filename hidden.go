package taskyard

import (
	"fmt"
	"log/slog"
	"regexp"
	"unique"
)

// HiddenText is what is shown instead of what nobody may see.
const HiddenText = "[secret]"

// Hidden is a text that nobody may see: an API key, a seal key, a request with a password in it. However it is printed,
// logged, marshalled or panicked with, it shows as [HiddenText]; only [Hidden.Reveal] gives it back. Two are equal when
// their texts are.
//
// The text lies behind a pointer, because fmt does not ask the unexported field of somebody's struct how it wants to
// be shown, and prints what it finds there.
type Hidden struct {
	Unprintable
	text unique.Handle[string] // zero for ""
}

// Hide makes a text one that nobody may see.
func Hide(text string) Hidden {
	if text == "" {
		return Hidden{}
	}
	return Hidden{text: unique.Make(text)}
}

// Reveal returns the text, for the one place that needs it.
func (h Hidden) Reveal() string {
	if h.IsZero() {
		return ""
	}
	return h.text.Value()
}

// IsZero reports whether there is no text.
func (h Hidden) IsZero() bool { return h == Hidden{} }

// Unprintable keeps a struct that embeds it out of whatever is printed, logged, marshalled or panicked with: the whole of
// it shows as [HiddenText].
type Unprintable struct{}

// Format is for every verb of fmt.
func (Unprintable) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(HiddenText)) }

// String is for panics and for whoever asks.
func (Unprintable) String() string { return HiddenText }

// LogValue is for logs.
func (Unprintable) LogValue() slog.Value { return slog.StringValue(HiddenText) }

// MarshalText is for JSON and its like. There is no way back.
func (Unprintable) MarshalText() ([]byte, error) { return []byte(HiddenText), nil }

// secretAddress finds a user's name before the first path, and what follows one.
var secretAddress = regexp.MustCompile(`^[^/]*/*[^/]*@|[?#]`)

// HoldsSecret reports whether an address may be a secret as a whole: it names a user, with a password perhaps, or has a
// query or a fragment, which is where tokens are put. A path is taken for where something is.
func HoldsSecret(address string) bool { return secretAddress.MatchString(address) }
