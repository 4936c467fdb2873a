package snippet_test

import (
	"encoding/json"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/taskyard/taskyard/internal/snippet"
	"github.com/taskyard/taskyard/parallel"
)

// nasty is text that means something in one of the languages, in their strings or in a page.
const nasty = "'single' \"double\" `back` ${x} $HOME $(rm -rf /) %s %!d(MISSING) {{.}} {x}\n\tnew line \\n \\u0041 \\' \"\"\" ''' </script> <!-- & \u2028 é 漢 😀 \uFEFF \x7f JSON EOF #"

// written asks for a program that must be there.
func written(t testing.TB, language, request, betas, baseURL string) string {
	t.Helper()
	code, err := snippet.Of(language, json.RawMessage(request), betas, baseURL)
	if err != nil {
		t.Fatalf("%s: %v", language, err)
	}
	return code
}

func TestStringsKeepTheirMeaningInEachLanguage(t *testing.T) {
	for _, c := range []struct{ json, language, want string }{
		{`"it's"`, "http", `"input": "it's"`},
		{`"it's"`, "curl", `"input": "it'\''s"`},
		{`"$(rm) ${x} %s !"`, "curl", `"input": "$(rm) ${x} %s !"`},
		{"\"a `b` ${c}\"", "typescript", "input: \"a `b` ${c}\","},
		{`"</script>"`, "typescript", `input: "</script>",`},
		{`"a\/b \\/ \\\/"`, "typescript", `input: "a\/b \\/ \\\/",`},
		{`"a\/b \\/ \\\/"`, "python", `"input": "a/b \\/ \\/",`},
		{`"\ud83d\ude00 \ud83d \ude00\u0041"`, "python", `"input": "\U0001f600 \ud83d \ude00\u0041",`},
		{`"\ud83d\u0041"`, "python", `"input": "\ud83d\u0041",`},
		{`"\"\"\" ''' {x} %s"`, "python", `"input": "\"\"\" ''' {x} %s",`},
		{"\"a `b` \uFEFF\"", "go", `"input": "a \u0060b\u0060 \ufeff"`},
		{`"a\nb"`, "go", `"input": "a\nb"`},
		{"\"\xff\"", "go", `"input": "` + "\uFFFD" + `"`},
	} {
		if code := written(t, c.language, `{"input":`+c.json+`}`, "", ""); !strings.Contains(code, c.want) {
			t.Errorf("%s of %s lacks %s:\n%s", c.language, c.json, c.want, code)
		}
	}
}

func TestValuesOfOtherKindsAreTheLanguagesOwn(t *testing.T) {
	request := `{"a":true,"b":false,"c":null,"d":[1,-2.50,1E5,"true"],"e":{},"f":[],"not a name":{"__proto__":1},"n\u0061me":"null"}`
	for language, want := range map[string]string{
		"go": `{
  "a": true,
  "b": false,
  "c": null,
  "d": [
    1,
    -2.50,
    1E5,
    "true"
  ],
  "e": {},
  "f": [],
  "not a name": {
    "__proto__": 1
  },
  "n\u0061me": "null"
}`,
		"typescript": `{
    a: true,
    b: false,
    c: null,
    d: [
      1,
      -2.50,
      1E5,
      "true",
    ],
    e: {},
    f: [],
    "not a name": {
      ["__proto__"]: 1,
    },
    name: "null",
  }`,
		"python": `{
    "a": True,
    "b": False,
    "c": None,
    "d": [
        1,
        -2.50,
        1E5,
        "true",
    ],
    "e": {},
    "f": [],
    "not a name": {
        "__proto__": 1,
    },
    "n\u0061me": "null",
}`,
	} {
		if code := written(t, language, request, "", ""); !strings.Contains(code, want) {
			t.Errorf("%s lacks\n%s\nin\n%s", language, want, code)
		}
	}
}

// Whoever copies a program copies no secret: neither those of the request nor what stands for them here.
func TestSecretsComeFromTheEnvironment(t *testing.T) {
	const request = `{"input":"x","mcp_servers":[{"name":"My docs","headers":{"Authorization":"hush-1","x-team":"hush-2"}},{"name":"My docs","headers":{"authorization":"[sealed]"}},` +
		`{"headers":["hush-3"]},{"name":"odd","headers":"hush-4"},{"name":"in address","url":"https://m.example/?token=hush-6"},{"name":"sealed","url":"[sealed]"}],"webhook":{"url":"https://example.com/hush-5","event_types":["task_run.status"]},"metadata":{"url":"kept"}}`
	names := []string{"MCP_MY_DOCS_AUTHORIZATION", "MCP_MY_DOCS_X_TEAM", "MCP_MY_DOCS_AUTHORIZATION_2", "MCP_HEADER", "MCP_ODD", "MCP_IN_ADDRESS_URL", "MCP_SEALED_URL", "WEBHOOK_URL"}
	for language, form := range map[string]string{
		"http": `"$%"`, "curl": `"'"$%"'"`, "typescript": `process.env.% ?? ""`, "python": `os.environ["%"]`, "go": "` + secret(\"%\") + `",
	} {
		code := written(t, language, request, "", "")
		for _, name := range names {
			if want := strings.ReplaceAll(form, "%", name); strings.Count(code, want) != 1 {
				t.Errorf("%s has %d times %s", language, strings.Count(code, want), want)
			}
			if language != "http" && !strings.Contains(code, ", "+name) {
				t.Errorf("%s does not say that it reads %s", language, name)
			}
		}
		if strings.Contains(code, "hush") || strings.Contains(code, "[sealed]") || !strings.Contains(code, `"kept"`) {
			t.Errorf("%s:\n%s", language, code)
		}
		if !strings.Contains(code, "PARALLEL_API_KEY") {
			t.Errorf("%s reads no key", language)
		}
	}
}

// What upstream will refuse is shown as well, and holds the same secrets.
func TestMisspeltSecretsComeFromTheEnvironmentToo(t *testing.T) {
	for _, request := range []string{
		`{"Webhook":{"URL":"https://example.com/hush"}}`, `{"webhook":"https://example.com/hush"}`,
		`{"mcpServers":[{"Headers":{"a":"hush"}}]}`, `{"MCP_servers":{"name":"docs","headers":{"a":"hush"}}}`,
	} {
		for _, l := range snippet.Languages() {
			if code := written(t, l.Name, request, "", ""); strings.Contains(code, "hush") {
				t.Errorf("%s, %s:\n%s", request, l.Name, code)
			}
		}
	}
}

// What was sealed of an odd shape is read from the environment as well: a program that sent the mark would be wrong.
func TestWhatIsSealedInOddPlacesComesFromTheEnvironment(t *testing.T) {
	for request, variable := range map[string]string{
		`{"webhook":"[sealed]"}`: "WEBHOOK_URL", `{"webhook":{"signing":"[sealed]"}}`: "WEBHOOK_SIGNING", `{"mcp_servers":"[sealed]"}`: "MCP",
		`{"mcpServers":[{"name":"docs","authorization-token":"[sealed]"}]}`: "MCP_AUTHORIZATION_TOKEN", `{"mcp_servers":["[sealed]"]}`: "MCP",
	} {
		for _, l := range snippet.Languages() {
			if code := written(t, l.Name, request, "", ""); strings.Contains(code, "[sealed]") || !strings.Contains(code, variable) {
				t.Errorf("%s, %s:\n%s", request, l.Name, code)
			}
		}
	}
}

func TestBaseURLIsWrittenWhereItHasToBe(t *testing.T) {
	for _, l := range snippet.Languages() {
		knowsIt := l.Name == "typescript" || l.Name == "go"
		for _, own := range []string{"", parallel.DefaultBaseURL, parallel.DefaultBaseURL + "/"} {
			code := written(t, l.Name, `{}`, "", own)
			if strings.Contains(code, parallel.DefaultBaseURL) == knowsIt || strings.Contains(code, "baseURL") {
				t.Errorf("%s with the base URL %q:\n%s", l.Name, own, code)
			}
		}
		if code := written(t, l.Name, `{}`, "", "http://127.0.0.1:8090/a'b"); !strings.Contains(code, "http://127.0.0.1:8090/a") {
			t.Errorf("%s with a base URL of its own:\n%s", l.Name, code)
		}
	}
}

func TestBetasAreSent(t *testing.T) {
	for language, want := range map[string]string{
		"http": "parallel-beta: a-1,b'2\n", "curl": `'parallel-beta: ''a-1,b'\''2' "$@"`, "typescript": `{ "parallel-beta": "a-1,b'2" }`,
		"python": `"parallel-beta": "a-1,b'2",`, "go": `parallel.WithBetas("a-1", "b'2"),`,
	} {
		if code := written(t, language, `{}`, " a-1,, b'2 ", ""); !strings.Contains(code, want) {
			t.Errorf("%s lacks %s:\n%s", language, want, code)
		}
		if code := written(t, language, `{}`, " , ", ""); strings.Contains(strings.ToLower(code), "beta") {
			t.Errorf("%s without betas has some:\n%s", language, code)
		}
	}
}

func TestWhatCannotBeWrittenIsRefused(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 100)
	for name, c := range map[string]struct{ language, request, betas, base, want string }{
		"an unknown language":        {"cobol", `{}`, "", "", "cobol"},
		"no JSON":                    {"go", `{"a"`, "", "", "not JSON"},
		"nothing":                    {"go", ``, "", "", "not JSON"},
		"two values":                 {"go", `{} {}`, "", "", "not JSON"},
		"an array":                   {"go", `[]`, "", "", "object"},
		"a text":                     {"go", `"a"`, "", "", "object"},
		"too deep":                   {"python", `{"a":` + deep + `}`, "", "", "100 levels"},
		"a number beyond Python's":   {"python", `{"a":[1e400]}`, "", "", "too large"},
		"a number beyond JavaScript": {"typescript", `{"a":-1e400}`, "", "", "too large"},
		"a beta with a line end":     {"http", `{}`, "a\nx-other: b", "", "beta"},
		"another scheme":             {"go", `{}`, "", "ftp://example.com", "base URL"},
		"credentials":                {"go", `{}`, "", "https://me:hush@example.com", "credentials"},
		"a query":                    {"go", `{}`, "", "https://example.com?key=hush", "credentials"},
	} {
		code, err := snippet.Of(c.language, json.RawMessage(c.request), c.betas, c.base)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hush") || code != "" {
			t.Errorf("%s: %q, %v", name, code, err)
		}
	}
	for _, language := range []string{"http", "curl", "go"} {
		written(t, language, `{"a":1e400}`, "", "") // it is JSON there
	}
	written(t, "python", deep, "", "")
}

// goRequest is the request that a Go program holds.
func goRequest(t testing.TB, code string) (request string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "main.go", code, 0)
	if err != nil {
		t.Fatalf("%v\n%s", err, code)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok && spec.Names[0].Name == "request" {
			request, err = strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		}
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return request
}

func TestGoProgramsAreFormatted(t *testing.T) {
	for _, request := range []string{`{"input":"x"}`, `{"webhook":{"url":"x"}}`} {
		for _, base := range []string{"", "http://127.0.0.1:8090"} {
			for _, betas := range []string{"", "a,b"} {
				code := written(t, "go", request, betas, base)
				if formatted, err := format.Source([]byte(code)); err != nil || string(formatted) != code {
					t.Errorf("%v, or gofmt changes\n%s\nto\n%s", err, code, formatted)
				}
			}
		}
	}
}

// FuzzOf sees that nobody's request becomes code: what a Go program holds is the request, and all languages agree on
// what can be written.
func FuzzOf(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":[1,{"b":"\u0060 ` + "`" + `"}]}`, `{"a":"\\\"","a":2}`, ` { "x" : [ ] } `, "{\"\xff\":\"\ufeff\"}", "{\"\xff\":\"\xef\xbb1\"}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, request []byte) {
		code, err := snippet.Of("go", request, "", "")
		if err != nil {
			return
		}
		var want, got any
		if json.Unmarshal(request, &want) != nil {
			t.Skip("numbers that Go does not hold")
		}
		if strings.Contains(code, "secret(") {
			t.Skip("the program reads some of it from the environment")
		}
		if err := json.Unmarshal([]byte(goRequest(t, code)), &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%v: %v, not %v\n%s", err, got, want, code)
		}
		for _, l := range snippet.Languages() {
			if _, err := snippet.Of(l.Name, request, "", ""); err != nil {
				t.Errorf("%s: %v", l.Name, err)
			}
		}
	})
}

func TestGoHoldsTheRequest(t *testing.T) {
	quoted, err := json.Marshal(nasty)
	if err != nil {
		t.Fatal(err)
	}
	request := `{"input":` + string(quoted) + `}`
	var got struct{ Input string }
	if err := json.Unmarshal([]byte(goRequest(t, written(t, "go", request, "", ""))), &got); err != nil || got.Input != nasty {
		t.Errorf("%v: %q", err, got.Input)
	}
}
