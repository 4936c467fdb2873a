package httpapi

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// contract is openapi.json made stricter: a field that it does not list is a fault of the answer.
var contract = sync.OnceValue(func() *openapi3.T {
	var doc any
	must(json.Unmarshal(openAPI, &doc))
	closeObjects(doc)
	strict, err := json.Marshal(doc)
	must(err)
	t, err := openapi3.NewLoader().LoadFromData(strict)
	must(err)
	openapi3filter.RegisterBodyDecoder("text/event-stream", func(body io.Reader, _ http.Header, _ *openapi3.SchemaRef, _ openapi3filter.EncodingFn) (any, error) {
		b, err := io.ReadAll(body)
		return string(b), err
	})
	return t
})

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func closeObjects(v any) {
	switch v := v.(type) {
	case map[string]any:
		if _, isObject := v["properties"].(map[string]any); isObject && v["additionalProperties"] == nil {
			v["additionalProperties"] = false
		}
		for _, member := range v {
			closeObjects(member)
		}
	case []any:
		for _, element := range v {
			closeObjects(element)
		}
	}
}

// server is an API over a memory, whose every answer is held against the contract.
type server struct {
	*memory
	mux *http.ServeMux
}

func newServer(configure ...func(*Config)) *server {
	m := newMemory()
	c := Config{Store: m, Service: m, Live: m, Version: "test"}
	for _, f := range configure {
		f(&c)
	}
	s := &server{memory: m, mux: http.NewServeMux()}
	New(c).Register(s.mux)
	return s
}

// do serves a request and checks the answer.
func (s *server) do(t *testing.T, r *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	s.mux.ServeHTTP(w, r)
	checkAnswer(t, r, w.Code, w.Header(), w.Body.Bytes())
	return w
}

func (s *server) get(t *testing.T, target string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	return s.do(t, newRequest("GET", target, "", headers...))
}

func (s *server) post(t *testing.T, target, body string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	return s.do(t, newRequest("POST", target, body, headers...))
}

// newRequest makes a request; headers are names and values in turn.
func newRequest(method, target, body string, headers ...string) *http.Request {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return r
}

// checkAnswer holds an answer against the contract, and against what all answers promise.
func checkAnswer(t *testing.T, r *http.Request, status int, h http.Header, body []byte) {
	t.Helper()
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
		"Content-Security-Policy": "default-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'", "X-Frame-Options": "DENY",
	} {
		if got := h.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	item := contract().Paths.Value(r.Pattern)
	if item == nil || item.GetOperation(method) == nil {
		if status != http.StatusNotFound && status != http.StatusMethodNotAllowed {
			t.Fatalf("%s %s is not in the document and answers %d", r.Method, r.Pattern, status)
		}
		checkSchema(t, "Problem", body)
		return
	}
	input := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{
			Request: r,
			Route:   &routers.Route{Spec: contract(), Path: r.Pattern, PathItem: item, Method: method, Operation: item.GetOperation(method)},
		},
		Status: status, Header: h, Body: io.NopCloser(bytes.NewReader(body)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true},
	}
	if err := openapi3filter.ValidateResponse(t.Context(), input); err != nil {
		t.Errorf("%s %s answers %d against openapi.json: %v", r.Method, r.URL.Path, status, err)
	}
	if status >= 400 {
		var p problem
		must(json.Unmarshal(body, &p))
		if p.Status != status || p.RequestID != h.Get(requestIDHeader) {
			t.Errorf("the problem says %d and %q, the headers %d and %q", p.Status, p.RequestID, status, h.Get(requestIDHeader))
		}
	}
}

// checkSchema holds a value against a component of the contract.
func checkSchema(t *testing.T, name string, body []byte) {
	t.Helper()
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatalf("%q is not JSON: %v", body, err)
	}
	schema := contract().Components.Schemas[name]
	if err := schema.Value.VisitJSON(v, openapi3.EnableJSONSchema2020(), openapi3.MultiErrors()); err != nil {
		t.Errorf("%s against openapi.json's %s: %v", body, name, err)
	}
}

// problemOf reads a problem document.
func problemOf(t *testing.T, w *httptest.ResponseRecorder) problem {
	t.Helper()
	var p problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	return p
}
