//go:build browser

package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// alarm is a tab in which nothing may happen that a page of ours does not do by itself. What happened is listed as
// "kind: details"; the kinds are dialog, script, policy, request, navigation, frame, window, console and element.
type alarm struct {
	*tab
	base    string // where requests may go
	at      string // the address that the tab was sent to
	tripped []string
}

// wires reports vectors that run (they set __tripped) and violations of the policy, from the first moment of each document.
const wires = `(() => {
	const tell = window.tripwire;
	Object.defineProperty(window, "__tripped", { set: (n) => tell("script: vector " + n) });
	addEventListener("securitypolicyviolation", (e) => tell("policy: " + e.effectiveDirective + " " + e.blockedURI + " " + e.sample), true);
})()`

// census lists what a document holds that no page of ours does.
//
//go:embed testdata/census.js
var census string

func armed(b *tab, base string) *alarm {
	b.Helper()
	a := &alarm{tab: b, base: base}
	if err := chromedp.Listen(b.ctx, a.hear); err != nil {
		b.Fatal(err)
	}
	if _, err := chromedp.Call(b.ctx, runtime.AddBinding, runtime.AddBindingParams{Name: "tripwire"}); err != nil {
		b.Fatal(err)
	}
	if _, err := chromedp.Call(b.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: wires}); err != nil {
		b.Fatal(err)
	}
	return a
}

// hear takes the browser's events in the order in which they come, before a command that follows them returns.
func (a *alarm) hear(event any) {
	switch e := event.(type) {
	case *page.EventJavascriptDialogOpening:
		a.trip("dialog", e.Message)
		go func() { // the page waits for it; the tab's end ends it
			_, _ = chromedp.Call(a.ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true})
		}()
	case *runtime.EventBindingCalled:
		kind, details, _ := strings.Cut(e.Payload, ": ")
		a.trip(kind, details)
	case *runtime.EventExceptionThrown:
		a.trip("console", e.ExceptionDetails.Text)
	case *log.EventEntryAdded:
		isOddDate := strings.Contains(e.Entry.Text, "does not conform to the required format") // a field that shows what a date was given as
		if !isOddDate && e.Entry.Source != log.EntrySourceNetwork && e.Entry.Level != log.EntryLevelVerbose && e.Entry.Level != log.EntryLevelInfo {
			a.trip(map[bool]string{true: "policy", false: "console"}[strings.Contains(e.Entry.Text, "Content Security Policy")], e.Entry.Text)
		}
	case *network.EventRequestWillBeSent:
		if !strings.HasPrefix(e.Request.URL, a.base) && !strings.HasPrefix(e.Request.URL, "data:") { // the browser's own controls have such images
			a.trip("request", e.Request.URL)
		}
	case *page.EventFrameAttached:
		a.trip("frame", string(e.FrameID))
	case *page.EventWindowOpen:
		a.trip("window", e.URL)
	case *page.EventFrameRequestedNavigation:
		a.trip("navigation", e.URL)
	case *page.EventFrameNavigated:
		if e.Frame.URL != a.at && e.Frame.URL != "about:blank" {
			a.trip("navigation", e.Frame.URL)
		}
	}
}

func (a *alarm) trip(kind, details string) {
	a.note(&a.tripped, kind+": "+fmt.Sprintf("%.300s", details))
}

// hand gives the tab to a part of a test. What has tripped when that gives up is told.
func (a *alarm) hand(t *testing.T) {
	a.T = t
	t.Cleanup(func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		for _, trip := range a.tripped[:min(len(a.tripped), 12)] {
			t.Error(trip)
		}
	})
}

// visit goes to an address and waits until it is there.
func (a *alarm) visit(path string) {
	a.Helper()
	a.mu.Lock()
	a.at, _, _ = strings.Cut(a.base+path, "#")
	a.mu.Unlock()
	a.open(a.base + path)
	a.wait(`document.readyState === "complete"`)
}

// inspect adds to what tripped what the document holds that it must not.
func (a *alarm) inspect() {
	a.Helper()
	var found []string
	if err := json.Unmarshal([]byte(a.text(`JSON.stringify((`+census+`)(document))`)), &found); err != nil {
		a.Fatal(err)
	}
	for _, f := range found {
		a.trip("element", f)
	}
}

// taken returns what tripped since the last call, each once.
func (a *alarm) taken() []string {
	a.Helper()
	a.text(`1`) // what was on its way has arrived when this returns
	a.mu.Lock()
	defer a.mu.Unlock()
	list := a.tripped
	a.tripped = nil
	slices.Sort(list)
	return slices.Compact(list)
}

// quiet fails for all that tripped.
func (a *alarm) quiet(where string) {
	a.Helper()
	a.inspect()
	for i, trip := range a.taken() {
		if i == 12 {
			a.Errorf("%s: and more", where)
			break
		}
		a.Errorf("%s: %s", where, trip)
	}
}

func (a *alarm) scripts(on bool) {
	a.Helper()
	if _, err := chromedp.Call(a.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on}); err != nil {
		a.Fatal(err)
	}
}

// planted are pages that do each what no vector may do, and what must be told of them.
var planted = []struct {
	name, markup, policy string
	want                 []string
	anyway               bool // it happens without scripts too
}{
	{"a quiet page", `<p>Nothing</p>`, "", nil, true},
	{"alert", `<script>alert(1)</script>`, "", []string{"dialog: 1", "element: script"}, false},
	{"confirm", `<script>confirm(1)</script>`, "", []string{"dialog: 1"}, false},
	{"prompt", `<script>prompt(1)</script>`, "", []string{"dialog: 1"}, false},
	{"a script that runs", `<script>window.__tripped=7</script>`, "", []string{"script: vector 7"}, false},
	{"an attribute that runs", `<img src=x onerror=window.__tripped=7>`, "", []string{"script: vector 7", "element: img onerror"}, false},
	{"a script in a frame", `<iframe srcdoc="<script>parent.__tripped=7</script>"></iframe>`, "", []string{"script: vector 7", "frame:", "element: iframe"}, false},
	{"a frame", `<iframe srcdoc=x></iframe>`, "", []string{"frame:", "element: iframe"}, true},
	{"an inline script that the policy stops", `<script>window.__tripped=7</script>`, "default-src 'none'", []string{"policy: "}, false},
	{"an attribute that the policy stops", `<b onclick=x autofocus tabindex=1 onfocus=window.__tripped=7>x</b>`, "default-src 'none'", []string{"policy: "}, false},
	{"a style that the policy stops", `<p style="color:red">x</p>`, "default-src 'none'", []string{"policy: "}, true},
	{"an image that the policy stops", `<img src="ELSEWHERE/a.png">`, "default-src 'none'", []string{"policy: ", "element: img src"}, true},
	{"markup of a text", `<script>document.body.innerHTML = "<b>x"</script>`, "script-src 'unsafe-inline'; require-trusted-types-for 'script'", []string{"policy: require-trusted-types-for"}, false},
	{"an image of another origin", `<img src="ELSEWHERE/a.png">`, "", []string{"request: ELSEWHERE/a.png"}, true},
	{"a style sheet of another origin", `<link rel=stylesheet href="ELSEWHERE/a.css">`, "", []string{"request: ELSEWHERE/a.css", "element: link"}, true},
	{"an image within the address", `<img src="data:image/svg+xml,<svg/>">`, "", []string{"element: img src"}, true},
	{"a script that leaves", `<script>setTimeout(() => { location = "/elsewhere" })</script>`, "", []string{"navigation: "}, false},
	{"a page that leaves", `<meta http-equiv=refresh content="0;url=/elsewhere">`, "", []string{"navigation: ", "element: meta"}, true},
	{"a window", `<script>window.open("/elsewhere")</script>`, "", []string{"window: "}, false},
	{"an error", `<script>missing()</script>`, "", []string{"console: "}, false},
	{
		"elements",
		`<script src=//a></script><object></object><embed><base href=/x><form action="ELSEWHERE/"><button formaction="javascript:1">x</button></form><math></math>` +
			`<svg><a href="javascript:1">x</a></svg><a href="javascript:1">x</a><a href="data:,x">x</a><a href="https://a.example">x</a><xss>x</xss><style></style>` +
			`<p id="Zq1">x</p><template><video></video></template><b style="background:url(x)">x</b><input name=x form=Zq2><ty-copy data-url="ELSEWHERE/"></ty-copy>`,
		"default-src 'none'",
		[]string{
			"element: script", "element: object", "element: embed", "element: base", "element: form action", "element: button formaction", "element: math", "element: svg a",
			"element: a href javascript:", "element: a href data:", "element: a rel", "element: xss", "element: style", "element: p id", "element: video", "element: b style",
			"element: input form", "element: ty-copy data-url",
		},
		true,
	},
}

// The tripwires of TestXSS trip, each by itself. A test of which nothing can fail is none.
func TestXSSTripwiresTrip(t *testing.T) {
	t.Parallel()
	var markup, policy string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/planted" {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if policy != "" {
			w.Header().Set("Content-Security-Policy", policy)
		}
		fmt.Fprint(w, "<!doctype html><title>Planted</title><body>", markup)
	}))
	t.Cleanup(server.Close)
	elsewhere := strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	b := openBrowser(t)
	a := armed(b, server.URL)
	for _, scripts := range []bool{true, false} {
		a.scripts(scripts)
		for _, p := range planted {
			if !scripts && !p.anyway {
				continue
			}
			markup, policy = strings.ReplaceAll(p.markup, "ELSEWHERE", elsewhere), p.policy
			a.visit("/planted")
			a.inspect()
			told := strings.Join(a.taken(), "\n")
			for _, want := range p.want {
				if want = strings.ReplaceAll(want, "ELSEWHERE", elsewhere); !strings.Contains("\n"+told, "\n"+want) {
					t.Errorf("%s, scripts %v: it told\n%s\nand not %q", p.name, scripts, told, want)
				}
			}
			if len(p.want) == 0 && told != "" {
				t.Errorf("%s, scripts %v: it told\n%s", p.name, scripts, told)
			}
		}
	}
}
