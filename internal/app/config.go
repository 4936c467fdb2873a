package app

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/access"
	"github.com/taskyard/taskyard/internal/limit"
	"github.com/taskyard/taskyard/internal/store"
)

// Names of the upstreams; each task keeps the one that it runs on.
const (
	upstreamParallel  = "parallel"
	upstreamSimulator = "simulator"
)

// Config is what a server is started with. The command line fills it from flags and the environment. It is not printed, as
// the address of a database may hold a password.
type Config struct {
	taskyard.Unprintable

	Addr       string   // host:port to listen on; loopback only
	AllowHosts []string // further names by which browsers may reach it, behind a proxy
	PublicURL  string   // by which browsers reach it; "" is http and the address that they use

	SignIn            string          // provider of "sign in with Parallel": an address, "simulator", "none"; "" is none
	Access            string          // "none", "token" or "open"; "" is none
	OperatorToken     taskyard.Hidden // administers; zero is none
	DefaultVisibility string          // of tasks that do not say: "public" or "private"
	TrustedProxies    []string        // addresses and prefixes whose X-Forwarded-For is believed
	VisitorLimits     string          // of one address without a token, such as "pace=20"; what is not named stays at its default
	TokenLimits       string          // of one token

	Database    string          // path of the SQLite file, or address of a PostgreSQL database that many nodes share
	Connections int             // to PostgreSQL, for the store; 0 is the store's default
	Synchronous string          // "normal" survives the death of the process, "full" the loss of power
	SealKey     taskyard.Hidden // keys in base64, separated by commas, the first seals; zero uses SealKeyFile
	SealKeyFile string          // "" is the database's path with ".key"
	// ReplaceSealKey lets a node start with another key than the nodes before; what they sealed is lost.
	ReplaceSealKey bool

	Upstream string          // base URL of the API
	APIKey   taskyard.Hidden // the server's own key; zero if none
	// CreatesPerMinute is how many tasks one API key may send to it in a minute; 0 is without a limit.
	CreatesPerMinute int
	// ConfirmAbove is the price in dollars above which the page asks before it submits; 0 never asks.
	ConfirmAbove float64

	Simulator         bool    // offer the simulator as a second upstream
	SimulatorFirst    bool    // and make it the default
	SimulatorScale    float64 // simulated seconds per second
	SimulatorSeed     uint64
	SimulatorScenario string

	LowDisk      int64         // MiB free below which every page says so; 0 says nothing
	DrainTimeout time.Duration // bound of a graceful end
	MaxBody      int64         // bytes of a request body
	Dev          bool          // read templates and assets from the source tree at every request
	Version      string
	Logger       *slog.Logger
}

// check returns what is wrong with a configuration, in words for whoever wrote it.
func (c *Config) check() error {
	if err := c.checkAccess(); err != nil {
		return err
	}
	if c.Synchronous != "normal" && c.Synchronous != "full" {
		return fmt.Errorf("--synchronous is %q; it is either normal or full", c.Synchronous)
	}
	if err := c.checkDatabase(); err != nil {
		return err
	}
	u, err := url.Parse(c.Upstream)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return fmt.Errorf("--upstream is %q; it is an address such as https://api.parallel.ai", c.Upstream)
	}
	if c.CreatesPerMinute != 0 && (c.CreatesPerMinute < 10 || c.CreatesPerMinute > 1_000_000) {
		return fmt.Errorf("--creates-per-minute is %d; it is from 10 to 1000000, or 0 for no limit", c.CreatesPerMinute)
	}
	if !(c.ConfirmAbove >= 0 && c.ConfirmAbove <= 1_000_000) {
		return fmt.Errorf("--confirm-above is %g; it is a price in dollars, or 0 to ask never", c.ConfirmAbove)
	}
	if c.LowDisk < 0 || c.LowDisk > 1<<30 {
		return fmt.Errorf("--low-disk is %d; it is from 1 to %d MiB, or 0 to say nothing", c.LowDisk, 1<<30)
	}
	if c.DrainTimeout <= 0 {
		return fmt.Errorf("--drain-timeout is %s; it must be more than 0", c.DrainTimeout)
	}
	if c.MaxBody < 1<<10 || c.MaxBody > 64<<20 {
		return fmt.Errorf("--max-body is %d; it is from 1024 to %d bytes", c.MaxBody, 64<<20)
	}
	return nil
}

// checkDatabase sees that a database that nodes share comes with what they must share besides.
func (c *Config) checkDatabase() error {
	if c.Connections != 0 && (c.Connections < store.FewestConnections || c.Connections > store.MostConnections) {
		return fmt.Errorf("--database-connections is %d; it is from %d to %d", c.Connections, store.FewestConnections, store.MostConnections)
	}
	if !c.clustered() {
		return nil
	}
	if c.SealKey.IsZero() && c.SealKeyFile == "" {
		return errNoSealKey
	}
	return nil
}

var errNoSealKey = errors.New("all nodes of a PostgreSQL database need the same seal key: set TASKYARD_SEAL_KEY (made by: head -c 32 /dev/urandom | base64), or give --seal-key-file")

// clustered reports whether this is one of many nodes over one PostgreSQL database.
func (c *Config) clustered() bool { return store.IsPostgres(c.Database) }

// checkAccess refuses addresses that other machines reach where nobody is asked who they are: whoever reaches such a
// server sees every task and spends the server's own key.
func (c *Config) checkAccess() error {
	loopback, err := isLoopback(c.Addr)
	if err != nil {
		return err
	}
	if !loopback && c.asksNobody() {
		return fmt.Errorf("--addr is %q, which others may reach: say who is let in, by --access token or --access open (docs/operations.md), or listen on 127.0.0.1", c.Addr)
	}
	if access.Mode(c.Access) == access.ModeOpen && !c.APIKey.IsZero() {
		return errors.New("with --access open everybody would spend the server's own key: unset PARALLEL_API_KEY, or use --access token")
	}
	if _, err := limit.ParseProxies(c.TrustedProxies); err != nil {
		return fmt.Errorf("--trusted-proxy is an address, or a prefix such as 10.0.0.0/8: %w", err)
	}
	if _, err := defaultVisitor.Parse(c.VisitorLimits); err != nil {
		return fmt.Errorf("--visitor-limits: %w", err)
	}
	if _, err := defaultToken.Parse(c.TokenLimits); err != nil {
		return fmt.Errorf("--token-limits: %w", err)
	}
	if _, err := taskyard.ParseVisibility(c.DefaultVisibility); c.DefaultVisibility != "" && err != nil {
		return fmt.Errorf("--default-visibility is %q; it is public or private", c.DefaultVisibility)
	}
	if u, err := url.Parse(c.SignIn); c.SignIn != "" && c.SignIn != "none" && c.SignIn != signInSimulated && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http") {
		return fmt.Errorf("--sign-in is %q; it is an address such as https://platform.parallel.ai, simulator or none", c.SignIn)
	}
	if c.PublicURL == "" {
		return nil
	}
	u, err := url.Parse(c.PublicURL)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.User != nil {
		return fmt.Errorf("--public-url is %q; it is an address without a path, such as https://tasks.example.com", c.PublicURL)
	}
	return nil
}

// exposure is something that others could read, and what helps.
type exposure struct{ what, help string }

// exposed is what others may read on its way. It is no error: the network in between may be the operator's own.
func (c *Config) exposed() []exposure {
	var list []exposure
	if !c.asksNobody() && !c.secure() {
		list = append(list, exposure{"tokens and cookies", "put TLS before this server, and give its https address by --public-url"})
	}
	if access.Mode(c.Access) == access.ModeOpen && len(c.hosts()) == 0 {
		list = append(list, exposure{"lists, as the server answers to any name, also to that of a page which points it here", "give its address by --public-url"})
	}
	if u, err := url.Parse(c.Upstream); err == nil && u.Scheme == "http" && !isLocalName(u.Host) {
		list = append(list, exposure{"API keys and inputs", "give --upstream an https address"})
	}
	if store.InClear(c.Database) {
		list = append(list, exposure{"what goes to PostgreSQL", "end its address with sslmode=verify-full"})
	}
	return list
}

// asksNobody reports whether nobody has to say who they are.
func (c *Config) asksNobody() bool { return c.Access == "" || access.Mode(c.Access) == access.ModeNone }

// secure reports whether browsers come by https.
func (c *Config) secure() bool {
	u, err := url.Parse(c.PublicURL)
	return err == nil && u.Scheme == "https" // which Parse writes in small letters
}

// isLoopback reports whether only this machine reaches an address to listen on.
func isLoopback(addr string) (bool, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return false, fmt.Errorf("--addr is %q; it is host:port, such as 127.0.0.1:8080", addr)
	}
	if n, err := net.LookupPort("tcp", port); err != nil || n < 0 {
		return false, fmt.Errorf("--addr is %q; its port is a number from 0 to 65535", addr)
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback(), nil
}

// hosts are the names by which browsers may reach the server besides those of its own machine; nil is any.
func (c *Config) hosts() []string {
	names := slices.Clone(c.AllowHosts)
	if u, err := url.Parse(c.PublicURL); err == nil && u.Host != "" {
		names = append(names, strings.ToLower(u.Hostname()))
	}
	return names
}

// sealKeyFile is where the seal key is kept unless told otherwise: beside the database, as one is of no use
// without the other.
func (c *Config) sealKeyFile() string {
	if c.SealKeyFile != "" {
		return c.SealKeyFile
	}
	return c.Database + ".key"
}

// simulatorState is where the simulator remembers its runs, so that they go on after a restart.
func (c *Config) simulatorState() string {
	return filepath.Clean(c.Database) + ".simulator"
}
