//go:build browser

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/taskyard/taskyard/parallel/sandbox"
)

// tab is one page of a browser.
type tab struct {
	*testing.T
	ctx   context.Context
	mu    sync.Mutex // guards what follows
	said  []string   // errors in its console
	asked []string   // addresses that it requested
}

// openBrowser starts a browser for the length of the test and returns its first tab. On a machine that is very busy one
// sometimes ends while it starts; then another is started.
func openBrowser(t *testing.T) *tab {
	t.Helper()
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("disable-dev-shm-usage", true))
	alloc, stop := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(stop)
	for try := 1; ; try++ {
		ctx, cancel := chromedp.NewContext(alloc)
		ctx, stopWaiting := context.WithTimeout(ctx, 20*patience) // a test with many pages takes minutes there
		err := chromedp.Do(ctx, chromedp.Navigate("about:blank"))
		if err != nil && try < 3 {
			stopWaiting()
			cancel()
			continue
		}
		t.Cleanup(cancel)
		t.Cleanup(stopWaiting)
		if err != nil {
			t.Fatal(err)
		}
		return listenIn(t, ctx)
	}
}

// another opens another tab of the same browser.
func (b *tab) another() *tab {
	b.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx)
	b.Cleanup(cancel)
	return listenIn(b.T, ctx)
}

// apart opens a tab that shares neither cookies nor anything else with the others, as another person's browser.
func (b *tab) apart() *tab {
	b.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	b.Cleanup(cancel)
	return listenIn(b.T, ctx)
}

// listenIn collects what a tab complains about and where it goes.
func listenIn(t *testing.T, ctx context.Context) *tab {
	t.Helper()
	b := &tab{T: t, ctx: ctx}
	b.do(chromedp.Navigate("about:blank"))
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	messages, requests := chromedp.Console(ctx), chromedp.Events(ctx, network.RequestWillBeSent)
	go func() { // ends with the tab
		for m, err := range messages {
			if err != nil {
				return
			}
			b.note(&b.said, fmt.Sprint(m.Type, ": ", m.Text))
		}
	}()
	go func() { // ends with the tab
		for e, err := range requests {
			if err != nil {
				return
			}
			b.note(&b.asked, e.Request.URL)
		}
	}()
	return b
}

func (b *tab) note(list *[]string, s string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	*list = append(*list, s)
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.Fatal(err)
	}
}

func (b *tab) open(url string) { b.Helper(); b.do(chromedp.Navigate(url)) }

// is evaluates a condition.
func (b *tab) is(js string) bool {
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool]("Boolean("+js+")"))
	return err == nil && v
}

// text evaluates an expression that is a string.
func (b *tab) text(js string) string {
	b.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[string]("String("+js+")"))
	if err != nil {
		b.Fatalf("%s: %v", js, err)
	}
	return v
}

// run evaluates statements.
func (b *tab) run(js string) { b.Helper(); b.text("(() => {" + js + "})()") }

// click clicks an element that the page may be replacing at this moment.
func (b *tab) click(selector string) {
	b.Helper()
	b.wait("document.querySelector(`" + selector + "`)")
	b.run("document.querySelector(`" + selector + "`).click()")
}

// wait waits until a condition holds.
func (b *tab) wait(js string) {
	b.Helper()
	await(b.T, js, func() bool { return b.is(js) }, func() string {
		b.picture("failed")
		return b.text("document.body.innerText.slice(0, 3000)")
	})
}

// picture keeps what the tab shows, where TASKYARD_PICTURES names a folder.
func (b *tab) picture(name string) {
	folder := os.Getenv("TASKYARD_PICTURES")
	if folder == "" {
		return
	}
	png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, strings.ReplaceAll(b.Name(), "/", "-")+"-"+name+".png"), png, 0o600)
	}
	if err != nil {
		b.Errorf("picture: %v", err)
	}
}

// checkQuiet finds errors in the console and requests that left the server.
func (b *tab) checkQuiet(base string) {
	b.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range b.said {
		if strings.HasPrefix(s, "error") || strings.HasPrefix(s, "exception") || strings.HasPrefix(s, "warning") {
			b.Errorf("the console says %s", s)
		}
	}
	for _, url := range b.asked {
		if !strings.HasPrefix(url, base) && !strings.HasPrefix(url, "data:") && url != "about:blank" {
			b.Errorf("the page asked for %s", url)
		}
	}
}

// startDemo runs the README's command, and waits for its two examples: it makes them only while there is no other task.
// One second of it is scale simulated ones.
func startDemo(t *testing.T, scale float64) *process {
	t.Helper()
	return startDemoOn(t, filepath.Join(t.TempDir(), "demo.db"), scale)
}

func startDemoOn(t *testing.T, database string, scale float64) *process {
	t.Helper()
	p := start(t, envFor(database), "demo", "--addr", "127.0.0.1:0", "--database", database, "--simulator-scale", fmt.Sprint(scale))
	await(t, "the examples", func() bool { return len(p.list()) == 2 }, p.said.String)
	return p
}

// choose marks radio buttons and fills fields of the composer, as input events tell scripts.
func (b *tab) choose(values map[string]string) {
	b.Helper()
	raw, err := json.Marshal(values)
	if err != nil {
		b.Fatal(err)
	}
	b.run(`const form = document.querySelector("form.composer");
		for (const [name, value] of Object.entries(` + string(raw) + `)) {
			const control = form.elements.namedItem(name);
			if (control instanceof RadioNodeList) [...control].find((c) => c.value === value).click();
			else { control.value = value; control.dispatchEvent(new Event("input", { bubbles: true })); }
		}`)
}

const status = `document.querySelector("#task-state")?.dataset.status`

// A new user submits a task in each mode, watches it, reloads in the middle, and finds everything.
func TestThreeModes(t *testing.T) { //nolint:tparallel // its parts are steps in one tab
	t.Parallel()
	p := startDemo(t, 30)
	b := openBrowser(t)
	for _, mode := range []struct {
		name   string
		values map[string]string
		report string // a selector that only this mode's result has
	}{
		{"text", map[string]string{"output": "text", "processor": "pro", "description": "A report with a table"}, "#result .prose table"},
		{"auto", map[string]string{"output": "auto", "processor": "pro"}, "#result .value-field .grid"},
		{"json", map[string]string{"output": "json", "processor": "pro", "schema": `{"type":"object","properties":{"founding_year":{"type":["integer","null"]},` +
			`"people":{"type":"array","items":{"type":"object","properties":{"name":{"type":"string"},"role":{"type":"string"}},"required":["name","role"],"additionalProperties":false}}},` +
			`"required":["founding_year","people"],"additionalProperties":false}`}, "#result .value-field .grid"},
	} {
		t.Run(mode.name, func(t *testing.T) {
			b.T = t
			b.open(p.base + "/")
			b.run(`localStorage.clear()`) // among it the view that the last result was looked at in
			b.choose(map[string]string{"input": "What did " + mode.name + " cost the bicycle makers of Northport?"})
			b.choose(mode.values)
			if word := b.text(`document.querySelector("[data-part=submit-word]").textContent`); word != "Run simulated" {
				t.Errorf("the button says %q", word)
			}
			b.do(chromedp.Click(chromedp.CSS(".main-button")))
			b.wait(`location.pathname.startsWith("/tasks/") && document.querySelector("ty-task")`)
			b.wait(status + ` === "running" && document.querySelectorAll(".event").length > 6`)
			b.wait(`document.querySelector(".conn").dataset.state === "live"`)
			b.picture("live")
			seen := b.text(`document.querySelectorAll(".event").length`)
			b.do(chromedp.Reload())
			b.wait(`document.querySelectorAll(".event").length >= ` + seen)
			b.wait(status + ` === "completed" && document.querySelector(` + fmt.Sprintf("%q", mode.report) + `)`)
			b.picture("report")
			b.checkSequence(p)
			b.click(`.views a[href*="view=table"]`)
			b.wait(`document.querySelector("#result .value-field .evidence")`)
			b.run(`document.querySelector("#result .evidence summary").click()`)
			b.wait(`document.querySelector("#result .citations a[href^='https://'] ")`)
			b.picture("table")
			b.click(`.views a[href*="view=json"]`)
			b.wait(`JSON.parse(document.querySelector("#result pre.json").textContent).output`)
			b.do(chromedp.NavigateBack())
			b.wait(`document.querySelector("#result .value-field")`)
		})
	}
	b.T = t
	b.open(p.base + "/")
	b.wait(`document.querySelectorAll(".home-recent .row").length === 5`)
	b.checkQuiet(p.base)
}

// checkSequence compares the timeline on the page with the log.
func (b *tab) checkSequence(p *process) {
	b.Helper()
	var doc struct{ Events []struct{ Seq int } }
	if err := p.get("/task/"+b.text(`document.querySelector("ty-task").dataset.id`), &doc); err != nil {
		b.Fatal(err)
	}
	want := make([]string, len(doc.Events))
	for i := range want {
		want[i] = fmt.Sprint(i + 1)
	}
	const shown = `[...document.querySelectorAll(".log .event")].map((e) => e.dataset.seq).join()`
	await(b.T, "a timeline as long as the log", func() bool { return b.is(shown + ` === "` + strings.Join(want, ",") + `"`) },
		func() string { return b.text(shown) + ", and the log ends at " + want[len(want)-1] })
}

func TestFailingTaskSaysWhy(t *testing.T) {
	t.Parallel()
	p := startDemo(t, 100)
	b := openBrowser(t)
	b.open(p.base + "/tasks/" + p.submit(`{"upstream":"simulator","processor":"pro","input":"x","metadata":{"sandbox":"fail,warn"}}`))
	b.wait(status + ` === "failed" && document.querySelector("#task-trouble .box[data-tone=fail] code")`)
	if text := b.text(`document.querySelector("#task-trouble").innerText`); !strings.Contains(text, "told to let it fail") || !strings.Contains(text, "warnings from the upstream") {
		t.Errorf("the page says %s", text)
	}
	b.picture("failed-task")
	b.checkQuiet(p.base)
}

// realServer is a server whose upstream is a simulator of its own, reached over the network as Parallel would be.
func realServer(t *testing.T) (*world, *process) {
	t.Helper()
	w := newWorld(t, sandbox.WithScale(20))
	return w, w.start()
}

func TestBadKeyIsToldAtOnce(t *testing.T) {
	t.Parallel()
	_, p := realServer(t)
	b := openBrowser(t)
	b.open(p.base + "/")
	b.choose(map[string]string{"input": "x", "processor": "lite"})
	if word := b.text(`document.querySelector("[data-part=submit-word]").textContent`); word != "Run for $0.005" {
		t.Errorf("the button says %q", word)
	}
	b.do(chromedp.Click(chromedp.CSS(".main-button")))
	b.wait(`document.querySelector("[data-fault=api_key]:not([hidden])")?.textContent.includes("API key")`)
	b.wait(`document.activeElement.name === "api_key"`)
	b.choose(map[string]string{"api_key": "invalid-" + secret})
	b.do(chromedp.Click(chromedp.CSS(".main-button")))
	b.wait(status + ` === "failed"`)
	b.wait(`document.querySelector("#task-trouble").innerText.includes("401") && document.querySelector("#task-trouble").innerText.includes("Check the API key")`)
	b.picture("bad-key")
	if b.is(`document.documentElement.outerHTML.includes("` + secret + `") || JSON.stringify(localStorage).includes("` + secret + `")`) {
		t.Error("the key is on the page or in the browser's storage")
	}
	b.open(p.base + "/")
	b.wait(`document.querySelector("[name=input]").value === "x" && document.querySelector("[name=api_key]").value === ""`)
}

// Two tabs follow one task while the server is killed and comes back; neither loses or doubles anything.
func TestTwoTabsAndARestartInTheMiddle(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sandbox.WithScale(20))
	addr := freeAddr(t)
	args := []string{"serve", "--addr", addr, "--database", w.database, "--upstream", w.upstream, "--simulator=false"}
	p := start(t, nil, args...)
	first := openBrowser(t)
	id := p.submit(task(1, "duplicates"))
	second := first.another()
	for _, b := range []*tab{first, second} {
		b.open(p.base + "/tasks/" + id)
		b.wait(status + ` === "running" && document.querySelectorAll(".event").length > 8`)
	}
	p.kill()
	for _, b := range []*tab{first, second} {
		b.wait(`document.querySelector(".conn").innerText.includes("Reconnecting")`)
	}
	first.picture("reconnecting")
	p = start(t, nil, args...)
	for _, b := range []*tab{first, second} {
		b.wait(`["live", "ended"].includes(document.querySelector(".conn").dataset.state)`)
		b.wait(`document.querySelector("#toast").textContent === "The server has restarted, and 1 task went on."`)
		b.wait(status + ` === "completed" && document.querySelector("#result .value-field")`)
		b.checkSequence(p)
	}
	if n := w.box.Creates(); n != 1 {
		t.Errorf("%d runs", n)
	}
}

func TestListIsLive(t *testing.T) {
	t.Parallel()
	p := startDemo(t, 50)
	b := openBrowser(t)
	b.open(p.base + "/tasks")
	b.wait(`document.querySelectorAll(".row").length === 2`)
	id := p.submit(`{"upstream":"simulator","processor":"pro","input":"A task from elsewhere"}`)
	row := `document.querySelector('.row[data-id="` + id + `"]')`
	b.wait(row + `?.innerText.includes("A task from elsewhere")`)
	b.wait(row + `.innerText.includes("Running")`)
	b.wait(row + `.innerText.includes("Completed") && ` + row + `.innerText.includes("sources read")`)
	if href := b.text(row + `.querySelector("[data-part=table]").href`); href != p.base+"/tasks/"+id+"?view=table#result" {
		t.Errorf("the table is at %s", href)
	}
	b.run(row + `.querySelector("[data-part=ask]").click()`)
	b.wait(row + `.querySelector("[popover]").matches(":popover-open")`)
	b.run(row + `.querySelector(".danger").click()`)
	b.wait(`!` + row)
	b.checkQuiet(p.base)
}

func TestSubmissionUnknownOffersToSubmitAgain(t *testing.T) {
	t.Parallel()
	p := startDemo(t, 100)
	b := openBrowser(t)
	b.open(p.base + "/tasks/" + p.submit(`{"upstream":"simulator","processor":"lite","input":"x","metadata":{"sandbox":"cut-create"}}`))
	b.wait(status + ` === "submission_unknown"`)
	b.picture("unknown")
	b.click(`#task-trouble form button`)
	b.wait(`document.querySelectorAll(".event").length > 3`)
}

// What a cancel does depends on the upstream, and is said before it is done.
func TestCancelSaysWhatItDoesAndDoesIt(t *testing.T) { //nolint:tparallel // the machine has few cores
	t.Parallel()
	const never = `"processor":"pro","input":"x","metadata":{"sandbox":"never-ends"}}`
	demo := startDemo(t, 12)
	w, real := realServer(t)
	for name, c := range map[string]struct {
		p                 *process
		body, asks, tells string
	}{
		"on the simulator": {demo, `{` + never, "The simulator cancels the run.", "The run was cancelled"},
		"on Parallel": {
			real, `{"apiKey":"` + secret + `",` + never, "Parallel has no cancel call: the run may go on and be billed.", "Nobody follows this task any more",
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := openBrowser(t)
			id := c.p.submit(c.body)
			b.open(c.p.base + "/tasks/" + id)
			b.wait(status + ` === "running" && document.querySelector("#task-now [data-part=message]")`)
			b.wait(`document.querySelector(".now-next").innerText.includes("The run goes on at") && document.querySelector("[data-part=last]").innerText`)
			b.wait(`document.querySelector("#cancel-task").textContent.includes("` + c.asks + `")`) // it was another while there was no run
			b.click(`[popovertarget="cancel-task"]`)
			b.wait(`document.querySelector("#cancel-task").matches(":popover-open")`)
			b.picture("asks")
			b.click(`#cancel-task .danger`)
			b.wait(status + ` === "cancelled" && document.querySelector("#task-trouble").innerText.includes("` + c.tells + `")`)
			b.picture("cancelled")
			if b.is(`document.querySelector("#cancel-task")`) {
				t.Error("what has ended can be cancelled")
			}
			b.checkSequence(c.p)
			b.checkQuiet(c.p.base)
		})
	}
	if n := w.box.Creates(); n != 1 {
		t.Errorf("%d runs", n)
	}
}

// While this server cannot reach the upstream, the page counts down to the next try, in words that stay true.
func TestWaitingIsCountedDown(t *testing.T) {
	t.Parallel()
	p := start(t, nil, "demo", "--addr", "127.0.0.1:0", "--database", filepath.Join(t.TempDir(), "demo.db"), "--upstream", "http://"+freeAddr(t))
	b := openBrowser(t)
	b.open(p.base + "/tasks/" + p.submit(`{"upstream":"parallel","apiKey":"k","processor":"lite","input":"x"}`))
	said := `document.querySelector("#task-now").innerText`
	b.wait(said + `.includes("Parallel did not take the task (") && ` + said + `.includes("nothing was billed.")`)
	b.wait(`/It is sent again in [2-9] s \(attempt [3-9]\)/.test(` + said + `)`)
	b.wait(`/It is sent again in 1 s \(attempt/.test(` + said + `)`)
	b.wait(`/Last heard .*: Attempt [3-9] to submit did not get through/.test(` + said + `)`)
	b.picture("waiting")
	b.checkQuiet(p.base)
}

// Every page fits a phone and a wide screen in both themes, and text has the contrast that it needs.
func TestPagesFitEveryScreen(t *testing.T) {
	t.Parallel()
	p := startDemo(t, 1000)
	long := p.submit(`{"upstream":"simulator","processor":"pro","input":"` + strings.Repeat("Donaudampfschifffahrtsgesellschaft", 8) + `"}`)
	failed := p.submit(`{"upstream":"simulator","processor":"pro","input":"x","metadata":{"sandbox":"fail,warn"}}`)
	all := p.awaitAll(4, "the end of all tasks", func(l listed) bool { return l.CompletedAt != nil })
	paths := []string{"/", "/tasks", "/tasks?q=nothing-has-this", "/templates", "/?template=competitors", "/tasks/import", "/tasks/none", "/tasks/" + long, "/tasks/" + failed, "/tasks/" + all[3].ID, "/tasks/" + all[2].ID + "?view=table", "/tasks/" + all[2].ID + "?view=json", "/tasks/" + all[2].ID + "?view=tree",
		"/tasks/" + long + "?replay", "/tasks/" + long + "/raw", "/compare?id=" + all[3].ID + "&id=" + all[2].ID + "&id=" + failed, "/compare?id=" + long}
	b := openBrowser(t)
	for _, width := range []int64{320, 390, 768, 1440} {
		b.screen(width, "light")
		for i, path := range paths {
			b.open(p.base + path)
			b.wait(`document.readyState === "complete" && document.querySelector("h1")`)
			if over := b.text(`Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth)`); over != "0" {
				t.Errorf("%s at %d px is %s px too wide: %s", path, width, over, b.text(widest))
			}
			for _, theme := range []string{"light", "dark"} {
				b.screen(width, theme)
				if faint := b.text(faintest); faint != "" {
					t.Errorf("%s in %s has text of too little contrast: %s", path, theme, faint)
				}
				b.picture(fmt.Sprintf("%d-%s-%d", i, theme, width))
			}
		}
	}
}

func (b *tab) screen(width int64, theme string) {
	b.Helper()
	b.do(chromedp.EmulateViewport(width, 900))
	features := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features}); err != nil {
		b.Fatal(err)
	}
}

const widest = `[...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
	.slice(0, 5).map((e) => e.tagName + "." + e.className).join(" ")`

// faintest names texts with a contrast below 4.5 (WCAG 1.4.3). Grounds that let others shine through are mixed.
const faintest = `(() => {
	const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
	const paint = (colours) => {
		canvas.clearRect(0, 0, 1, 1);
		for (const c of colours) { canvas.fillStyle = c; canvas.fillRect(0, 0, 1, 1); }
		return [...canvas.getImageData(0, 0, 1, 1).data];
	};
	const light = ([r, g, b]) => {
		const [x, y, z] = [r, g, b].map((v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
		return 0.2126 * x + 0.7152 * y + 0.0722 * z;
	};
	const faint = new Set();
	for (const e of document.querySelectorAll("body *")) {
		const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim() !== "");
		if (!own || !e.checkVisibility({ opacityProperty: true, visibilityProperty: true }) || e.closest(".unseen, .skip, option, [popover]")) continue;
		const grounds = [];
		for (let at = e; at; at = at.parentElement) grounds.unshift(getComputedStyle(at).backgroundColor);
		const ground = paint(grounds), text = paint([...grounds, getComputedStyle(e).color]);
		const [low, high] = [light(ground), light(text)].sort((a, b) => a - b);
		if ((high + 0.05) / (low + 0.05) < 4.5) faint.add(e.tagName + "." + e.className + " " + ((high + 0.05) / (low + 0.05)).toFixed(2));
	}
	return [...faint].slice(0, 8).join(", ");
})()`

func TestThemeIsRemembered(t *testing.T) {
	t.Parallel()
	p := startDemo(t, 1000)
	b := openBrowser(t)
	b.screen(1280, "light")
	b.open(p.base + "/")
	b.wait(`document.querySelector("ty-theme:not([hidden])")`)
	b.run(`document.querySelector("ty-theme [value=dark]").click()`)
	ground := `getComputedStyle(document.body).backgroundColor`
	dark := b.text(ground)
	b.open(p.base + "/tasks")
	if got := b.text(ground); got != dark || got == "rgb(252, 252, 250)" {
		t.Errorf("the ground is %s, after the choice it was %s", got, dark)
	}
}

// The whole way from an empty form to a result works with the keyboard.
func TestKeyboard(t *testing.T) {
	t.Parallel()
	p := startDemo(t, 500)
	b := openBrowser(t)
	b.open(p.base + "/")
	b.wait(`customElements.get("ty-composer")`)
	b.run(`document.querySelector("[name=input]").focus()`)
	b.do(chromedp.KeyEvent("Who repairs lighthouses?"))
	b.run(`document.querySelector("[name=input]").dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", ctrlKey: true, bubbles: true, cancelable: true }))`)
	b.wait(status + ` === "completed" && document.querySelector(".views a")`)
	b.press("1")
	for range 60 {
		b.do(chromedp.KeyEvent("\t"))
		if b.is(`document.activeElement.matches('.views a[href*="table"]')`) {
			break
		}
	}
	b.do(chromedp.KeyEvent("\r"))
	b.wait(`document.querySelector("#result .value-field") && document.activeElement.matches(".views a[aria-current]")`)
}

// freeAddr is below the ports that systems give to outgoing connections, so that none of those takes it while nobody
// listens there.
func freeAddr(t *testing.T) string {
	t.Helper()
	for range 100 {
		addr := fmt.Sprint("127.0.0.1:", 15_000+rand.IntN(15_000))
		l, err := net.Listen("tcp", addr)
		if err != nil {
			continue
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		return addr
	}
	t.Fatal("no port is free")
	return ""
}
