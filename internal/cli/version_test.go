package cli

import (
	"runtime/debug"
	"testing"
)

func TestACommitIsNamedWithWhatItDoesNotHold(t *testing.T) {
	revision := debug.BuildSetting{Key: "vcs.revision", Value: "0123456789abcdef0123456789abcdef01234567"}
	for want, settings := range map[string][]debug.BuildSetting{
		"unknown":                   nil,
		"0123456789ab":              {revision, {Key: "vcs.modified", Value: "false"}},
		"0123456789ab with changes": {revision, {Key: "vcs.modified", Value: "true"}},
	} {
		if got := programCommit(settings); got != want {
			t.Errorf("it is %q, not %q", got, want)
		}
	}
}
