package httpapi

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/taskyard/taskyard"
)

// detailFormat is part of the tag: raise it when the shape of the detail changes, or browsers that hold the old
// shape keep it.
const detailFormat = "1"

// etagOf names a state of a task. It is weak, as it says nothing about bytes.
func etagOf(t taskyard.Task) string {
	return `W/"` + t.ID + "." + strconv.FormatInt(t.Version, 10) + "." + detailFormat + `"`
}

// unmodified reports whether the caller already holds the state that tag names (RFC 9110, section 13.1.2).
func unmodified(r *http.Request, tag string) bool {
	for _, line := range r.Header.Values("If-None-Match") {
		for held := range strings.SplitSeq(line, ",") {
			held = strings.TrimSpace(held)
			if held == "*" || strings.TrimPrefix(held, "W/") == strings.TrimPrefix(tag, "W/") {
				return true
			}
		}
	}
	return false
}
