package httpapi

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/taskyard/taskyard"
)

// checkQuery refuses parameters that a route does not know: a filter that is misspelt must not look applied.
func checkQuery(raw string, known []string) error {
	q, err := url.ParseQuery(raw)
	if err != nil {
		return &taskyard.Error{Code: taskyard.CodeInvalid, Message: "the query is not well-formed"}
	}
	for name := range q {
		if slices.Contains(known, name) {
			continue
		}
		if len(known) == 0 {
			return taskyard.Invalid(abbreviate(name), "unknown query parameter %q; this address takes none", abbreviate(name))
		}
		return taskyard.Invalid(abbreviate(name), "unknown query parameter %q; this address takes %s", abbreviate(name), strings.Join(known, ", "))
	}
	return nil
}

// taskID returns the id in the path. One that no task can have is refused before the store is asked.
func taskID(r *http.Request) (string, error) {
	id := r.PathValue("id")
	if !isTaskID(id) {
		return "", taskyard.Errorf(taskyard.CodeNotFound, "there is no such task: an id is %d lower-case letters and digits", idLength)
	}
	return id, nil
}

// isTaskID tells whether a task can have this id.
func isTaskID(id string) bool {
	odd := func(c rune) bool { return !('a' <= c && c <= 'z' || '2' <= c && c <= '7') } // base32
	return len(id) == idLength && !strings.ContainsFunc(id, odd)
}

// idLength is that of taskyard.NewID.
const idLength = 26

// parameters reads query parameters and remembers the first fault. One that is empty counts as not given, as
// an HTML form sends all its fields.
type parameters struct {
	values url.Values
	err    error
}

func (p *parameters) fail(name, format string, args ...any) {
	if p.err == nil {
		p.err = taskyard.Invalid(name, name+" "+format, args...)
	}
}

// one returns a parameter that may be given once.
func (p *parameters) one(name string) string {
	switch values := p.values[name]; {
	case len(values) == 0:
		return ""
	case len(values) > 1:
		p.fail(name, "is given %d times; give it once", len(values))
		return ""
	default:
		return p.bounded(name, values[0])
	}
}

// text returns a parameter that may be given once and has at most so many characters.
func (p *parameters) text(name string, most int) string {
	given := p.one(name)
	if utf8.RuneCountInString(given) > most {
		p.fail(name, "has more than %d characters", most)
	}
	return given
}

// maxParameter bounds one value, in bytes.
const maxParameter = 1000

func (p *parameters) bounded(name, value string) string {
	if len(value) > maxParameter {
		p.fail(name, "has more than %d bytes", maxParameter)
	}
	if !utf8.ValidString(value) {
		p.fail(name, "is not UTF-8")
	}
	return value
}

// maxValues bounds the values of a parameter that takes several.
const maxValues = 50

// many returns a parameter that may be given several times, or with commas, or both.
func (p *parameters) many(name string) []string {
	var all []string
	for _, given := range p.values[name] {
		for value := range strings.SplitSeq(p.bounded(name, given), ",") {
			if value = strings.TrimSpace(value); value != "" {
				all = append(all, value)
			}
		}
	}
	if len(all) > maxValues {
		p.fail(name, "has more than %d values", maxValues)
	}
	return all
}

// pairs returns a parameter of the form key:value that may be given several times.
func (p *parameters) pairs(name string) map[string]string {
	var all map[string]string
	for _, given := range p.values[name] {
		if given = p.bounded(name, given); given == "" {
			continue
		}
		key, value, found := strings.Cut(given, ":")
		if !found || key == "" {
			p.fail(name, "must be a key, a colon and a value, such as team:red")
		}
		if all == nil {
			all = make(map[string]string)
		}
		all[key] = value
	}
	if len(all) > maxValues {
		p.fail(name, "has more than %d values", maxValues)
	}
	return all
}

// number returns an integer between least and most, or otherwise where none is given.
func (p *parameters) number(name string, least, most, otherwise int) int {
	given := p.one(name)
	if given == "" {
		return otherwise
	}
	n, err := strconv.Atoi(given)
	if err != nil || n < least || n > most {
		p.fail(name, "must be a whole number from %d to %d", least, most)
	}
	return n
}

func (p *parameters) time(name string) time.Time {
	given := p.one(name)
	if given == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, given)
	if err != nil {
		p.fail(name, "must be a time such as 2026-01-31T12:00:00Z (RFC 3339; write + as %%2B)")
	}
	return t
}

func (p *parameters) cursor(name string) taskyard.Cursor {
	given := p.one(name)
	if given == "" {
		return taskyard.Cursor{}
	}
	c, ok := decodeCursor(given)
	if !ok {
		p.fail(name, "is not one that this server made; take it from the Link header of a list")
	}
	return c
}
