package cli

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/spf13/pflag"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/app"
	"github.com/taskyard/taskyard/parallel"
)

// Variables that hold secrets. They have no flags, because other users of a machine can read those.
const (
	variableAPIKey  = "PARALLEL_API_KEY"
	variableSealKey = "TASKYARD_SEAL_KEY"
	variableToken   = "TASKYARD_OPERATOR_TOKEN"
)

// settings are the flags that demo and serve share.
type settings struct {
	config    app.Config
	logLevel  string
	logFormat string
}

func (s *settings) register(flags *pflag.FlagSet) {
	s.registerDatabase(flags)
	c := &s.config
	flags.StringVar(&c.Addr, "addr", "127.0.0.1:8080", "`host:port` to listen on; one that others reach needs --access; port 0 takes a free one")
	flags.StringSliceVar(&c.AllowHosts, "allow-host", nil, "another `name` by which browsers reach this server, such as that of a proxy before it")
	flags.StringVar(&c.PublicURL, "public-url", "", "`address` by which browsers reach this server, such as https://tasks.example.com; with https, cookies are kept from everything else")
	flags.StringVar(&c.Access, "access", "none", "who is let in: `none` asks nobody, and this machine alone reaches the server; token: whoever has a token; open: everybody, to run tasks with keys of their own")
	flags.StringVar(&c.SignIn, "sign-in", "https://platform.parallel.ai", "`address` of the provider of “Sign in with Parallel”; or simulator, or none")
	flags.StringVar(&c.DefaultVisibility, "default-visibility", "public", "who may read tasks that do not say: `public`, whoever has a task's address; or private")
	visitor, token := app.DefaultLimits()
	flags.StringVar(&c.VisitorLimits, "visitor-limits", visitor, "`limits` of one address without a token, unless --access is none: requests a second (one that changes something counts for ten), tasks under way, open streams; 0 is without a limit")
	flags.StringVar(&c.TokenLimits, "token-limits", token, "`limits` of one token")
	flags.StringSliceVar(&c.TrustedProxies, "trusted-proxy", nil, "`address` of a proxy, or a prefix such as 10.0.0.0/8, whose X-Forwarded-For says whom it asks for")
	flags.BoolVar(&c.ReplaceSealKey, "replace-seal-key", false, "start although the other nodes of this database seal with another key, which is lost")
	flags.StringVar(&c.Upstream, "upstream", parallel.DefaultBaseURL, "`address` of Parallel's API")
	flags.IntVar(&c.CreatesPerMinute, "creates-per-minute", 2000, "`number` of tasks that one API key may send to Parallel in a minute; 0 is without a limit")
	flags.Float64Var(&c.ConfirmAbove, "confirm-above", 1, "`dollars` above which the page asks before it submits, as it does where it knows no price; 0 asks never")
	flags.Float64Var(&c.SimulatorScale, "simulator-scale", 1, "simulated seconds per second")
	flags.Uint64Var(&c.SimulatorSeed, "simulator-seed", 1, "`number` that decides what the simulator makes up")
	flags.StringVar(&c.SimulatorScenario, "simulator-scenario", "", "how simulated runs behave that name no scenario themselves; see taskyard sandbox --help")
	flags.Int64Var(&c.LowDisk, "low-disk", 200, "`MiB` free on the database's disk below which every page says so; 0 says nothing")
	flags.DurationVar(&c.DrainTimeout, "drain-timeout", 10*time.Second, "bound of a graceful end")
	flags.Int64Var(&c.MaxBody, "max-body", 1<<20, "`bytes` that a request body may have")
}

// registerDatabase registers what every command needs that works on the database.
func (s *settings) registerDatabase(flags *pflag.FlagSet) {
	c := &s.config
	flags.StringVar(&c.Database, "database", "", "`path` of the SQLite file, which is made if it is missing; or the address of a PostgreSQL database that many nodes share, such as postgres://user@host/name (with a password, better by TASKYARD_DATABASE)")
	flags.IntVar(&c.Connections, "database-connections", 20, "`number` of connections of this node to PostgreSQL, besides five for beats and news")
	flags.StringVar(&c.Synchronous, "synchronous", "normal", "`normal`: what is stored survives the death of the process; full: a power cut too, more slowly")
	flags.StringVar(&c.SealKeyFile, "seal-key-file", "", "`path` of the key that seals API keys at rest; made at the first start (default: the database's path with .key; or set "+variableSealKey+" to the key itself)")
	flags.StringVar(&s.logLevel, "log-level", "info", "debug, `info`, warn or error")
	flags.StringVar(&s.logFormat, "log-format", "text", "`text` or json")
}

// complete fills in what does not come from flags.
func (s *settings) complete(stderr io.Writer) error {
	logger, err := newLogger(stderr, s.logLevel, s.logFormat)
	if err != nil {
		return err
	}
	s.config.Logger = logger
	s.config.Version = programVersion()
	s.config.APIKey = taskyard.Hide(os.Getenv(variableAPIKey))
	s.config.SealKey = taskyard.Hide(os.Getenv(variableSealKey))
	s.config.OperatorToken = taskyard.Hide(os.Getenv(variableToken))
	return nil
}

func newLogger(w io.Writer, level, format string) (*slog.Logger, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		return nil, usageError{fmt.Errorf("--log-level is %q; it is debug, info, warn or error", level)}
	}
	opts := &slog.HandlerOptions{Level: l}
	switch format {
	case "text":
		return slog.New(slog.NewTextHandler(w, opts)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(w, opts)), nil
	}
	return nil, usageError{fmt.Errorf("--log-format is %q; it is text or json", format)}
}

// ServeFlags are the flags of taskyard serve, for the documents to be compared with.
func ServeFlags() *pflag.FlagSet { return newServe().Flags() }
