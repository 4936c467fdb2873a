package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is set by the linker for releases; builds from source say what the Go tool knows.
var version = ""

// programVersion names this build in one word.
func programVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "dev"
}

// commitLength is how many digits of a commit are shown, as many as the Go tool puts into a version.
const commitLength = 12

// programCommit names what this build was made of, as far as the Go tool was told: in a clone, and not by `go run`.
func programCommit(settings []debug.BuildSetting) string {
	commit, changes := "unknown", ""
	for _, s := range settings {
		switch {
		case s.Key == "vcs.revision" && s.Value != "":
			commit = s.Value[:min(commitLength, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			changes = " with changes"
		}
	}
	return commit + changes
}

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version, the commit and the Go that it was built with",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var settings []debug.BuildSetting
			if info, ok := debug.ReadBuildInfo(); ok {
				settings = info.Settings
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "taskyard %s (commit %s, %s, %s/%s)\n",
				programVersion(), programCommit(settings), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}
