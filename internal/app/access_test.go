package app

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/access"
	"github.com/taskyard/taskyard/internal/httpapi"
	"github.com/taskyard/taskyard/internal/webui"
)

const operatorToken = "an-operators-token-of-some-length"

// who is who asks, by the token that they send.
type who struct {
	name  string
	token string
	role  taskyard.Role
}

// kind is what a route does, and so who may use it.
type kind string

const (
	opens    kind = "is for everybody"
	reads    kind = "reads one task"
	lists    kind = "reads lists"
	submits  kind = "makes a task"
	changes  kind = "changes one task"
	administ kind = "gives access"
)

// kinds is every route of the server. A route that is not here fails the test.
var kinds = map[string]kind{
	"POST /api/tasks": submits, "GET /api/tasks": lists, "GET /api/tasks/{id}": reads, "POST /api/lint": submits, "POST /api/tasks/import": submits,
	"PATCH /api/tasks/{id}": changes, "DELETE /api/tasks/{id}": changes, "POST /api/tasks/{id}/cancel": changes, "POST /api/tasks/{id}/submit-again": changes,
	"GET /api/links": lists, "POST /api/tasks/{id}/links": changes, "DELETE /api/links/{token}": submits,
	"GET /api/tasks/{id}/events": reads, "GET /api/events": opens, "GET /api/tokens": administ, "POST /api/tokens": administ, "DELETE /api/tokens/{id}": administ,
	"GET /api/processors": lists, "GET /api/upstreams": lists, "GET /task/{id}": reads, "OPTIONS /task/{id}": opens, "GET /openapi.json": opens,
	"GET /healthz": opens, "GET /readyz": opens,

	"GET /{$}": lists, "GET /tasks": lists, "GET /compare": lists, "GET /templates": lists, "GET /tasks/{id}": reads, "GET /tasks/{id}/result.json": reads,
	"GET /tasks/{id}/report.md": reads, "GET /tasks/{id}/table.csv": reads, "GET /tasks/{id}/recording": reads, "GET /tasks/{id}/raw": reads,
	"GET /tasks/{id}/events/{seq}": reads, "POST /preview": submits, "POST /lint": submits, "POST /tasks": submits, "POST /tasks/selected": submits,
	"GET /tasks/import": lists, "POST /tasks/import": submits, "POST /tasks/{id}/cancel": changes, "POST /tasks/{id}/submit-again": changes,
	"POST /tasks/{id}/break": changes, "POST /tasks/{id}/template": submits, "POST /templates/{id}/delete": submits, "POST /tasks/{id}/name": changes,
	"POST /tasks/{id}/visibility": changes, "POST /tasks/{id}/again": submits, "POST /tasks/{id}/delete": changes, "GET /assets/{hash}/{path...}": opens,
	"POST /tasks/{id}/share": changes, "GET /links": lists, "POST /links/{token}/revoke": submits, "GET /s/{token}": opens, "POST /sign-in/parallel": submits, "GET /sign-in/parallel/callback": lists, "POST /sign-in/parallel/end": opens, "GET /sign-in": opens, "POST /sign-in": opens, "POST /sign-out": opens, "GET /access": administ, "POST /access/tokens": administ,
	"POST /access/tokens/{id}/revoke": administ, "/": opens,
}

// bodies are sent where a route needs one to come as far as the question who asks.
var bodies = map[string]string{
	"POST /api/tasks": body, "POST /api/lint": body, "POST /api/tasks/import": `{"runId":"trun_x"}`, "PATCH /api/tasks/{id}": `{"title":"t"}`,
	"POST /api/tasks/{id}/links": `{"parts":["result"]}`, "POST /api/tokens": `{"name":"%d","role":"view"}`, "POST /tasks/{id}/visibility": "visibility=public", "POST /tasks/{id}/template": "name=n",
	"POST /tasks/{id}/share": "part=result&days=7", "POST /access/tokens": "name=%d&role=view", "POST /tasks/{id}/break": "what=cut", "POST /sign-in": "next=/&token=" + operatorToken,
}

// verdict is what an answer says of who asked.
func verdict(a answer) string {
	switch {
	case a.status == http.StatusUnauthorized, a.status == http.StatusSeeOther && strings.HasPrefix(a.location, "/sign-in?"):
		return "who are you"
	case a.status == http.StatusForbidden:
		return "no"
	case a.status == http.StatusNotFound:
		return "not there"
	}
	return "yes"
}

// judge is what whoever asks should be told.
func judge(k kind, w who, owns bool, v taskyard.Visibility) string {
	mayRead := v == taskyard.Public || owns || w.role == taskyard.RoleAdmin
	needs := map[kind]taskyard.Role{lists: taskyard.RoleView, submits: taskyard.RoleRun, changes: taskyard.RoleRun, administ: taskyard.RoleAdmin}[k]
	switch {
	case w.role < needs && w.role == taskyard.RoleNone:
		return "who are you"
	case w.role < needs:
		return "no"
	case (k == reads || k == changes) && !mayRead:
		return "not there"
	case k == changes && !owns && w.role != taskyard.RoleAdmin:
		return "no"
	}
	return "yes"
}

func startGuarded(t *testing.T, mode string) *server {
	t.Helper()
	s := &server{T: t, cfg: Config{
		Addr: "127.0.0.1:0", Database: filepath.Join(t.TempDir(), "t.db"), Synchronous: "normal", Upstream: "http://127.0.0.1:9",
		Access: mode, OperatorToken: taskyard.Hide(operatorToken), SignIn: signInSimulated, VisitorLimits: "pace=0,tasks=0", TokenLimits: "pace=0,tasks=0",
		Simulator: true, SimulatorFirst: true, SimulatorScale: 2000, SimulatorSeed: 1, DrainTimeout: 10 * time.Second, MaxBody: 1 << 20, Logger: slog.New(slog.DiscardHandler),
	}}
	s.client = http.Client{Timeout: 20 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	s.start()
	t.Cleanup(s.stop)
	return s
}

func (s *server) as(w who, method, path, kind, body string) answer {
	s.Helper()
	if w.token == "" {
		return s.do(method, path, kind, body)
	}
	return s.do(method, path, kind, body, "Authorization", "Bearer "+w.token)
}

// newToken has the operator make one.
func (s *server) newToken(name string, role taskyard.Role) who {
	s.Helper()
	a := s.as(who{token: operatorToken}, http.MethodPost, "/api/tokens", asJSON, fmt.Sprintf(`{"name":%q,"role":%q}`, name, role))
	var made struct{ Token string }
	if err := json.Unmarshal([]byte(a.body), &made); err != nil || a.status != http.StatusCreated || made.Token == "" {
		s.Fatalf("%+v, %v", a, err)
	}
	return who{name, made.Token, role}
}

// newTask submits a task that ends at once, or never.
func (s *server) newTask(w who, v taskyard.Visibility, scenario string) string {
	s.Helper()
	a := s.as(w, http.MethodPost, "/api/tasks", asJSON, fmt.Sprintf(`{"processor":"lite","input":"x","visibility":%q,"metadata":{"sandbox":%q}}`, v, scenario))
	var made struct{ TaskID string }
	if err := json.Unmarshal([]byte(a.body), &made); err != nil || a.status != http.StatusCreated {
		s.Fatalf("%+v, %v", a, err)
	}
	return made.TaskID
}

// Every route answers everybody as it should: route × role × visibility × whose task it is.
func TestWhoMayUseWhat(t *testing.T) {
	s := startGuarded(t, "token")
	owner, other := s.newToken("owner", taskyard.RoleRun), s.newToken("other", taskyard.RoleRun)
	people := []who{{"nobody", "", taskyard.RoleNone}, s.newToken("viewer", taskyard.RoleView), other, owner, s.newToken("boss", taskyard.RoleAdmin), {"operator", operatorToken, taskyard.RoleAdmin}}
	ended := map[taskyard.Visibility]string{}
	for _, v := range []taskyard.Visibility{taskyard.Public, taskyard.Private} {
		ended[v] = s.newTask(owner, v, "")
	}
	for _, id := range ended {
		s.awaitEnd(owner, id)
	}
	asked := 0
	for _, pattern := range s.patterns() {
		k, known := kinds[pattern]
		if !known {
			t.Errorf("%s is a route of which nobody has said who may use it", pattern)
			continue
		}
		method, path, found := strings.Cut(pattern, " ")
		if !found {
			method, path = http.MethodGet, "/nowhere"
		}
		for _, w := range people {
			for v, id := range ended {
				if k == changes {
					id = s.newTask(owner, v, "never-ends")
				}
				asked++
				want := judge(k, w, w == owner, v)
				at := strings.NewReplacer("{id}", id, "{seq}", "1", "{$}", "", "{hash}", "x", "{path...}", "x").Replace(path)
				if strings.HasSuffix(path, "/tokens/{id}") || strings.HasSuffix(path, "/revoke") || strings.HasPrefix(path, "/templates/") {
					at = strings.Replace(path, "{id}", "unknown", 1)
				}
				form := asForm
				if strings.HasPrefix(path, "/api") {
					form = asJSON
				}
				if strings.HasSuffix(path, "/events") { // a stream does not end
					method = http.MethodHead
				}
				sent := bodies[pattern]
				if strings.Contains(sent, "%d") {
					sent = fmt.Sprintf(sent, asked)
				}
				got := verdict(s.as(w, method, at, form, sent))
				// What is not there for a reason of its own says so to those who may ask.
				if want == "yes" && got == "not there" && (k == administ || k == opens || strings.HasPrefix(path, "/templates/") || strings.Contains(path, "/links/{token}") || strings.Contains(path, "import")) {
					got = "yes"
				}
				if pattern == "POST /tasks/{id}/template" || pattern == "POST /tasks/{id}/again" { // made of a task that must be readable
					if want == "yes" && v == taskyard.Private && w != owner && w.role != taskyard.RoleAdmin {
						want = "not there"
					}
				}
				if got != want {
					t.Errorf("%s by %s of a %s task: %s, want %s", pattern, w.name, v, got, want)
				}
			}
		}
	}
	if asked < 80*len(people) {
		t.Errorf("only %d questions were asked", asked)
	}
	for pattern := range kinds {
		if !slices.Contains(s.patterns(), pattern) {
			t.Errorf("%s is no route any more", pattern)
		}
	}
}

// patterns are all routes of a server that asks who somebody is.
func (s *server) patterns() []string {
	s.Helper()
	door, err := access.New(access.Config{Mode: access.ModeToken, OperatorToken: taskyard.Hide(operatorToken)})
	if err != nil {
		s.Fatal(err)
	}
	ui, err := webui.New(webui.Config{Store: access.Guard{Store: s.store}, Service: access.Serve(s.service, s.store, ""), Door: door, Login: &login{}, Break: func(string, string) error { return nil }})
	if err != nil {
		s.Fatal(err)
	}
	return append(httpapi.New(httpapi.Config{}).Patterns(), ui.Patterns()...)
}

func (s *server) awaitEnd(w who, id string) {
	s.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if a := s.as(w, http.MethodGet, "/api/tasks/"+id, "", ""); strings.Contains(a.body, `"phase":"ended"`) {
			return
		} else if time.Now().After(end) {
			s.Fatalf("it does not end: %+v", a)
		}
	}
}

// Lists, searches, comparisons, threads, streams and selections show nobody what is private.
func TestNothingTellsOfAPrivateTask(t *testing.T) {
	for _, mode := range []string{"token", "open"} {
		t.Run(mode, func(t *testing.T) {
			s := startGuarded(t, mode)
			owner, other := s.newToken("owner", taskyard.RoleRun), s.newToken("other", taskyard.RoleRun)
			hidden, shown := s.newTask(owner, taskyard.Private, ""), s.newTask(owner, taskyard.Public, "")
			s.awaitEnd(owner, hidden)
			s.awaitEnd(owner, shown)
			for _, w := range []who{other, {"nobody", "", taskyard.RoleNone}, owner} {
				for _, path := range []string{
					"/", "/tasks", "/tasks?q=x", "/api/tasks", "/api/tasks?q=x&status=completed,failed", "/compare?id=" + hidden + "&id=" + shown, "/?from=" + hidden, "/?follow=" + hidden,
					"/tasks/" + hidden, "/tasks/" + hidden + ".json", "/tasks/" + hidden + ".html", "/tasks/" + hidden + ".ndjson", "/tasks/" + hidden + "?part=live", "/tasks/" + hidden + "?replay", "/task/" + hidden,
				} {
					a := s.as(w, http.MethodGet, path, "", "")
					if a.status == http.StatusSeeOther {
						continue // to the sign-in, and back
					}
					if tells := strings.Contains(strings.ReplaceAll(a.body, path, ""), hidden); tells && w.name != "owner" && !strings.Contains(path, "compare") {
						t.Errorf("%s tells %s: %d %.300s", path, w.name, a.status, a.body)
					}
					if w.name == "owner" && a.status >= 400 {
						t.Errorf("%s is kept from its owner: %d", path, a.status)
					}
				}
				if w.name != "owner" {
					a := s.as(w, http.MethodPost, "/tasks/selected", asForm, "action=delete&confirm=yes&id="+hidden+"&id="+shown)
					if b := s.as(owner, http.MethodGet, "/task/"+shown, "", ""); b.status != http.StatusOK {
						t.Errorf("%s deleted a task of somebody else: %d", w.name, a.status)
					}
					if b := s.as(owner, http.MethodGet, "/task/"+hidden, "", ""); b.status != http.StatusOK {
						t.Errorf("%s deleted a private task: %d", w.name, a.status)
					}
				}
			}
		})
	}
}

// An idempotency key of one is not another's.
func TestIdempotencyKeysAreOnesOwn(t *testing.T) {
	s := startGuarded(t, "token")
	ids := map[string]bool{}
	for _, w := range []who{s.newToken("a", taskyard.RoleRun), s.newToken("b", taskyard.RoleRun)} {
		for range 2 {
			a := s.do(http.MethodPost, "/api/tasks", asJSON, body, "Authorization", "Bearer "+w.token, "Idempotency-Key", "same")
			var made struct{ TaskID string }
			if err := json.Unmarshal([]byte(a.body), &made); err != nil {
				t.Fatal(err)
			}
			ids[made.TaskID] = true
		}
	}
	if len(ids) != 2 {
		t.Errorf("%d tasks were made", len(ids))
	}
}

// A browser is let in by a token and out again; a token that was revoked lets nobody in, and ends what it began.
func TestBrowsersSignIn(t *testing.T) {
	s := startGuarded(t, "token")
	ada := s.newToken("Ada", taskyard.RoleRun)
	if a := s.do(http.MethodGet, "/tasks?status=failed", "", ""); a.location != "/sign-in?next=%2Ftasks%3Fstatus%3Dfailed" {
		t.Errorf("%+v", a)
	}
	if a := s.do(http.MethodPost, "/sign-in", asForm, "token=wrong&next=/tasks"); a.status != http.StatusUnauthorized || !strings.Contains(a.body, "not known here") {
		t.Errorf("%+v", a)
	}
	for _, next := range []string{"//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "/\t/evil.example", ""} {
		if a := s.do(http.MethodPost, "/sign-in", asForm, "token="+ada.token+"&next="+next); a.status != http.StatusSeeOther || a.location != "/" {
			t.Errorf("next %q leads to %q", next, a.location)
		}
	}
	cookie := s.signIn(ada.token)
	for _, attribute := range []string{"HttpOnly", "SameSite=Lax", "Path=/"} {
		if !strings.Contains(cookie, attribute) {
			t.Errorf("the cookie is not %s: %s", attribute, cookie)
		}
	}
	value, _, _ := strings.Cut(cookie, ";")
	if a := s.do(http.MethodGet, "/tasks", "", "", "Cookie", value); a.status != http.StatusOK || !strings.Contains(a.body, "Ada") || strings.Contains(a.body, ada.token) || a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d, kept: %s", a.status, a.header.Get("Cache-Control"))
	}
	// Who signs in once more gets a new session, and the one before is over.
	again := s.do(http.MethodPost, "/sign-in", asForm, "token="+ada.token, "Cookie", value)
	if a := s.do(http.MethodGet, "/api/tasks", "", "", "Cookie", value); a.status != http.StatusUnauthorized {
		t.Errorf("the session before: %d", a.status)
	}
	value, _, _ = strings.Cut(again.header.Get("Set-Cookie"), ";")
	other := s.signIn(ada.token)
	second, _, _ := strings.Cut(other, ";")
	if a := s.do(http.MethodPost, "/sign-out", asForm, "", "Cookie", value); a.status != http.StatusSeeOther || a.header.Get("Clear-Site-Data") != `"storage"` {
		t.Errorf("%+v", a)
	}
	if a := s.do(http.MethodGet, "/api/tasks", "", "", "Cookie", value); a.status != http.StatusUnauthorized {
		t.Errorf("after signing out: %d", a.status)
	}
	if a := s.do(http.MethodGet, "/api/tasks", "", "", "Cookie", second); a.status != http.StatusOK {
		t.Errorf("the other browser: %d", a.status)
	}
	s.revoke("Ada")
	for _, headers := range [][]string{{"Cookie", second}, {"Authorization", "Bearer " + ada.token}} {
		if a := s.do(http.MethodGet, "/api/tasks", "", "", headers...); a.status != http.StatusUnauthorized {
			t.Errorf("after it was revoked, %s: %d", headers[0], a.status)
		}
	}
	// The operator's session ends with the operator's token.
	value, _, _ = strings.Cut(s.signIn(operatorToken), ";")
	if a := s.do(http.MethodGet, "/access", "", "", "Cookie", value); a.status != http.StatusOK {
		t.Errorf("the operator: %d", a.status)
	}
	s.stop()
	s.cfg.OperatorToken = taskyard.Hide("another-token-of-the-operator")
	s.start()
	if a := s.do(http.MethodGet, "/api/tasks", "", "", "Cookie", value); a.status != http.StatusUnauthorized {
		t.Errorf("with another operator's token: %d", a.status)
	}
}

// signIn returns the cookie that is set.
func (s *server) signIn(token string) string {
	s.Helper()
	resp, err := s.client.Post(s.URL()+"/sign-in", asForm, strings.NewReader("next=/&token="+token))
	if err != nil {
		s.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.Header.Get("Set-Cookie")
}

func (s *server) revoke(name string) {
	s.Helper()
	var list []struct{ ID, Name string }
	if err := json.Unmarshal([]byte(s.as(who{token: operatorToken}, http.MethodGet, "/api/tokens", "", "").body), &list); err != nil {
		s.Fatal(err)
	}
	for _, t := range list {
		if t.Name == name {
			if a := s.as(who{token: operatorToken}, http.MethodDelete, "/api/tokens/"+t.ID, "", ""); a.status != http.StatusNoContent {
				s.Errorf("%+v", a)
			}
		}
	}
}

// On an open server a browser owns what it submits, by its cookie alone.
func TestVisitorsOwnWhatTheySubmit(t *testing.T) {
	s := startGuarded(t, "open")
	visit := func() string {
		req, err := http.NewRequest(http.MethodGet, s.URL()+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Sec-Fetch-Mode", "navigate")
		resp, err := s.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		value, _, _ := strings.Cut(resp.Header.Get("Set-Cookie"), ";")
		return value
	}
	mine, others := visit(), visit()
	if mine == "" || mine == others {
		t.Fatalf("cookies %q and %q", mine, others)
	}
	a := s.do(http.MethodPost, "/api/tasks", asJSON, body, "Cookie", mine)
	var made struct{ TaskID string }
	if err := json.Unmarshal([]byte(a.body), &made); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		cookie string
		want   int
	}{{others, http.StatusForbidden}, {"", http.StatusForbidden}, {mine, http.StatusNoContent}} {
		if a := s.do(http.MethodDelete, "/api/tasks/"+made.TaskID, "", "", "Cookie", row.cookie); a.status != row.want {
			t.Errorf("%q: %d, want %d", row.cookie, a.status, row.want)
		}
	}
}

// A link shows strangers the parts that it says and no secret, until it ends.
func TestALinkShowsWhatItSays(t *testing.T) {
	s := startGuarded(t, "token")
	owner, other := s.newToken("owner", taskyard.RoleRun), s.newToken("other", taskyard.RoleRun)
	a := s.as(owner, http.MethodPost, "/api/tasks", asJSON, `{"processor":"pro","input":"Who keeps bees?","visibility":"private","metadata":{"team":"MARK-metadata"},
		"webhook":{"url":"https://example.com/MARK-webhook"},"mcp_servers":[{"type":"url","name":"docs","url":"https://example.com/mcp","headers":{"Authorization":"MARK-header"}}]}`)
	var made struct{ TaskID string }
	if err := json.Unmarshal([]byte(a.body), &made); err != nil || made.TaskID == "" {
		t.Fatal(a, err)
	}
	s.awaitEnd(owner, made.TaskID)
	var task struct{ RunID string }
	if err := json.Unmarshal([]byte(s.as(owner, http.MethodGet, "/api/tasks/"+made.TaskID, "", "").body), &task); err != nil || task.RunID == "" {
		t.Fatal(err)
	}
	runID := task.RunID
	share := func(form string) string {
		a := s.as(owner, http.MethodPost, "/tasks/"+made.TaskID+"/share", asForm, form)
		_, token, _ := strings.Cut(a.location, "#")
		if a.status != http.StatusSeeOther || token == "" {
			t.Fatalf("%+v", a)
		}
		return token
	}
	all := share("part=result&part=timeline&part=request&part=metadata&days=0")
	for _, row := range []struct {
		name, token   string
		shows, leaves []string
	}{
		{"all", all, []string{"Who keeps bees?", "Timeline", "Confidence", "MARK-metadata", "example.com/mcp", "noindex"}, []string{"MARK-header", "MARK-webhook", "sealed", "webhook"}},
		{"the result", share("part=result&days=1"), []string{"Confidence"}, []string{"Timeline", "MARK-metadata", "example.com/mcp", "<h2>Input", "MARK-header", "Who keeps bees?"}},
		{"the request", share("part=request&days=7"), []string{"<h2>Input", "example.com/mcp"}, []string{"Confidence", "MARK-metadata", "Timeline"}},
		{"the beginning", share("part=result&part=timeline&frozen=yes&days=30"), []string{"Confidence", "as it was on"}, []string{"MARK-metadata"}},
	} {
		a := s.do(http.MethodGet, "/s/"+row.token, "", "")
		if a.status != http.StatusOK {
			t.Errorf("%s: %d", row.name, a.status)
		}
		for _, text := range row.shows {
			if !strings.Contains(a.body, text) {
				t.Errorf("%s lacks %q", row.name, text)
			}
		}
		for _, text := range append(row.leaves, made.TaskID, runID) {
			if strings.Contains(a.body, text) {
				t.Errorf("%s shows %q", row.name, text)
			}
		}
	}
	if a := s.do(http.MethodGet, "/tasks/"+made.TaskID, "", ""); a.status != http.StatusNotFound {
		t.Errorf("the task itself: %d", a.status)
	}
	if a := s.as(other, http.MethodPost, "/links/"+all+"/revoke", asForm, ""); a.status != http.StatusNotFound {
		t.Errorf("somebody else revokes it: %d", a.status)
	}
	if a := s.as(other, http.MethodGet, "/links", "", ""); strings.Contains(a.body, all) {
		t.Error("somebody else is told of it")
	}
	for _, form := range []string{"days=7", "part=result&days=-1", "part=result&days=1e9", "part=all&days=1"} {
		if a := s.as(owner, http.MethodPost, "/tasks/"+made.TaskID+"/share", asForm, form); a.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", form, a.status)
		}
	}
	if a := s.as(owner, http.MethodPost, "/links/"+all+"/revoke", asForm, ""); a.status != http.StatusSeeOther {
		t.Errorf("%+v", a)
	}
	for _, token := range []string{all, "none", strings.Repeat("x", 300)} {
		if a := s.do(http.MethodGet, "/s/"+token, "", ""); a.status != http.StatusNotFound || !strings.Contains(a.body, "turned off or has expired") || strings.Contains(a.body, "bees") {
			t.Errorf("a dead link: %+v", a.status)
		}
	}
}

// What is made of a private task is private, and its run's name opens nothing to others.
func TestWhatComesOfAPrivateTaskIsPrivate(t *testing.T) {
	s := startGuarded(t, "token")
	owner, other := s.newToken("owner", taskyard.RoleRun), s.newToken("other", taskyard.RoleRun)
	id := s.newTask(owner, taskyard.Private, "")
	s.awaitEnd(owner, id)
	a := s.as(owner, http.MethodPost, "/tasks/"+id+"/again", asForm, "token=0123456789abcdef")
	again := strings.TrimPrefix(a.location, "/tasks/")
	if b := s.do(http.MethodGet, "/api/tasks/"+again, "", ""); a.status != http.StatusSeeOther || b.status != http.StatusNotFound {
		t.Errorf("run again: %+v, %d", a, b.status)
	}
	for _, path := range []string{"/?from=" + id, "/?follow=" + id} {
		if a := s.as(owner, http.MethodGet, path, "", ""); !strings.Contains(a.body, `name="visibility" value="private" checked`) {
			t.Errorf("%s does not choose private: %d", path, a.status)
		}
	}
	var task struct{ RunID string }
	if err := json.Unmarshal([]byte(s.as(owner, http.MethodGet, "/api/tasks/"+id, "", "").body), &task); err != nil || task.RunID == "" {
		t.Fatal(err)
	}
	for w, want := range map[who]int{other: http.StatusNotFound, owner: http.StatusCreated} {
		if a := s.as(w, http.MethodPost, "/api/tasks/import", asJSON, fmt.Sprintf(`{"runId":%q}`, task.RunID)); a.status != want {
			t.Errorf("%s imports it: %+v", w.name, a)
		}
		if a := s.as(w, http.MethodPost, "/api/tasks", asJSON, fmt.Sprintf(`{"processor":"lite","input":"and then?","previous_interaction_id":%q}`, task.RunID)); a.status != want {
			t.Errorf("%s goes on from it: %+v", w.name, a)
		}
	}
}

// On an open server nobody in particular owns nothing: not what the operator kept, and not a private task.
func TestStrangersOwnNothing(t *testing.T) {
	s := startGuarded(t, "open")
	if err := s.store.SaveTemplate(t.Context(), taskyard.Template{ID: "kept", Name: "MARK-kept", Upstream: "simulator", Request: json.RawMessage(body), CreatedAt: time.Now()}); err != nil {
		t.Fatal(err)
	}
	id := s.newTask(who{token: operatorToken}, taskyard.Public, "")
	for _, path := range []string{"/templates", "/?saved=kept"} {
		if a := s.do(http.MethodGet, path, "", ""); a.status != http.StatusOK || strings.Contains(a.body, "MARK-kept") {
			t.Errorf("%s: %d", path, a.status)
		}
	}
	if a := s.do(http.MethodPost, "/tasks/"+id+"/template", asForm, "name=n"); a.status != http.StatusForbidden {
		t.Errorf("a template of nobody: %d", a.status)
	}
	if a := s.do(http.MethodPost, "/api/tasks", asJSON, `{"processor":"lite","input":"x","visibility":"private"}`); a.status != http.StatusBadRequest {
		t.Errorf("a private task of nobody: %+v", a)
	}
	// A browser that does not say that it navigates, as over plain http, is known again all the same.
	req, err := http.NewRequest(http.MethodGet, s.URL()+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "text/html,application/xhtml+xml")
	resp, err := s.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if !strings.Contains(resp.Header.Get("Set-Cookie"), "taskyard_visitor=") {
		t.Error("a browser over plain http gets no cookie")
	}
	// Two strangers with keys of their own do not meet in one idempotency key.
	first := s.do(http.MethodPost, "/api/tasks", asJSON, body, "Idempotency-Key", "1", "X-Api-Key", "key-one")
	second := s.do(http.MethodPost, "/api/tasks", asJSON, body, "Idempotency-Key", "1", "X-Api-Key", "key-two")
	if first.status != http.StatusCreated || second.status != http.StatusCreated {
		t.Errorf("%+v, %+v", first, second)
	}
}
