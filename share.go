package taskyard

import (
	"crypto/rand"
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
	Token string // 26 letters and digits, 130 random bits: it is the link
	Task  Task
	Owner string
	Parts []Part

	UpTo      int64     // the newest event that is shown: the task as it was then; 0 as it is
	CreatedAt time.Time // whole milliseconds
	ExpiresAt time.Time // zero is never
	RevokedAt time.Time // zero while it is good
}

// Good reports whether a link shows anything at a time.
func (s *Share) Good(now time.Time) bool {
	return s.RevokedAt.IsZero() && (s.ExpiresAt.IsZero() || now.Before(s.ExpiresAt))
}

// Shows reports whether a link shows a part.
func (s *Share) Shows(p Part) bool {
	for _, shown := range s.Parts {
		if shown == p {
			return true
		}
	}
	return false
}

// NewShareToken returns an unguessable link.
func NewShareToken() string { return strings.ToLower(rand.Text()) }

// Bounds of links.
const (
	MaxShares     = 100 // of one task, counting those that are no longer good
	MaxShareLinks = 500 // that one page lists
)
