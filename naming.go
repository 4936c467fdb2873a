package taskyard

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of what users call their tasks.
const (
	MaxTitle     = 200 // characters
	MaxTags      = 20
	MaxTagLength = 40 // characters of a tag
)

// Naming changes what a task is called; nil fields stay as they are. It changes nothing that is sent.
type Naming struct {
	Title *string // "" goes back to the first line of the input
	Tags  []string
}

// Tidy returns n with white space made single and each tag once, in order of the alphabet, or CodeInvalid where a
// bound is passed.
func (n Naming) Tidy() (Naming, error) {
	if n.Title != nil {
		title := oneLine(*n.Title)
		if utf8.RuneCountInString(title) > MaxTitle {
			return n, Invalid("title", "title is longer than %d characters", MaxTitle)
		}
		n.Title = &title
	}
	if n.Tags == nil {
		return n, nil
	}
	tags := make([]string, 0, len(n.Tags))
	for _, tag := range n.Tags {
		tag = oneLine(tag)
		switch {
		case tag == "":
			continue
		case strings.Contains(tag, ","):
			return n, Invalid("tags", "a tag cannot have a comma: %q", tag)
		case utf8.RuneCountInString(tag) > MaxTagLength:
			return n, Invalid("tags", "a tag is longer than %d characters", MaxTagLength)
		}
		tags = append(tags, tag)
	}
	slices.Sort(tags)
	if n.Tags = slices.Compact(tags); len(n.Tags) > MaxTags {
		return n, Invalid("tags", "a task can have %d tags", MaxTags)
	}
	return n, nil
}

// oneLine leaves single spaces where there was any white space, and no control characters.
func oneLine(text string) string {
	text = strings.Map(func(c rune) rune {
		if unicode.IsControl(c) && !unicode.IsSpace(c) {
			return -1
		}
		return c
	}, strings.ToValidUTF8(text, "\uFFFD"))
	return strings.Join(strings.Fields(text), " ")
}
