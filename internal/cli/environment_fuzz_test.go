package cli

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// Whatever a variable of the environment says, its setting has a value, or whoever wrote it is told which variable it was.
func FuzzEnvironment(f *testing.F) {
	for _, value := range []string{"1", "true", "10s", "-1", "1e400", "NaN", "a,b", `"a`, "\x00", "9223372036854775808", "debug", "\n", strings.Repeat("x", 1000)} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		names := []string{}
		ServeFlags().VisitAll(func(flag *pflag.Flag) { names = append(names, flag.Name) })
		for _, name := range names {
			var s settings
			flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
			s.register(flags)
			flags.Bool("simulator", true, "")
			flags.Bool("dev", false, "")
			variable := environmentName(name)
			err := fromEnvironment(flags, func(asked string) (string, bool) { return value, asked == variable })
			if err != nil {
				if _, isUsage := errors.AsType[usageError](err); !isUsage || !strings.Contains(err.Error(), variable) {
					t.Errorf("%s as %q: %v", variable, value, err)
				}
				continue
			}
			if changed := flags.Changed(name); changed != (value != "") {
				t.Errorf("%s as %q: changed %t", variable, value, changed)
			}
			if logger, err := newLogger(io.Discard, s.logLevel, s.logFormat); (logger == nil) == (err == nil) {
				t.Errorf("%s as %q: %v, %v", variable, value, logger, err)
			}
		}
	})
}
