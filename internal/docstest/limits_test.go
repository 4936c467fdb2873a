package docstest

import (
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/taskyard/taskyard/internal/cli"
)

const (
	limitsDocument = "docs/operations.md"
	limitsHead     = "| What | Value | Why | In the code |"
)

// limitedPackages are those all of whose numbers are in the table, or below.
var limitedPackages = []string{
	".", "parallel", "internal/access", "internal/app", "internal/cli", "internal/dispatch", "internal/httpapi", "internal/limit", "internal/live",
	"internal/runner", "internal/seal", "internal/signin", "internal/store", "internal/webui",
}

// noLimits are the numbers that nobody meets who runs Taskyard or uses it, with the reason of each.
var noLimits = map[string]string{
	"cli.exitOK":               "an exit code",
	"cli.exitError":            "an exit code",
	"cli.exitUsage":            "an exit code",
	"httpapi.frameChunk":       "how a stream is written in parts",
	"cli.commitLength":         "how a commit is shown",
	"httpapi.cursorVersion":    "the form of a cursor",
	"httpapi.cursorLength":     "the form of a cursor",
	"httpapi.detailEvents":     "how an answer is read from the log in parts; the answer is whole",
	"httpapi.detailBytes":      "how an answer is read from the log in parts; the answer is whole",
	"httpapi.idLength":         "the form of an id",
	"live.pageEvents":          "how a log is read in parts; a stream brings all of it",
	"live.pageBytes":           "how a log is read in parts; a stream brings all of it",
	"parallel.maxEmptyReads":   "a guard against a broken reader",
	"app.maxRunLine":           "above the longest line that the simulator writes",
	"dispatch.tidyEvery":       "how often what nobody needs is removed",
	"live.maxName":             "how messages between nodes are read",
	"live.maxPayload":          "PostgreSQL's own bound of a message",
	"live.maxPeers":            "how memory is bounded; more nodes are heard all the same",
	"live.maxTold":             "how memory is bounded; who would have heard looks for itself",
	"store.columnCompletedAt":  "a column's number",
	"store.columnHasResult":    "a column's number",
	"store.journalConnections": "how the connections are shared out",
	"store.migrationLock":      "a lock's name",
	"store.oldestServer":       "a version",
	"parallel.maxHead":         "how much of a line names its field",
	"parallel.maxRetryAfter":   "the runner's own bound is far below",
	"parallel.readBufferSize":  "how a stream is read; events may be larger",
	"runner.paceLife":          "when memory is tidied up; a pace that is forgotten is at rest",
	"seal.pseudonymSize":       "the form of a pseudonym",
	"seal.headSize":            "the form of a sealed secret",
	"seal.idSize":              "the form of a sealed secret",
	"seal.nonceSize":           "the form of a sealed secret",
	"seal.versionDirect":       "the form of a sealed secret",
	"seal.versionEnvelope":     "the form of a sealed secret",
	"seal.wrappedSize":         "the form of a sealed secret",
	"store.vaultLock":          "a lock's name",
	"store.shareLock":          "a lock's name",
	"store.templateLock":       "a lock's name",
	"store.applicationID":      "a mark of the file",
	"store.deleteEvents":       "how a deletion is done in parts; the task is gone with the first",
	"store.eventSize":          "how memory is estimated",
	"store.keyLength":          "the API's own bound is below",
	"store.keySweep":           "how expired keys are cleared away",
	"store.listBranches":       "how a list is read; the list is the same",
	"store.listValues":         "the API's own bound is below",
	"store.pageSize":           "SQLite's, named to compute with",
	"store.writeSize":          "how memory is estimated",
	"webui.eventBytes":         "how a log is read in parts; a page shows all of its events",
}

// limit is one row of the table.
type limit struct {
	what, why string
	value     amount
	names     []string // of what has this value in the code
}

// quoted finds what stands in code.
var quoted = regexp.MustCompile("`([^`]+)`")

// limits reads the table. Rows with a name and nothing else are headings within it.
func limits(t *testing.T) []limit {
	t.Helper()
	var all []limit
	for _, cells := range rows(t, readDocument(t, limitsDocument), limitsHead) {
		if len(cells) != 4 {
			t.Errorf("a row has %d cells: %q", len(cells), cells)
			continue
		}
		if strings.HasPrefix(cells[0], "**") && strings.Join(cells[1:], "") == "" {
			continue
		}
		value, err := parseAmount(cells[1])
		if err != nil {
			t.Errorf("the row %q: %v", cells[0], err)
			continue
		}
		row := limit{what: cells[0], why: cells[2], value: value}
		for _, match := range quoted.FindAllStringSubmatch(cells[3], -1) {
			row.names = append(row.names, match[1])
		}
		if row.what == "" || row.why == "" || len(row.names) == 0 {
			t.Errorf("the row %q lacks a cell", cells)
		}
		all = append(all, row)
	}
	return all
}

// Retries, timeouts and limits are what the table says.
func TestLimitsAreWhatTheCodeHas(t *testing.T) {
	code := newSource()
	listed := make(map[string]bool)
	for _, row := range limits(t) {
		for _, name := range row.names {
			if listed[name] {
				t.Errorf("%s has two rows for `%s`", limitsDocument, name)
			}
			listed[name] = true
			switch is, err := valueOf(code, name); {
			case err != nil:
				t.Errorf("%s names `%s` (%s), which the code does not have: %v", limitsDocument, name, row.what, err)
			case !is.equals(row.value):
				t.Errorf("%s says that `%s` (%s) is %s, and the code that it is %s", limitsDocument, name, row.what, row.value, is)
			}
		}
	}
}

// Whoever adds a limit to the code is told which row to add to the table.
func TestEveryLimitOfTheCodeIsInTheTable(t *testing.T) {
	code := newSource()
	found, err := code.numbers(limitedPackages...)
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(found, flagNumbers())
	listed := make(map[string]bool)
	for _, row := range limits(t) {
		for _, name := range row.names {
			listed[name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		if why, exempt := noLimits[name]; exempt {
			if listed[name] || why == "" {
				t.Errorf("`%s` is in the table or has no reason; remove it from noLimits", name)
			}
			continue
		}
		if !listed[name] {
			t.Errorf("%s lacks a row for `%s` = %s", limitsDocument, name, found[name])
		}
	}
	for name := range noLimits {
		if _, there := found[name]; !there {
			t.Errorf("noLimits has %s, which the code does not", name)
		}
	}
}

// valueOf is the value of a name of the table: a flag's default, or a number of the code.
func valueOf(code *source, name string) (amount, error) {
	if flag, isFlag := strings.CutPrefix(name, "--"); isFlag {
		if f := cli.ServeFlags().Lookup(flag); f != nil {
			return goAmount(f.DefValue)
		}
	}
	return code.number(name)
}

// flagNumbers are the defaults of the flags that bound something. A seed bounds nothing.
func flagNumbers() map[string]amount {
	all := make(map[string]amount)
	cli.ServeFlags().VisitAll(func(f *pflag.Flag) {
		if value, err := goAmount(f.DefValue); err == nil && f.Value.Type() != "uint64" {
			all["--"+f.Name] = value
		}
	})
	return all
}

// The bounds of a flag, too, are what the command says.
func TestSettingsTableHasTheBoundsOfFlags(t *testing.T) {
	bounds := regexp.MustCompile(`it is from (\d+) to (\d+)`)
	nowhere := filepath.Join(t.TempDir(), "missing", "t.db") // so that it does not start, should it take the value
	for _, row := range rows(t, readDocument(t, limitsDocument), "| Flag | Variable | Default | Meaning |") {
		flag := strings.Trim(row[0], "`")
		if f := cli.ServeFlags().Lookup(strings.TrimPrefix(flag, "--")); f == nil || !strings.HasPrefix(f.Value.Type(), "int") {
			continue
		}
		said := new(strings.Builder)
		cli.Run([]string{"serve", flag, "-1", "--database", nowhere}, said, said)
		match := bounds.FindStringSubmatch(said.String())
		if len(match) != 3 || !strings.Contains(row[3], match[1]+" to "+match[2]) {
			t.Errorf("the row of %s does not have the bounds that the command tells: %s", flag, said)
		}
	}
}
