package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"
)

// environmentPrefix begins the names of all settings; --max-body is TASKYARD_MAX_BODY.
const environmentPrefix = "TASKYARD_"

func environmentName(flag string) string {
	return environmentPrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// fromEnvironment sets each flag that was not given from its variable, if there is one. An empty variable counts
// as none, as that is how many tools unset one.
func fromEnvironment(flags *pflag.FlagSet, lookup func(string) (string, bool)) error {
	var first error
	flags.VisitAll(func(f *pflag.Flag) {
		name := environmentName(f.Name)
		value, ok := lookup(name)
		if first != nil || f.Changed || !ok || value == "" || f.Name == "help" {
			return
		}
		if err := flags.Set(f.Name, value); err != nil {
			first = usageError{fmt.Errorf("%s is %q: %w", name, value, err)}
		}
	})
	return first
}
