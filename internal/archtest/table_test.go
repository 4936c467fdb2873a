package archtest

// layer is how far from the outside a package is.
type layer string

// The layers, and which of them each may import. Arrows run one way, and adapters do not know each other: what
// they share is the domain, and only app connects them.
const (
	domain    layer = "domain"    // what everything is about
	client    layer = "client"    // Parallel's API
	simulator layer = "simulator" // a stand-in for it
	wording   layer = "wording"   // the domain in plain words, for the adapters that people read
	adapter   layer = "adapter"   // the domain on something outside: a database, HTTP, a queue, a page
	testkit   layer = "testkit"   // laws and fixtures for tests; no layer may import it
	wiring    layer = "wiring"
	terminal  layer = "terminal"
	command   layer = "command"
	harness   layer = "harness" // knows the program from outside, by its flags and its API
)

var mayImport = map[layer][]layer{
	domain:    nil,
	client:    nil,
	simulator: {client, simulator}, // its own parts
	wording:   {domain, client},
	adapter:   {domain, client, wording},
	testkit:   {domain},
	wiring:    {domain, client, simulator, adapter},
	terminal:  {domain, client, simulator, wiring},
	command:   {terminal},
	harness:   {client, simulator, testkit},
}

// rule is what the files of a package, its tests aside, import besides the standard library: exactly this.
type rule struct {
	layer   layer
	own     []string // packages of this module by their folder; "." is the root
	modules []string // other modules
}

// packages is every package of this module by its folder.
var packages = map[string]rule{
	".": {layer: domain},

	"parallel":        {layer: client},
	"internal/schema": {layer: client},

	"parallel/sandbox":                   {layer: simulator, own: []string{"internal/schema", "parallel", "parallel/sandbox/internal/fiction", "parallel/sandbox/internal/provider"}},
	"parallel/sandbox/internal/fiction":  {layer: simulator, own: []string{"internal/schema"}},
	"parallel/sandbox/internal/provider": {layer: simulator},

	"internal/access": {layer: adapter, own: []string{"."}, modules: []string{"golang.org/x/crypto"}},
	"internal/dispatch": {layer: adapter, own: []string{"."}, modules: []string{
		"github.com/jackc/pgx/v5", "github.com/riverqueue/river", "github.com/riverqueue/river/riverdriver",
		"github.com/riverqueue/river/riverdriver/riverdatabasesql", "github.com/riverqueue/river/riverdriver/riversqlite", "github.com/riverqueue/river/rivertype",
	}},
	"internal/httpapi": {layer: adapter, own: []string{".", "internal/lint", "internal/wording", "parallel"}},
	"internal/limit":   {layer: adapter, own: []string{"."}, modules: []string{"github.com/hashicorp/golang-lru/v2", "golang.org/x/time"}},
	"internal/live":    {layer: adapter, own: []string{"."}, modules: []string{"github.com/jackc/pgx/v5"}},
	"internal/runner":  {layer: adapter, own: []string{".", "parallel"}, modules: []string{"golang.org/x/time"}},
	"internal/seal":    {layer: adapter, own: []string{"."}, modules: []string{"golang.org/x/crypto"}},
	"internal/signin":  {layer: adapter, own: []string{"."}, modules: []string{"golang.org/x/oauth2"}},
	"internal/store": {layer: adapter, own: []string{"."}, modules: []string{
		"github.com/jackc/pgx/v5", "github.com/pressly/goose/v3", "golang.org/x/text", "modernc.org/sqlite",
	}},
	"internal/webui/gallery": {layer: adapter, own: []string{"."}},
	"internal/webui": {layer: adapter, own: []string{".", "internal/lint", "internal/snippet", "internal/wording", "parallel"}, modules: []string{
		"github.com/microcosm-cc/bluemonday", "github.com/sergi/go-diff", "github.com/yuin/goldmark",
	}},

	"internal/lint":    {layer: wording, own: []string{"internal/schema", "parallel"}},
	"internal/snippet": {layer: wording, own: []string{".", "parallel"}},
	"internal/wording": {layer: wording, own: []string{"."}},

	"internal/origintest":      {layer: testkit},
	"internal/pgtest":          {layer: testkit, modules: []string{"github.com/jackc/pgx/v5"}},
	"internal/store/storetest": {layer: testkit, own: []string{"."}},

	"internal/app": {layer: wiring, own: []string{
		".", "internal/access", "internal/dispatch", "internal/httpapi", "internal/limit", "internal/live", "internal/runner", "internal/seal", "internal/signin", "internal/store", "internal/webui", "internal/webui/gallery",
		"parallel", "parallel/sandbox",
	}, modules: []string{"github.com/jackc/pgx/v5"}},
	"internal/cli": {layer: terminal, own: []string{".", "internal/app", "parallel", "parallel/sandbox"}, modules: []string{
		"github.com/spf13/cobra", "github.com/spf13/pflag",
	}},
	"cmd/taskyard": {layer: command, own: []string{"internal/cli"}},

	"internal/release": {layer: harness},
	"internal/chaos":   {layer: harness, own: []string{"internal/pgtest", "parallel", "parallel/sandbox"}, modules: []string{"github.com/jackc/pgx/v5", "modernc.org/sqlite"}},
	"bench": {layer: harness, own: []string{"internal/pgtest", "internal/store/storetest", "parallel", "parallel/sandbox"}, modules: []string{
		"github.com/chromedp/cdproto", "github.com/chromedp/chromedp", "github.com/jackc/pgx/v5", "modernc.org/sqlite",
	}},
}
