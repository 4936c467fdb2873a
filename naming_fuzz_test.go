package taskyard_test

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/taskyard/taskyard"
)

// Whatever a task is called, what is kept of it is one line within its bounds, and is kept as it is when it is given again.
func FuzzTidy(f *testing.F) {
	for _, s := range []struct{ title, tags string }{
		{" a\n b\t", "x|y|x| |"}, {"\x00\u0085\u2028a", "a,b"}, {"\xff", "\xfe|é"}, {strings.Repeat("é", taskyard.MaxTitle+1), strings.Repeat("t|", taskyard.MaxTags+1)}, {"\u202e", strings.Repeat("é", taskyard.MaxTagLength)}, {"\u200b", "A|a"},
	} {
		f.Add(s.title, s.tags)
	}
	f.Fuzz(func(t *testing.T, title, tags string) {
		given := taskyard.Naming{Title: &title, Tags: strings.Split(tags, "|")}
		n, err := given.Tidy()
		if err != nil {
			if taskyard.CodeOf(err) != taskyard.CodeInvalid {
				t.Errorf("%q and %q: %v", title, tags, err)
			}
			return
		}
		if utf8.RuneCountInString(*n.Title) > taskyard.MaxTitle || len(n.Tags) > taskyard.MaxTags {
			t.Errorf("%q and %q are kept as %q and %q", title, tags, *n.Title, n.Tags)
		}
		for _, text := range append(slices.Clone(n.Tags), *n.Title) {
			if !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) || strings.TrimSpace(text) != text {
				t.Errorf("%q is kept", text)
			}
		}
		for _, tag := range n.Tags {
			if tag == "" || strings.Contains(tag, ",") || utf8.RuneCountInString(tag) > taskyard.MaxTagLength {
				t.Errorf("the tag %q is kept", tag)
			}
		}
		again, err := n.Tidy()
		if err != nil || *again.Title != *n.Title || !slices.Equal(again.Tags, n.Tags) {
			t.Errorf("%q and %q become %q and %q, %v", *n.Title, n.Tags, *again.Title, again.Tags, err)
		}
	})
}
