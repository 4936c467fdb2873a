package httpapi

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/taskyard/taskyard"
)

func TestALinkIsMadeListedAndRevoked(t *testing.T) {
	s := newServer()
	task := s.add(1)
	target := "/api/tasks/" + task.ID + "/links"
	for body, want := range map[string]string{
		`{}`: `"parts":["request","result","timeline"],"frozen":false,"good":true`,
		`{"parts":["timeline","result","result"],"days":0,"frozen":true}`: `"parts":["result","timeline"],"frozen":true,"good":true`,
	} {
		w := s.post(t, target, body)
		var made struct{ Token string }
		if err := json.Unmarshal(w.Body.Bytes(), &made); err != nil || w.Code != http.StatusCreated || w.Header().Get("Location") != "/s/"+made.Token {
			t.Fatalf("%d %s, %v", w.Code, w.Body, err)
		}
		for _, part := range []string{want, `"taskId":"` + task.ID + `"`, `"page":"/s/` + made.Token + `"`, `"revokedAt":null,"opens":0,"openedAt":null`} {
			if !strings.Contains(w.Body.String(), part) {
				t.Errorf("%s makes %s, without %s", body, w.Body, part)
			}
		}
		if forever := strings.Contains(w.Body.String(), `"expiresAt":null`); forever != strings.Contains(body, `"days":0`) {
			t.Errorf("%s makes %s", body, w.Body)
		}
	}
	w := s.get(t, "/api/links?limit=1")
	next := regexp.MustCompile(`^<(/api/links\?cursor=[^&]+&limit=1)>; rel="next"$`).FindStringSubmatch(w.Header().Get("Link"))
	if next == nil {
		t.Fatalf("%q", w.Header().Get("Link"))
	}
	second := s.get(t, next[1])
	if second.Header().Get("Link") != "" || second.Body.String() == w.Body.String() || strings.Count(second.Body.String(), `"token"`) != 1 {
		t.Errorf("%s, then %s", w.Body, second.Body)
	}
	token := regexp.MustCompile(`"token":"([a-z0-9]+)"`).FindStringSubmatch(w.Body.String())[1]
	if w := s.do(t, newRequest("DELETE", "/api/links/"+token, "")); w.Code != http.StatusNoContent {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := s.get(t, "/api/links?task="+task.ID); strings.Count(w.Body.String(), `"good":true`) != 1 || strings.Count(w.Body.String(), `"good":false`) != 1 {
		t.Error(w.Body)
	}
	if w := s.do(t, newRequest("DELETE", "/api/links/nobody", "")); w.Code != http.StatusNotFound {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestLinksThatAreNoneAreRefused(t *testing.T) {
	s := newServer()
	target := "/api/tasks/" + s.add(1).ID + "/links"
	for body, field := range map[string]string{
		`{"parts":[]}`: "parts", `{"parts":null}`: "parts", `{"parts":"result"}`: "parts", `{"parts":["all"]}`: "parts", `{"parts":[1]}`: "parts",
		`{"days":-1}`: "days", `{"days":3651}`: "days", `{"days":1.5}`: "days", `{"days":"7"}`: "days", `{"days":1e99}`: "days", `{"days":null}`: "days",
		`{"frozen":null}`: "frozen", `{"frozen":1}`: "frozen", `{"part":["result"]}`: "part",
	} {
		if w := s.post(t, target, body); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), `"field":"`+field+`"`) {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
	if w := s.post(t, "/api/tasks/"+taskyard.NewID()+"/links", `{}`); w.Code != http.StatusNotFound {
		t.Errorf("of no task: %d", w.Code)
	}
	for _, query := range []string{"task=x", "limit=0", "limit=501", "cursor=x", "q=x"} {
		if w := s.get(t, "/api/links?"+query); w.Code != http.StatusBadRequest {
			t.Errorf("%s: %d", query, w.Code)
		}
	}
}
