package webui

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/taskyard/taskyard"
)

func TestLinksAreShownInPages(t *testing.T) {
	s := everything(t)
	task, err := s.store.Task(t.Context(), "text")
	if err != nil {
		t.Fatal(err)
	}
	for i := range linksOnPage + 2 {
		share, err := taskyard.NewShare(task, []taskyard.Part{taskyard.PartResult}, 7, i == 0, s.ui.now())
		if err != nil {
			t.Fatal(err)
		}
		share.Token = fmt.Sprintf("link-%03d", i)
		if err := s.store.AddShare(t.Context(), share); err != nil {
			t.Fatal(err)
		}
	}
	page := s.page(t, "/links")
	checkMarkup(t, "/links", page)
	if n := strings.Count(page, `<li id="link-`); n != linksOnPage {
		t.Errorf("%d links on a page", n)
	}
	wantAll(t, page, `id="link-051"`, "not opened yet", `rel="next"`)
	wantNone(t, page, `id="link-001"`, ">Newest<")
	next := regexp.MustCompile(`href="(/links\?after=[^"]+)"`).FindStringSubmatch(page)
	second := s.page(t, next[1])
	wantAll(t, second, `id="link-000"`, `id="link-001"`, "as it was then", `href="/links">Newest<`)
	wantNone(t, second, `id="link-002"`, `rel="next"`)
	if a := s.get("/links?after=damaged"); a.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("%d", a.StatusCode)
	}
}

func TestATasksPageHasItsLinks(t *testing.T) {
	s := everything(t)
	wantNone(t, s.page(t, "/tasks/text"), `id="links-title"`)
	token := func(a answer) string {
		_, token, _ := strings.Cut(a.Header.Get("Location"), "#")
		return token
	}
	first := token(s.post("/tasks/text/share", url.Values{"part": {"result"}, "days": {"0"}}, ""))
	second := token(s.post("/tasks/text/share", url.Values{"part": {"timeline"}, "days": {"1"}}, ""))
	s.post("/tasks/nested/share", url.Values{"part": {"result"}, "days": {"0"}}, "")
	s.page(t, "/s/"+first)
	page := s.page(t, "/tasks/text")
	checkMarkup(t, "/tasks/text", page)
	wantAll(t, page, `id="links-title"`, "/s/"+first, "/s/"+second, "opened once on ", "not opened yet", "good until it is revoked")
	if n := strings.Count(page, "/revoke"); n != 2 {
		t.Errorf("%d links", n)
	}
	if a := s.post("/links/"+first+"/revoke", url.Values{"on_task": {"yes"}}, ""); a.Header.Get("Location") != "/tasks/text" {
		t.Errorf("%d %s", a.StatusCode, a.Header.Get("Location"))
	}
	if a := s.post("/links/"+second+"/revoke", nil, ""); a.Header.Get("Location") != "/links" {
		t.Errorf("%d %s", a.StatusCode, a.Header.Get("Location"))
	}
	wantNone(t, s.page(t, "/tasks/text"), `id="links-title"`)
	wantAll(t, s.page(t, "/links"), "revoked <time")
}
