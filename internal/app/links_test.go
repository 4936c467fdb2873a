package app

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/taskyard/taskyard"
)

type madeLink struct {
	Token string
	Good  bool
	Opens int
}

func (s *server) links(w who, query string) (status int, list []madeLink) {
	s.Helper()
	a := s.as(w, http.MethodGet, "/api/links"+query, "", "")
	if a.status == http.StatusOK {
		if err := json.Unmarshal([]byte(a.body), &list); err != nil {
			s.Fatal(err)
		}
	}
	return a.status, list
}

// Links are told of, and ended, only by those who may change what they show.
func TestLinksAreTheirOwners(t *testing.T) {
	s := startGuarded(t, "token")
	owner, other, viewer, boss := s.newToken("owner", taskyard.RoleRun), s.newToken("other", taskyard.RoleRun), s.newToken("viewer", taskyard.RoleView), s.newToken("boss", taskyard.RoleAdmin)
	public, private := s.newTask(owner, taskyard.Public, ""), s.newTask(owner, taskyard.Private, "")
	share := func(w who, id string) madeLink {
		a := s.as(w, http.MethodPost, "/api/tasks/"+id+"/links", asJSON, `{"parts":["timeline"]}`)
		var made madeLink
		if err := json.Unmarshal([]byte(a.body), &made); err != nil || a.status != http.StatusCreated || !made.Good {
			t.Fatalf("%+v, %v", a, err)
		}
		return made
	}
	link, byBoss := share(owner, private), share(boss, public)
	for _, row := range []struct {
		who    who
		query  string
		status int
		tokens []string
	}{
		{owner, "", http.StatusOK, []string{link.Token}},
		{owner, "?task=" + public, http.StatusOK, []string{byBoss.Token}}, // they can end what others show of theirs
		{other, "", http.StatusOK, nil},
		{viewer, "", http.StatusOK, nil},
		{other, "?task=" + public, http.StatusForbidden, nil},
		{other, "?task=" + private, http.StatusNotFound, nil},
		{viewer, "?task=" + public, http.StatusForbidden, nil},
		{boss, "", http.StatusOK, []string{byBoss.Token, link.Token}},
		{boss, "?task=" + private, http.StatusOK, []string{link.Token}},
	} {
		status, list := s.links(row.who, row.query)
		var tokens []string
		for _, l := range list {
			tokens = append(tokens, l.Token)
		}
		if status != row.status || strings.Join(tokens, " ") != strings.Join(row.tokens, " ") {
			t.Errorf("%s asks for %q: %d %q", row.who.name, row.query, status, tokens)
		}
	}
	for _, row := range []struct {
		who    who
		token  string
		status int
	}{
		{other, link.Token, http.StatusNotFound}, {other, byBoss.Token, http.StatusForbidden}, {viewer, byBoss.Token, http.StatusForbidden},
		{owner, byBoss.Token, http.StatusNoContent}, {owner, link.Token, http.StatusNoContent}, {owner, link.Token, http.StatusNoContent},
	} {
		if a := s.as(row.who, http.MethodDelete, "/api/links/"+row.token, "", ""); a.status != row.status {
			t.Errorf("%s revokes: %d, want %d", row.who.name, a.status, row.status)
		}
	}
	// A task's page has its links, for those who may change it and no others.
	link = share(owner, public)
	for _, row := range []struct {
		who  who
		sees bool
	}{{owner, true}, {boss, true}, {other, false}, {viewer, false}, {who{}, false}} {
		if a := s.as(row.who, http.MethodGet, "/tasks/"+public, "", ""); a.status != http.StatusOK || strings.Contains(a.body, link.Token) != row.sees || strings.Contains(a.body, byBoss.Token) {
			t.Errorf("%s sees the links of a task: %v", row.who.name, !row.sees)
		}
	}
}

// What is counted is each time that somebody opens a good link's page.
func TestOpensOfALinkAreCounted(t *testing.T) {
	s := startGuarded(t, "token")
	owner := s.newToken("owner", taskyard.RoleRun)
	id := s.newTask(owner, taskyard.Private, "")
	a := s.as(owner, http.MethodPost, "/api/tasks/"+id+"/links", asJSON, `{}`)
	var link madeLink
	if err := json.Unmarshal([]byte(a.body), &link); err != nil {
		t.Fatalf("%+v, %v", a, err)
	}
	open := func(method, path string) {
		t.Helper()
		if a := s.do(method, "/s/"+link.Token+path, "", ""); a.status != http.StatusOK {
			t.Errorf("%d", a.status)
		}
	}
	open(http.MethodGet, "")
	open(http.MethodGet, "")
	open(http.MethodGet, "?again") // as a page does by itself
	open(http.MethodHead, "")
	if a := s.as(owner, http.MethodDelete, "/api/links/"+link.Token, "", ""); a.status != http.StatusNoContent {
		t.Errorf("%+v", a)
	}
	if a := s.do(http.MethodGet, "/s/"+link.Token, "", ""); a.status != http.StatusNotFound {
		t.Errorf("a dead link: %d", a.status)
	}
	s.stop() // which stores what was counted
	s.start()
	if _, list := s.links(owner, ""); len(list) != 1 || list[0].Opens != 2 {
		t.Errorf("%+v", list)
	}
}

// What is kept of a private task nobody else sees, and the page says so before.
func TestTemplatesOfATeam(t *testing.T) {
	s := startGuarded(t, "open")
	owner, other, boss := s.newToken("owner", taskyard.RoleRun), s.newToken("other", taskyard.RoleRun), s.newToken("boss", taskyard.RoleAdmin)
	const alone, all = "for you alone, as the task is private", "for you and everybody else with a token here"
	keep := func(w who, v taskyard.Visibility, name, says string) {
		t.Helper()
		id := s.newTask(w, v, "")
		if a := s.as(w, http.MethodGet, "/tasks/"+id, "", ""); strings.Contains(a.body, alone) != (says == alone) || strings.Contains(a.body, all) != (says == all) {
			t.Errorf("the page of %s does not say %q", name, says)
		}
		if a := s.as(w, http.MethodPost, "/tasks/"+id+"/template", asForm, "name="+name); a.status != http.StatusSeeOther {
			t.Errorf("%+v", a)
		}
	}
	keep(owner, taskyard.Private, "KEPT-alone", alone)
	keep(owner, taskyard.Public, "KEPT-for-all", all)
	keep(boss, taskyard.Public, "KEPT-by-boss", all)
	visitor := func(value string) []string {
		return []string{"Cookie", "taskyard_visitor=" + strings.Repeat(value, 26)}
	}
	a := s.do(http.MethodPost, "/api/tasks", asJSON, `{"processor":"lite","input":"x"}`, visitor("v")...)
	var made struct{ TaskID string }
	if err := json.Unmarshal([]byte(a.body), &made); err != nil {
		t.Fatal(a, err)
	}
	if a := s.do(http.MethodPost, "/tasks/"+made.TaskID+"/template", asForm, "name=KEPT-by-visitor", visitor("v")...); a.status != http.StatusSeeOther {
		t.Errorf("%+v", a)
	}
	for _, row := range []struct {
		who       string
		page      string
		own, team []string
	}{
		{"owner", s.as(owner, http.MethodGet, "/templates", "", "").body, []string{"KEPT-alone", "KEPT-for-all"}, []string{"KEPT-by-boss"}},
		{"other", s.as(other, http.MethodGet, "/templates", "", "").body, nil, []string{"KEPT-for-all", "KEPT-by-boss"}},
		{"boss", s.as(boss, http.MethodGet, "/templates", "", "").body, []string{"KEPT-by-boss"}, []string{"KEPT-for-all"}},
		{"a visitor", s.do(http.MethodGet, "/templates", "", "", visitor("v")...).body, []string{"KEPT-by-visitor"}, nil},
		{"another visitor", s.do(http.MethodGet, "/templates", "", "", visitor("w")...).body, nil, nil},
		{"a program", s.do(http.MethodGet, "/templates", "", "").body, nil, nil},
	} {
		own, rest, _ := strings.Cut(row.page, `aria-labelledby="shelf-text"`)
		own, team, _ := strings.Cut(own, `aria-labelledby="shelf-team"`)
		if n := strings.Count(own, "<h3>"); n != len(row.own) {
			t.Errorf("%s has %d templates", row.who, n)
		}
		if n := strings.Count(team, "<h3>"); n != len(row.team) || strings.Contains(rest, "KEPT") {
			t.Errorf("%s is shown %d templates of others", row.who, n)
		}
		for _, name := range row.own {
			if !strings.Contains(own, name) {
				t.Errorf("%s lacks %s", row.who, name)
			}
		}
		for _, name := range row.team {
			if !strings.Contains(team, name) {
				t.Errorf("%s is not shown %s", row.who, name)
			}
		}
		if forgets := strings.Contains(team, "/delete"); forgets != (row.who == "boss") {
			t.Errorf("%s can forget what others keep: %v", row.who, forgets)
		}
	}
}
