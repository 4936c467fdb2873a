package main

import (
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"github.com/taskyard/taskyard/parallel/sandbox"
)

// jar is what a browser keeps of cookies, by their names.
type jar map[string]string

func (j jar) addTo(req *http.Request) {
	for name, value := range j {
		req.AddCookie(&http.Cookie{Name: name, Value: value})
	}
}

// renew takes out of an answer the cookies that its reader has already: they are given to nobody else.
func (s *secretRun) renew(resp *http.Response) {
	given := resp.Cookies()
	resp.Header.Del("Set-Cookie")
	for _, c := range given {
		if c.Value != s.jar[c.Name] {
			resp.Header.Add("Set-Cookie", c.String())
		}
	}
}

// collect keeps the cookies of an answer. From now on each is a secret.
func (s *secretRun) collect(resp *http.Response) {
	for _, c := range resp.Cookies() {
		if c.MaxAge < 0 {
			delete(s.jar, c.Name)
			continue
		}
		s.marks[fmt.Sprintf("cookie %d, %s,", len(s.marks), c.Name)] = c.Value
		if s.jar != nil {
			s.jar[c.Name] = c.Value
		}
	}
}

// exchanges are what a provider of sign-in sees: codes come with verifiers, and keys are given for them.
type exchanges struct {
	mu       sync.Mutex // guards what follows
	refuses  bool       // and says why, in the words of the request
	verifier string
	key      string
}

// exchange gives a key for a code, or repeats what it was asked.
func (u *indiscreet) exchange(w http.ResponseWriter, r *http.Request, body string) {
	u.signIn.mu.Lock()
	defer u.signIn.mu.Unlock()
	form, err := url.ParseQuery(body)
	if err != nil {
		return
	}
	u.signIn.verifier = form.Get("code_verifier")
	if u.signIn.refuses {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]string{"error": "no " + form.Get("code"), "error_description": fmt.Sprint(form), "error_uri": "https://host.example/?" + body})
		return
	}
	answer := httptest.NewRecorder()
	r.Body = io.NopCloser(strings.NewReader(body))
	u.box.ServeHTTP(answer, r)
	var given struct {
		Key string `json:"access_token"`
	}
	_ = json.Unmarshal(answer.Body.Bytes(), &given) // none was given, which the test sees
	u.signIn.key = given.Key
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

// comeIn lets people in by every door: with tokens, by sessions, by a link to a task, and with Parallel. Whatever that
// yields is a secret from then on. It returns the tasks that were made meanwhile.
func (s *secretRun) comeIn(task string) []string {
	s.jar = jar{}
	s.signIn(s.marks["the operator's token"], http.StatusSeeOther)
	var made struct{ Token string }
	if err := json.Unmarshal(s.fetch("answer", http.MethodPost, "/api/tokens", `{"name":"Ada","role":"run"}`, asJSONBody), &made); err != nil || made.Token == "" {
		s.Fatalf("no token was made: %v", err)
	}
	s.marks["the token of Ada"] = made.Token
	page := s.fetch("page", http.MethodPost, "/access/tokens", url.Values{"name": {"Bob"}, "role": {"view"}}.Encode(), asFormBody)
	shown := regexp.MustCompile(`<code data-part="text">(tyd_[^<]+)</code>`).FindSubmatch(page)
	if shown == nil {
		s.Fatalf("no token is shown in %s", page)
	}
	s.marks["the token of Bob"] = string(shown[1])
	s.fetch("answer", http.MethodGet, "/api/tokens", "", nil)

	operator := s.jar
	for _, token := range []string{s.marks["the token of Ada"], s.marks["the token of Bob"]} {
		s.jar = jar{}
		s.signIn(token, http.StatusSeeOther)
		s.fetch("page", http.MethodGet, "/", "", nil)
		s.fetch("page", http.MethodPost, "/sign-out", "", asFormBody)
		s.fetch("answer", http.MethodGet, "/api/tasks", "", http.Header{"Authorization": {"Bearer " + token}})
	}
	unknown := s.marks["a token that is not known"]
	s.signIn(unknown, http.StatusUnauthorized)
	s.fetch("answer", http.MethodGet, "/api/tasks", "", http.Header{"Authorization": {"Bearer " + unknown}})
	s.fetch("page", http.MethodGet, "/", "", http.Header{"Cookie": {"taskyard_session=" + unknown + "; taskyard_parallel=" + unknown + "; taskyard_login=" + unknown}})
	s.jar = operator

	resp, _ := s.ask("page", http.MethodPost, "/tasks/"+task+"/share", url.Values{"part": {"result", "timeline", "request", "metadata"}, "days": {"1"}}.Encode(), asFormBody)
	_, link, _ := strings.Cut(resp.Header.Get("Location"), "#")
	if link == "" {
		s.Fatalf("sharing leads to %q", resp.Header.Get("Location"))
	}
	s.links["a link"] = link
	s.jar = nil
	if page := s.fetch("page", http.MethodGet, "/s/"+link, "", nil); !strings.Contains(string(page), "Timeline") {
		s.Errorf("a link shows %.300s", page)
	}
	s.jar = operator
	return s.withParallel()
}

var (
	asJSONBody = http.Header{"Content-Type": {"application/json"}}
	asFormBody = http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Accept": {"text/html"}}
)

func (s *secretRun) signIn(token string, want int) {
	s.Helper()
	if resp, _ := s.ask("page", http.MethodPost, "/sign-in", url.Values{"token": {token}, "next": {"/tasks"}}.Encode(), asFormBody); resp.StatusCode != want {
		s.Fatalf("signing in: %d", resp.StatusCode)
	}
}

// withParallel signs in with Parallel, after it was refused, and spends the key.
func (s *secretRun) withParallel() []string {
	u := &s.up.signIn
	for _, refuses := range []bool{true, false} {
		u.mu.Lock()
		u.refuses = refuses
		u.mu.Unlock()
		callback := s.allow()
		s.fetch("page", http.MethodGet, callback, "", nil)
		u.mu.Lock()
		if u.verifier == "" || (u.key == "") != refuses {
			s.Fatalf("the provider has seen the verifier %q and given the key %q", u.verifier, u.key)
		}
		s.marks[fmt.Sprintf("the verifier, refused %v,", refuses)] = u.verifier
		if !refuses {
			s.marks["the key of who has signed in"] = u.key
		}
		u.mu.Unlock()
		s.fetch("page", http.MethodGet, callback, "", nil) // nobody waits for it any more
	}
	s.allow()
	s.fetch("page", http.MethodGet, "/sign-in/parallel/callback?"+url.Values{
		"code": {s.marks["a code of somebody else"]}, "state": {s.marks["a state of somebody else"]}, "error": {s.marks["a code of somebody else"]}, "error_description": {s.marks["a state of somebody else"]},
	}.Encode(), "", nil)

	var made []string
	for i, input := range []string{"by who signed in", "refuse who signed in", "echo who signed in"} {
		form := url.Values{"upstream": {"parallel"}, "processor": {"lite"}, "input": {openMark + " " + input}, "output": {"text"}, "token": {fmt.Sprint("signed in ", i)}}
		resp, text := s.ask("page", http.MethodPost, "/tasks", form.Encode(), asFormBody)
		id, isTask := strings.CutPrefix(resp.Header.Get("Location"), "/tasks/")
		if !isTask {
			s.Fatalf("%s: %d %.500s", input, resp.StatusCode, text)
		}
		s.p.finished(id)
		made = append(made, id)
	}
	if !strings.Contains(s.up.echoed, s.marks["the key of who has signed in"]) {
		s.Error("the key of who has signed in was not spent")
	}
	return made
}

// allow goes to the provider and comes back: it returns where the browser is sent, which holds the code.
func (s *secretRun) allow() string {
	page := s.fetch("page", http.MethodPost, "/sign-in/parallel", "", asFormBody)
	leaving := regexp.MustCompile(`content="0;url=([^"]+)"`).FindSubmatch(page)
	if leaving == nil {
		s.Fatalf("signing in begins with %.500s", page)
	}
	callback, err := sandbox.SignIn(s.Context(), http.DefaultClient, html.UnescapeString(string(leaving[1])), "")
	if err != nil {
		s.Fatal(err)
	}
	back, err := url.Parse(callback)
	if err != nil {
		s.Fatal(err)
	}
	for _, name := range []string{"code", "state"} {
		s.marks[fmt.Sprintf("%s %d", name, len(s.marks))] = back.Query().Get(name)
	}
	return back.RequestURI()
}

// visit is what somebody without a token does on an open server.
func (s *secretRun) visit() {
	s.jar = jar{}
	navigates := http.Header{"Sec-Fetch-Mode": {"navigate"}}
	s.fetch("page", http.MethodGet, "/", "", navigates)
	if len(s.jar) == 0 {
		s.Error("a visitor gets no cookie")
	}
	form := url.Values{"upstream": {"parallel"}, "processor": {"lite"}, "input": {openMark}, "output": {"text"}, "token": {"visitor"}, "api_key": {s.marks["the user's API key"]}}
	s.fetch("page", http.MethodPost, "/tasks", form.Encode(), asFormBody)
	s.fetch("page", http.MethodGet, "/tasks", "", navigates)
}
