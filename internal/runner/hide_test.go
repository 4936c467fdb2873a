package runner

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/parallel"
)

const (
	hiddenRequest = `{"input":"x","webhook":{"url":"https://hooks.example.com/T0/s3cr3t-path?token=t0ken-of-a-h00k"},
		"mcp_servers":[{"name":"m","headers":{"Authorization":"Bearer A1b2\"C3/d4&e5","Accept":"application/json","X-Short":"a1"}},{"name":"n","headers":["l1st-of-odd-shape"]}]}`
	shownRequest = `{"input":"x","webhook":{"url":"[sealed]"},
		"mcp_servers":[{"name":"m","headers":{"Authorization":"[sealed]","Accept":"[sealed]","X-Short":"[sealed]"}},{"name":"n","headers":"[sealed]"}]}`
)

func testHider() *hider {
	key := taskyard.Hide("k3y-of-the-user")
	return newHider(key, taskyard.Secret{APIKey: key, Request: taskyard.Hide(hiddenRequest)}, json.RawMessage(shownRequest))
}

func TestSecretsAreBlottedOutOfWhatUpstreamSays(t *testing.T) {
	h := testHider()
	for name, row := range map[string]struct{ said, want string }{
		"the key":                 {`{"m":"no such key: k3y-of-the-user!"}`, `{"m":"no such key: [secret]!"}`},
		"the address":             {`{"m":"cannot call https://hooks.example.com/T0/s3cr3t-path?token=t0ken-of-a-h00k"}`, `{"m":"cannot call [secret]"}`},
		"its path":                {`["POST /T0/s3cr3t-path?token=t0ken-of-a-h00k: 404"]`, `["POST [secret]: 404"]`},
		"its token":               {`["t0ken-of-a-h00k"]`, `["[secret]"]`},
		"a header":                {`["Bearer A1b2\"C3/d4&e5"]`, `["[secret]"]`},
		"the token of a header":   {`["token A1b2\"C3/d4&e5"]`, `["token [secret]"]`},
		"as browsers need it":     {`["A1b2\"C3/d4\u0026e5"]`, `["[secret]"]`},
		"headers of an odd shape": {`["l1st-of-odd-shape"]`, `["[secret]"]`},
		"as a name":               {`{"k3y-of-the-user":1}`, `{"[secret]":1}`},
		"behind an escaped quote": {`["\"k3y-of-the-user\\",2]`, `["\"[secret]\\",2]`},
		"what is a word":          {`["application/json"]`, `["application/json"]`},
		"what is short":           {`["a1"]`, `["a1"]`},
		"nothing of it":           {`{"a": 1.50, "b":"\u00e9"}`, `{"a": 1.50, "b":"\u00e9"}`},
		"a text without an end":   {`["k3y-of-the-user`, `["[secret]`},
	} {
		if got := string(h.json(json.RawMessage(row.said))); got != row.want {
			t.Errorf("%s: %s, want %s", name, got, row.want)
		}
	}
	if got := h.text("401: the key \"k3y-of-the-user\" and Bearer A1b2\"C3/d4&e5"); got != `401: the key "[secret]" and [secret]` {
		t.Errorf("as text: %s", got)
	}
}

// Digits that are a secret are so within texts only: a number in JSON is left, or it would be no JSON any more.
func TestNumbersAreNoSecrets(t *testing.T) {
	h := newHider(taskyard.Hide("123456789012"), taskyard.Secret{}, nil)
	const said = `{"at":1234567890123,"text":"1234567890123"}`
	if got := string(h.json(json.RawMessage(said))); got != `{"at":1234567890123,"text":"[secret]3"}` {
		t.Error(got)
	}
}

func TestEverythingThatIsStoredIsBlottedOut(t *testing.T) {
	h := testHider()
	const said = "it has k3y-of-the-user in it"
	raw := json.RawMessage(`"` + said + `"`)
	activity := &taskyard.Activity{Reason: said}
	failed := &taskyard.TaskError{Message: said, Detail: raw}
	given := taskyard.Change{Activity: activity, Error: failed, Warnings: raw, Result: raw, Search: said}
	text, err := json.Marshal(h.change(given))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "k3y-of") || strings.Count(string(text), "[secret]") != 6 {
		t.Errorf("%s", text)
	}
	if activity.Reason != said || failed.Message != said {
		t.Error("the caller's own was changed")
	}
	var none *hider
	if got := none.change(given); got.Search != said || string(none.json(raw)) != string(raw) || none.text(said) != said {
		t.Error("without secrets something is hidden")
	}
}

// Whatever upstream says and whatever a key is, what is stored of it is JSON, and has the key neither as it is written
// nor, where upstream writes it as we do, as it is read.
func FuzzBlottingKeepsJSON(f *testing.F) {
	f.Add(`{"k3y-of-the-user":["\\\"k3y-of-the-user"]}`, "k3y-of-the-user")
	f.Add(`{"a":123456789012}`, "123456789012")
	f.Add(`["\token-of-the-user","token-of-the-user\n"]`, "token-of-the-user") // which is not in the first: that is a tab, and what follows
	f.Add(`["\u00e9","\\u00e9u00e9-u00e9"]`, "u00e9u00e9-u00e9")
	f.Fuzz(func(t *testing.T, said, key string) {
		if !json.Valid([]byte(said)) {
			return
		}
		h := newHider(taskyard.Hide(key), taskyard.Secret{}, nil)
		got := h.json(json.RawMessage(said))
		if !json.Valid(got) {
			t.Errorf("%s became %s", said, got)
		}
		var value any
		if json.Unmarshal([]byte(said), &value) != nil || len(key) < leastHidden || overlaps(key, taskyard.HiddenText) || !utf8.ValidString(key) {
			return
		}
		asWeWrite, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		eachText(h.json(asWeWrite), func(text string) {
			if strings.Contains(text, key) {
				t.Errorf("%q is left in %q", key, text)
			}
		})
	})
}

// Whatever a secret is and wherever upstream repeats it in an error, it is neither in the error's text nor in its detail.
func FuzzConceal(f *testing.F) {
	f.Add("Bearer hush-hush", "no: ", " is no token")
	f.Add("token-abc", "\t", "oken-abc")
	f.Add(strings.Repeat("\\", minConcealed), "\\", "\\")
	f.Add("<script>\u2028", "\"", "\n")
	f.Add("token-abc", "\token-abc and ", "") // a tab and "oken-abc", which within JSON reads like the secret behind a backslash
	f.Fuzz(func(t *testing.T, secret, before, after string) {
		said := before + secret + after
		if len(secret) < minConcealed || !utf8.ValidString(secret) || !utf8.ValidString(said) || overlaps(secret, taskyard.Redacted) {
			return
		}
		written := asJSON(said)
		for _, form := range written {
			api := &parallel.APIError{Message: said, Detail: slices.Concat([]byte(`["`), form, []byte(`"]`))}
			conceal(api, json.RawMessage(`{"a":"[sealed]"}`), slices.Concat([]byte(`{"a":"`), asJSON(secret)[0], []byte(`"}`)))
			var detail []string
			if err := json.Unmarshal(api.Detail, &detail); err != nil {
				t.Fatalf("the detail %q: %v", api.Detail, err)
			}
			if strings.Contains(api.Message, secret) || strings.Contains(detail[0], secret) {
				t.Errorf("%q is left in %q and %q", secret, api.Message, detail)
			}
		}
	})
}

// overlaps reports whether what stands in place of a secret could be a part of it, or it a part of that together with
// what is beside it.
func overlaps(secret, word string) bool {
	if strings.Contains(secret, word) || strings.Contains(word, secret) {
		return true
	}
	for n := 1; n < len(word); n++ {
		if strings.HasPrefix(secret, word[n:]) || strings.HasSuffix(secret, word[:n]) {
			return true
		}
	}
	return false
}
