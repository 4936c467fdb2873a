package taskyard

import (
	"crypto/rand"
	"slices"
	"strings"
	"time"
)

// Part is a part of a task that a link can show.
type Part string

// The parts, in the order in which they are shown.
const (
	PartRequest  Part = "request"  // the input and all that was sent, but for secrets
	PartMetadata Part = "metadata" // of the request; without it a request is shown without
	PartResult   Part = "result"   // with its evidence and sources
	PartTimeline Part = "timeline"
)

// Parts are all parts.
var Parts = []Part{PartRequest, PartMetadata, PartResult, PartTimeline}

// Share is a link that shows one task to whoever has it.
type Share struct {
	Num   int64  // the store's number; internal, never shown
	Token string // 26 letters and digits, 130 random bits: it is the link
	Task  Task
	Owner string
	Parts []Part

	UpTo      int64     // the newest event that is shown: the task as it was then; 0 as it is
	CreatedAt time.Time // whole milliseconds
	ExpiresAt time.Time // zero is never
	RevokedAt time.Time // zero while it is good

	Opens    int64     // how often its page was asked for while it was good, by whomever
	OpenedAt time.Time // when it was last; zero if never
}

// NewShare is a link to a task as it is made now: good for some days, for ever if they are 0, and frozen if it shows the
// task as it is now. CodeInvalid where it would show nothing, or for too long.
func NewShare(t Task, parts []Part, days int, frozen bool, now time.Time) (Share, error) {
	s := Share{Token: strings.ToLower(rand.Text()), Task: t, CreatedAt: now.UTC().Truncate(time.Millisecond)}
	for _, p := range Parts {
		if slices.Contains(parts, p) {
			s.Parts = append(s.Parts, p)
		}
	}
	for _, p := range parts {
		if !slices.Contains(Parts, p) {
			return s, Invalid("parts", "A link can show the request, its metadata, the result and the timeline.")
		}
	}
	if len(s.Parts) == 0 {
		return s, Invalid("parts", "Choose at least one part that the link shows.")
	}
	if days < 0 || days > MaxShareDays {
		return s, Invalid("days", "A link is good for 1 to %d days, or for ever (0).", MaxShareDays)
	}
	if days > 0 {
		s.ExpiresAt = s.CreatedAt.AddDate(0, 0, days)
	}
	if frozen {
		s.UpTo = t.LastSeq
	}
	return s, nil
}

// Good reports whether a link shows anything at a time.
func (s *Share) Good(now time.Time) bool {
	return s.RevokedAt.IsZero() && (s.ExpiresAt.IsZero() || now.Before(s.ExpiresAt))
}

// Shows reports whether a link shows a part.
func (s *Share) Shows(p Part) bool { return slices.Contains(s.Parts, p) }

// ShareQuery asks for one page of links. Zero fields do not filter.
type ShareQuery struct {
	Owner *string // who made them; nil: everybody
	Task  string  // the id of the task that they show
	After Cursor  // start behind this link
	Limit int     // 1 to MaxPage
}

// SharePage is one page of links.
type SharePage struct {
	Shares []Share
	Next   Cursor // zero when there is no more
}

// Bounds of links.
const (
	MaxShares      = 100   // of one task, counting those that are no longer good
	MaxSharesOfOne = 1_000 // that are good, of one owner
	MaxShareDays   = 3650  // that a link can be good which is not good for ever
)
