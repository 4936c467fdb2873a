//go:build attack

package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// bound is what one request may cost at most, and what comes of it.
var bound = most{memory: 300, cpu: 10 * time.Second}

// Bodies that are small and mean much, or are much, are refused or taken at a small price.
func TestAttackBombs(t *testing.T) {
	t.Parallel()
	g := aim(t, "open")
	const asForm, asJSON, mib = "application/x-www-form-urlencoded", "application/json", 1 << 20
	numbered := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	create := func(rest string) string {
		return `{"upstream":"simulator","processor":"lite","input":"x",` + rest + `}`
	}
	for name, bomb := range map[string]struct {
		path, kind, body string
		good             bool // it is an ordinary request, but for its size
	}{
		"a deep nest":                  {"/api/tasks", asJSON, `{"input":` + strings.Repeat("[", mib/2-100) + strings.Repeat("]", mib/2-100) + "}", false},
		"a nest that is not closed":    {"/api/tasks", asJSON, `{"input":` + strings.Repeat(`{"a":`, mib/5-100), false},
		"a nest of 65":                 {"/api/tasks", asJSON, create(`"metadata":` + strings.Repeat(`{"a":`, 65) + "1" + strings.Repeat("}", 65)), false},
		"a body too large":             {"/api/tasks", asJSON, create(`"title":"` + strings.Repeat("x", 2*mib) + `"`), false},
		"a name given twice":           {"/api/tasks", asJSON, `{"upstream":"simulator","processor":"lite","input":"x","input":"y"}`, false},
		"a name in two spellings":      {"/api/tasks", asJSON, create(`"apiKey":"a","api_key":"b"`), false},
		"a name by an escape":          {"/api/tasks", asJSON, create(`"inp\u0075t":"y"`), false},
		"many lists":                   {"/api/tasks", asJSON, `{"processor":"lite","input":[` + strings.Repeat("[],", mib/3-100) + "[]]}", false},
		"many members":                 {"/api/tasks", asJSON, create(`"metadata":{` + numbered(70_000, `"%d":0,`) + `"a":1}`), true},
		"a number of a million digits": {"/api/tasks", asJSON, create(`"metadata":{"a":` + strings.Repeat("9", mib-1000) + "}"), true},
		"a number without end":         {"/api/tasks", asJSON, create(`"metadata":{"a":1e999999999}`), true},
		"two values":                   {"/api/tasks", asJSON, create(`"a":1`) + create(`"a":1`), false},
		"no UTF-8":                     {"/api/tasks", asJSON, create(`"title":"` + "\xff\xfe" + `"`), false},
		"UTF-16":                       {"/api/tasks", asJSON + "; charset=utf-16", create(`"a":1`), false},
		"XML":                          {"/api/tasks", "application/xml", `<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>`, false},
		"a form for JSON":              {"/api/tasks", asForm, create(`"a":1`), false},
		"JSON for a form":              {"/tasks", asJSON, create(`"a":1`), false},
		"a million fields":             {"/tasks", asForm, strings.Repeat("a&", 2*mib-100), false},
		"fields of their own":          {"/tasks", asForm, numbered(300_000, "a%d=&"), false},
		"a form too large":             {"/tasks", asForm, "input=" + strings.Repeat("x", 5*mib), false},
		"many parts":                   {"/tasks", "multipart/form-data; boundary=b", numbered(50_000, "--b\r\nContent-Disposition: form-data; name=a%d\r\n\r\n\r\n") + "--b--\r\n", false},
		"many headers of a part":       {"/tasks", "multipart/form-data; boundary=b", "--b\r\n" + numbered(300_000, "X%d: a\r\n") + "\r\n\r\n--b--\r\n", false},
		"many files":                   {"/tasks", "multipart/form-data; boundary=b", numbered(30_000, "--b\r\nContent-Disposition: form-data; name=f; filename=a%d\r\n\r\nx\r\n") + "--b--\r\n", false},
		"a deep request by hand":       {"/preview", asForm, "by_hand=1&upstream=simulator&body=" + strings.Repeat("[", mib), true},
		"a deep schema":                {"/lint", asForm, form("upstream", "simulator", "processor", "lite", "input", "x", "output", "json", "schema", strings.Repeat(`{"items":`, 100_000)), true},
		"many ids":                     {"/tasks/selected", asForm, "action=export&" + strings.Repeat("id=a&", mib/2), false},
		"many repairs":                 {"/api/lint", asJSON, create(`"task_spec":{"output_schema":{"type":"json","json_schema":{"type":"object","properties":{` + numbered(8_000, `"p%d":{"type":"string","pattern":"^(a{1000})$","minLength":1},`) + `"z":{}}}}}`), true},
	} {
		g.costs(name, bound, func() {
			a := g.call("POST", bomb.path, bomb.body, "Content-Type", bomb.kind)
			if !bomb.good && (a.status < 400 || a.status >= 500) || a.status >= 500 {
				t.Errorf("%s: %d %.200s", name, a.status, a.body)
			}
		})
	}
	packed := zeros(256 << 20)
	for name, headers := range map[string][]string{
		"what is packed": {"Content-Encoding", "gzip"}, "what is packed twice": {"Content-Encoding", "gzip, gzip"}, "what is packed otherwise": {"Content-Encoding", "br"}, "what is said to be packed": {"Content-Encoding", "identity, gzip"},
	} {
		for _, path := range []string{"/api/tasks", "/tasks", "/api/lint", "/api/tasks/import"} {
			g.costs(name+" to "+path, bound, func() {
				if a := g.call("POST", path, packed, append(headers, "Content-Type", "application/json")...); a.status < 400 || a.status >= 500 {
					t.Errorf("%s to %s: %d", name, path, a.status)
				}
			})
		}
	}
	g.lives("the bombs")
}

// zeros is so many of them, packed.
func zeros(n int) string {
	var b bytes.Buffer
	packed := gzip.NewWriter(&b)
	block := make([]byte, 1<<20)
	for range n / len(block) {
		_, _ = packed.Write(block) // a buffer takes all
	}
	_ = packed.Close()
	return b.String()
}

// Schemas of a few hundred bytes that ask for more than the world holds cost the simulator no more than others.
func TestAttackSchemas(t *testing.T) {
	t.Parallel()
	g := aim(t, "open")
	chain := func(keyword string) string {
		var b strings.Builder
		for i := range 40 {
			next := fmt.Sprintf(`{"$ref":"#/$defs/l%d"}`, i+1)
			body := fmt.Sprintf(`%q:[%s,%s]`, keyword, next, next)
			if keyword == "properties" {
				body = fmt.Sprintf(`"properties":{"l":%s,"r":%s},"required":["l","r"]`, next, next)
			}
			fmt.Fprintf(&b, `"l%d":{%s},`, i, body)
		}
		return `"properties":{"v":{"$ref":"#/$defs/l0"}},"required":["v"],"$defs":{` + b.String() + `"l40":{"type":"object","properties":{"x":{"type":"string"}}}}`
	}
	list := func(item string) string {
		return `"properties":{"v":{"type":"array","minItems":1000,"items":{"type":"array","minItems":1000,"items":` + item + `}}},"required":["v"]`
	}
	for name, schema := range map[string]string{
		"each joins the next twice":   chain("allOf"),
		"each chooses the next twice": chain("anyOf"),
		"each has the next twice":     chain("properties"),
		"itself":                      `"properties":{"v":{"$ref":"#"}},"required":["v"]`,
		"a million texts":             list(`{"type":"string","minLength":10000}`),
		"a million constants":         list(`{"const":"` + strings.Repeat("x", 10_000) + `"}`),
		"a pattern of a million":      `"properties":{"v":{"type":"string","pattern":"^((a{50}){20}){20}$"}},"required":["v"]`,
		"many large patterns":         `"patternProperties":{"^(a{999})$":{"type":"string","pattern":"^(b|c{999})+$"}},"minProperties":100000`,
		"unlike items":                `"properties":{"v":{"type":"array","minItems":1000,"uniqueItems":true,"items":{"type":"object","properties":{"a":{"type":"boolean"}}}}},"required":["v"]`,
	} {
		g.costs(name, most{memory: 400, cpu: 20 * time.Second}, func() {
			id := g.task(`"input":"x","task_spec":{"output_schema":{"type":"json","json_schema":{"type":"object",` + schema + `}}}`)
			g.ended(id)
			for _, path := range []string{"/tasks/" + id, "/task/" + id, "/?from=" + id, "/tasks/" + id + "/table.csv"} {
				if a := g.call("GET", path, ""); a.status >= 500 {
					t.Errorf("%s: %s is %d", name, path, a.status)
				}
			}
		})
	}
	g.lives("the schemas")
}

// What is searched for is a text, and costs what a search costs.
func TestAttackSearches(t *testing.T) {
	t.Parallel()
	g := aim(t, "open")
	text := strings.Repeat("a", 20_000)
	for range 20 {
		g.ended(g.task(fmt.Sprintf(`"input":%q`, text)))
	}
	g.costs("searches", most{memory: 300, cpu: 20 * time.Second}, func() {
		for _, needle := range []string{strings.Repeat("%a", 100), strings.Repeat("_", 200), strings.Repeat("a%", 99) + "b", `\`, `'`, `"`, `') OR 1=1 --`, `*`, `a OR b`, `NEAR(a b)`, "\x00", "\xff", strings.Repeat("ﷺ", 200), strings.Repeat("x", 5000), "[a-z]*", "%"} {
			for _, path := range []string{"/tasks?", "/api/tasks?"} {
				for _, name := range []string{"q", "tag", "meta", "status", "processor", "upstream", "mode", "cursor", "since", "from", "limit"} {
					if a := g.call("GET", path+form(name, needle), ""); a.status >= 500 {
						t.Errorf("%s for %.20q: %d", path+name, needle, a.status)
					}
				}
			}
		}
	})
	for _, path := range []string{"/tasks?q=a%25a", "/api/tasks?q=a%25a", "/api/tasks?q=a_a"} {
		if a := g.call("GET", path, ""); a.status != http.StatusOK || strings.Contains(a.body, `aaaaaaaa`) {
			t.Errorf("%s finds what it does not name: %d", path, a.status)
		}
	}
}
