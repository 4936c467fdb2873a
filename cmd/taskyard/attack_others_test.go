//go:build attack

package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// question is one that can be asked of a task; {id} stands for its id, {run} for the name of its run.
type question struct{ method, path, body string }

// questions are all that can be asked of one task, by whatever way.
var questions = []question{
	{"GET", "/tasks/{id}", ""}, {"HEAD", "/tasks/{id}", ""}, {"GET", "/tasks/{id}.html", ""}, {"GET", "/tasks/{id}.md", ""}, {"GET", "/tasks/{id}.csv", ""}, {"GET", "/tasks/{id}.json", ""},
	{"GET", "/tasks/{id}.ndjson", ""}, {"GET", "/tasks/{id}?part=live", ""}, {"GET", "/tasks/{id}?replay=1", ""}, {"GET", "/tasks/{id}?at=1", ""}, {"GET", "/tasks/{id}/result.json", ""}, {"GET", "/tasks/{id}/report.md", ""},
	{"GET", "/tasks/{id}/table.csv", ""}, {"GET", "/tasks/{id}/recording", ""}, {"GET", "/tasks/{id}/raw", ""}, {"GET", "/tasks/{id}/events/1", ""},
	{"GET", "/task/{id}", ""}, {"HEAD", "/task/{id}", ""}, {"GET", "/api/tasks/{id}", ""}, {"HEAD", "/api/tasks/{id}", ""}, {"GET", "/api/tasks/{id}/events", ""}, {"HEAD", "/api/tasks/{id}/events", ""}, {"GET", "/api/tasks/{id}/events?after=1", ""},
	{"GET", "/compare?id={id}", ""}, {"GET", "/compare?id={id}&id={id}", ""}, {"GET", "/?from={id}", ""}, {"GET", "/?follow={id}", ""}, {"GET", "/?from={id}&processor=lite", ""},
	{"PATCH", "/api/tasks/{id}", `{"title":"mine"}`}, {"PATCH", "/api/tasks/{id}", `{"visibility":"public"}`}, {"DELETE", "/api/tasks/{id}", ""},
	{"POST", "/api/tasks/{id}/cancel", ""}, {"POST", "/api/tasks/{id}/submit-again", ""},
	{"POST", "/tasks/{id}/cancel", "x=1"}, {"POST", "/tasks/{id}/submit-again", "x=1"}, {"POST", "/tasks/{id}/template", "name=n"}, {"POST", "/tasks/{id}/name", "title=mine"},
	{"POST", "/tasks/{id}/visibility", "visibility=public"}, {"POST", "/tasks/{id}/again", "token=t"}, {"POST", "/tasks/{id}/delete", "confirm=yes"}, {"POST", "/tasks/{id}/share", "part=result&days=1"}, {"POST", "/tasks/{id}/break", "what=cut"},
	{"POST", "/tasks/selected", "action=export&id={id}"}, {"POST", "/tasks/selected", "action=delete&id={id}"}, {"POST", "/tasks/selected", "action=delete&confirm=yes&id={id}"},
	{"POST", "/api/tasks", `{"upstream":"simulator","processor":"lite","input":"more","previous_interaction_id":"{run}"}`}, {"POST", "/api/tasks/import", `{"upstream":"simulator","runId":"{run}"}`},
	{"POST", "/tasks/import", "run={run}&upstream=simulator"}, {"POST", "/tasks", "upstream=simulator&processor=lite&input=x&token=q&extra=" + `{"previous_interaction_id":"{run}"}`},
}

// varying is what differs between two answers to the same question.
var varying = regexp.MustCompile(`"requestId":"[^"]*"|name="token" value="[^"]*"|data-read="\d+"|\d{4}-\d\d-\d\d[T-][\d:.-]+Z?`)

// told is all that an answer tells, but for the task that was asked for.
func told(a reply, names ...string) string {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(a.header)) {
		if name != "Date" && name != "X-Request-Id" && name != "Set-Cookie" {
			lines = append(lines, fmt.Sprintf("%s: %s", name, a.header[name]))
		}
	}
	text := fmt.Sprintf("%d\n%s\n%s", a.status, strings.Join(lines, "\n"), a.body)
	for _, name := range names {
		text = strings.ReplaceAll(text, name, "…")
	}
	return varying.ReplaceAllString(text, "…")
}

// Whoever may not read a task cannot tell it from one that is not there, and changes nothing of it, whatever they ask.
func TestAttackWhatIsSomebodyElses(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"token", "open"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			g := aim(t, mode)
			owner := bearer(g.token("owner", "run"))
			others := map[string][]string{
				"somebody who runs": bearer(g.token("other", "run")), "somebody who looks": bearer(g.token("viewer", "view")), "nobody": nil,
				"a visitor": {"Cookie", "taskyard_visitor=" + strings.Repeat("v", 26)}, "a forger": {"Cookie", "taskyard_session=" + strings.Repeat("s", 26)},
			}
			for who, headers := range others {
				hidden := g.task(`"input":"hidden-m4rk","visibility":"private"`, owner...)
				run := g.ended(hidden, owner...).RunID
				before := g.call("GET", "/task/"+hidden, "", owner...).body
				absent, absentRun := strings.Repeat("a", len(hidden)), "trun_"+strings.Repeat("0", len(run)-len("trun_"))
				for _, q := range questions {
					ask := func(id, run string) reply {
						in := strings.NewReplacer("{id}", id, "{run}", run)
						return g.call(q.method, in.Replace(q.path), in.Replace(q.body), headers...)
					}
					a, b := ask(hidden, run), ask(absent, absentRun)
					if strings.Contains(a.body, "hidden-m4rk") {
						t.Errorf("%s: %s %s tells: %d %.300s", who, q.method, q.path, a.status, a.body)
					}
					// Whoever knows the name of a run, which nobody can guess, may hear that there is one.
					if byRun := strings.Contains(q.body, "{run}"); byRun && a.status != http.StatusNotFound && a.status < 400 {
						t.Errorf("%s comes by a run to what is hidden: %s %s: %d", who, q.method, q.path, a.status)
					} else if !byRun && told(a, hidden, run) != told(b, absent, absentRun) {
						t.Errorf("%s can tell by %s %s %s:\n%.600s\nand\n%.600s", who, q.method, q.path, q.body, told(a, hidden, run), told(b, absent, absentRun))
					}
				}
				if after := g.call("GET", "/task/"+hidden, "", owner...).body; after != before {
					t.Errorf("%s changed it: %.300s", who, after)
				}
			}
		})
	}
}

// A public task is read by whoever has its address, and changed by nobody but its owner.
func TestAttackAPublicTaskOfSomebodyElse(t *testing.T) {
	t.Parallel()
	g := aim(t, "open")
	owner := []string{"Cookie", "taskyard_visitor=" + strings.Repeat("o", 26)}
	others := map[string][]string{"nobody": nil, "a visitor": {"Cookie", "taskyard_visitor=" + strings.Repeat("v", 26)}, "two at once": {"Cookie", "taskyard_visitor=" + strings.Repeat("v", 26) + "; taskyard_visitor=" + strings.Repeat("o", 26)}}
	for who, headers := range others {
		id := g.task(`"input":"x","metadata":{"sandbox":"never-ends"}`, owner...)
		for _, q := range questions {
			if changes := q.method != "GET" && q.method != "HEAD" && strings.Contains(q.path+q.body, "{id}") && !strings.Contains(q.path, "/again") && !strings.Contains(q.path, "/template") && !strings.Contains(q.body, "export"); !changes {
				continue
			}
			in := strings.NewReplacer("{id}", id)
			if a := g.call(q.method, in.Replace(q.path), in.Replace(q.body), headers...); a.status < 300 && !strings.Contains(q.body, "action=delete&id") || a.status == http.StatusSeeOther && !strings.Contains(q.path, "selected") {
				t.Errorf("%s: %s %s: %d", who, q.method, q.path, a.status)
			}
		}
		a := g.call("GET", "/api/tasks/"+id, "")
		var now struct {
			Title           *string
			Visibility      string
			CancelRequested bool
		}
		if err := json.Unmarshal([]byte(a.body), &now); err != nil || a.status != http.StatusOK || now.Title != nil || now.Visibility != "public" || now.CancelRequested {
			t.Errorf("%s changed it: %d %s", who, a.status, a.body)
		}
	}
}

// An idempotency key, a template or a link of one is nothing to another.
func TestAttackWhatIsKeptForOthers(t *testing.T) {
	t.Parallel()
	g := aim(t, "open")
	ids := map[string]bool{}
	people := [][]string{bearer(g.token("a", "run")), bearer(g.token("b", "run")), {"Cookie", "taskyard_visitor=" + strings.Repeat("v", 26)}, {"X-Api-Key", "key-of-one"}, {"X-Api-Key", "key-of-two"}}
	for _, who := range people {
		ids[g.task(`"input":"x"`, append([]string{"Idempotency-Key", "same"}, who...)...)] = true
	}
	if len(ids) != len(people) {
		t.Errorf("%d tasks for %d people", len(ids), len(people))
	}
	owner, other := people[0], people[2]
	id := g.task(`"input":"secret-m4rk"`, owner...)
	g.call("POST", "/tasks/"+id+"/template", "name=template-m4rk", owner...)
	g.call("POST", "/tasks/"+id+"/share", "part=result&days=1", owner...)
	templates, links := g.call("GET", "/templates", "", owner...).body, g.call("GET", "/links", "", owner...).body
	template, link := regexp.MustCompile(`/templates/([^/"]+)/delete`).FindStringSubmatch(templates), regexp.MustCompile(`/links/([^/"]+)/revoke`).FindStringSubmatch(links)
	if template == nil || link == nil {
		t.Fatalf("there is nothing to steal: %v %v", template, link)
	}
	for _, path := range []string{"/templates", "/links", "/", "/?template=" + template[1]} {
		if a := g.call("GET", path, "", other...); strings.Contains(a.body, "template-m4rk") || strings.Contains(a.body, link[1]) {
			t.Errorf("%s tells", path)
		}
	}
	g.call("POST", "/templates/"+template[1]+"/delete", "x=1", other...)
	g.call("POST", "/links/"+link[1]+"/revoke", "x=1", other...)
	if again := g.call("GET", "/templates", "", owner...).body; !strings.Contains(again, "template-m4rk") {
		t.Error("somebody else's template is gone")
	}
	if a := g.call("GET", "/s/"+link[1], ""); a.status != http.StatusOK {
		t.Errorf("somebody else's link is dead: %d", a.status)
	}
}

// A link shows its parts to whoever has it, is kept from search engines and caches, and dead is like one that never was.
func TestAttackLinks(t *testing.T) {
	t.Parallel()
	g := aim(t, "token", "--default-visibility", "private")
	owner := bearer(g.token("owner", "run"))
	id := g.task(`"input":"input-m4rk","metadata":{"team":"metadata-m4rk"},"webhook":{"url":"https://hooks.example/webhook-m4rk"},"mcp_servers":[{"type":"url","name":"n","url":"https://mcp.example","headers":{"header-m4rk":"v"}}]`, owner...)
	run := g.ended(id, owner...).RunID
	links := map[string]string{}
	for _, parts := range []string{"part=result", "part=request", "part=request&part=metadata&part=timeline&part=result"} {
		a := g.call("POST", "/tasks/"+id+"/share", parts+"&days=1", owner...)
		links[parts] = strings.TrimPrefix(a.header.Get("Location"), "/links#")
	}
	for parts, link := range links {
		a := g.call("GET", "/s/"+link, "")
		if a.status != http.StatusOK || a.header.Get("X-Robots-Tag") != "noindex" || a.header.Get("Cache-Control") != "no-store" || strings.Contains(a.body, "<script") {
			t.Errorf("%s: %d %v", parts, a.status, a.header)
		}
		for _, mark := range []string{"webhook-m4rk", "hooks.example", "header-m4rk", run, owner[1]} {
			if strings.Contains(a.body, mark) {
				t.Errorf("%s shows %s", parts, mark)
			}
		}
		for mark, part := range map[string]string{"&#34;input&#34;": "request", "metadata-m4rk": "metadata"} { // a simulated result is about its input
			if shown := strings.Contains(a.body, mark); shown != strings.Contains(parts, "part="+part) {
				t.Errorf("%s shows %s: %v", parts, mark, shown)
			}
		}
	}
	dead := links["part=result"]
	if a := g.call("POST", "/links/"+dead+"/revoke", "x=1", owner...); a.status != http.StatusSeeOther {
		t.Fatalf("not revoked: %+v", a)
	}
	never := strings.Repeat("a", len(dead))
	for _, path := range []string{"/s/{}", "/s/{}?part=live", "/s/{}.html", "/s/{}/result.json"} {
		a, b := g.call("GET", strings.ReplaceAll(path, "{}", dead), ""), g.call("GET", strings.ReplaceAll(path, "{}", never), "")
		if a.status != http.StatusNotFound || told(a, dead) != told(b, never) {
			t.Errorf("%s of a dead link differs: %d", path, a.status)
		}
	}
	g.call("DELETE", "/api/tasks/"+id, "", owner...)
	for parts, link := range links {
		if a := g.call("GET", "/s/"+link, ""); a.status != http.StatusNotFound {
			t.Errorf("%s outlives its task: %d", parts, a.status)
		}
	}
}
