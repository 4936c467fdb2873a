//go:build browser

package main

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// A team's server asks who somebody is: a token is made, lets its owner in, hides a task from others, and is revoked. No
// page keeps anybody out, in either theme, at any width.
func TestATeamSignsIn(t *testing.T) {
	t.Parallel()
	const operator = "a-token-of-the-operator"
	p := start(t, []string{"TASKYARD_OPERATOR_TOKEN=" + operator}, "serve", "--addr", "127.0.0.1:0", "--database", filepath.Join(t.TempDir(), "t.db"),
		"--access", "token", "--default-visibility", "private", "--simulator-scale", "1000")
	boss := openBrowser(t)
	boss.loadAxe()
	boss.screen(1280, "light")
	boss.open(p.base + "/tasks?status=failed")
	boss.wait(`location.pathname === "/sign-in" && document.activeElement.name === "token"`)
	boss.press("wrong" + kb.Enter)
	boss.wait(`document.querySelector("#fault-token:not([hidden])")?.textContent.includes("not known")`)
	boss.look("sign-in")
	boss.run(`document.querySelector("[name=token]").focus()`)
	boss.press(operator + kb.Enter)
	boss.wait(`location.pathname + location.search === "/tasks?status=failed"`)
	boss.open(p.base + "/access")
	boss.run(`document.querySelector("main [name=name]").value = "Ada"`)
	boss.click("main .main-button")
	boss.wait(`document.querySelector(".box[data-tone=ok] code")`)
	token := boss.text(`document.querySelector(".box[data-tone=ok] code").textContent`)
	boss.look("access")

	ada := boss.apart()
	ada.loadAxe()
	ada.screen(1280, "light")
	ada.open(p.base + "/sign-in")
	ada.run(`document.querySelector("[name=token]").focus()`)
	ada.press(token + kb.Enter)
	ada.wait(`location.pathname === "/" && document.querySelector(".who-name").textContent === "Ada"`)
	ada.wait(`document.querySelector("[name=visibility][value=private]").checked`)
	ada.choose(map[string]string{"upstream": "simulator", "input": "Who keeps bees on roofs?"})
	ada.do(chromedp.Click(chromedp.CSS("form.composer .main-button")))
	ada.wait(status + ` === "completed" && document.querySelector(".sight").innerText.includes("Private")`)
	task := ada.text(`location.href`)
	ada.open(task) // without what fades in while a task ends
	ada.wait(`document.querySelector("[popovertarget=share-task]")`)
	ada.look("private-task")

	stranger := boss.apart()
	stranger.open(task)
	stranger.wait(`document.querySelector(".lost")?.innerText.includes("There is no task with this address")`)
	// A link shows it to the stranger, until it is revoked.
	ada.click("[popovertarget=share-task]")
	ada.wait(`document.querySelector("#share-task:popover-open")`)
	ada.look("share")
	ada.click("#share-task .main-button")
	ada.wait(`location.pathname === "/links" && document.querySelector(".shares a[href^='/s/']")`)
	link := ada.text(`document.querySelector(".shares a[href^='/s/']").href`)
	ada.look("links")
	stranger.loadAxe()
	stranger.open(link)
	stranger.wait(`document.querySelector("body.shared main")?.innerText.includes("Timeline")`)
	stranger.look("shared")
	// Its opening was counted, and the task's page has it too, from where it is revoked.
	ada.run(`setInterval(async () => { window.opens = (await (await fetch("/api/links")).json())[0].opens }, 500)`)
	ada.wait(`window.opens === 1`)
	ada.open(task)
	ada.wait(`document.querySelector("#links-title")`)
	ada.look("links-of-task")
	ada.screen(360, "dark")
	ada.run(`document.querySelector("#links-title").scrollIntoView()`)
	ada.picture("links-of-task-there-narrow")
	ada.screen(1280, "light")
	ada.click(".task-side .shares form button")
	ada.wait(`location.pathname.startsWith("/tasks/") && document.querySelector(".task-side") && !document.querySelector("#links-title")`)
	ada.open(p.base + "/links")
	ada.wait(`document.querySelector(".shares .ended")`)
	ada.look("links-ended")
	stranger.open(link)
	stranger.wait(`document.querySelector(".lost")?.innerText.includes("turned off or has expired")`)
	ada.open(task)

	ada.wait(`document.querySelector(".sight button")`)
	ada.click(".sight button")
	ada.wait(`document.querySelector(".sight")?.innerText.includes("Public")`)
	stranger.open(task)
	stranger.wait(status + ` === "completed" && document.querySelector(".top").innerText.includes("Sign in")`)
	if stranger.is(`[...document.querySelectorAll("main button, main a")].some((e) => /delete|run again|duplicate|make it private|name and tags/i.test(e.textContent))`) {
		t.Error("a stranger is offered what they may not do")
	}
	stranger.look("public-task-of-others")

	boss.open(p.base + "/access")
	boss.click(".tokens form button")
	boss.wait(`document.querySelector(".tokens .ended")`)
	ada.open(p.base + "/tasks")
	ada.wait(`location.pathname === "/sign-in"`)
	boss.click(".who button")
	boss.wait(`location.pathname === "/sign-in"`)
	if resp, err := http.Get(p.base + "/access"); err != nil || resp.Request.URL.Path != "/sign-in" {
		t.Errorf("%v, %v", resp, err)
	}
}

// look sees that nobody is kept out of what the tab shows, and takes pictures of it.
func (b *tab) look(name string) {
	b.Helper()
	for _, theme := range []string{"light", "dark"} {
		for _, width := range []int64{1280, 360} {
			b.screen(width, theme)
			b.picture(name + "-" + theme + map[bool]string{true: "-narrow"}[width < 500])
			if b.is(`document.documentElement.scrollWidth > innerWidth`) {
				b.Errorf("%s is wider than %d", name, width)
			}
		}
		if found := b.barriers(theme); found != "" {
			b.Errorf("%s in %s:\n%s", name, theme, found)
		}
	}
	b.screen(1280, "light")
}

// In the demo one signs in with a Parallel that is simulated, by the browser's own steps.
func TestSignInInTheDemo(t *testing.T) {
	t.Parallel()
	p := startDemo(t, 1000)
	b := openBrowser(t)
	b.loadAxe()
	b.screen(1280, "light")
	b.open(p.base + "/")
	b.wait(`document.querySelector("[form=log-in]")`)
	b.click("[form=log-in]")
	b.wait(`location.pathname.startsWith("/getKeys/authorize") && [...document.querySelectorAll("button")].some((e) => e.textContent.includes("Allow"))`)
	b.look("allow")
	b.run(`[...document.querySelectorAll("button")].find((e) => e.textContent.includes("Allow")).click()`)
	b.wait(`location.pathname === "/" && document.querySelector("[form=log-out]")`)
	b.look("signed-in")
	b.click("[form=log-out]")
	b.wait(`document.querySelector("[form=log-in]")`)
}

// What a browser keeps is one person's: it is gone when they sign out, and when another signs in after them.
func TestABrowserForgetsWhoHasGone(t *testing.T) {
	t.Parallel()
	const operator = "a-token-of-the-operator"
	p := start(t, []string{"TASKYARD_OPERATOR_TOKEN=" + operator}, "serve", "--addr", "127.0.0.1:0", "--database", filepath.Join(t.TempDir(), "t.db"), "--access", "token")
	b := openBrowser(t)
	signIn := func(token string) {
		b.open(p.base + "/sign-in")
		b.run(`document.querySelector("[name=token]").value = "` + token + `"`)
		b.click("main .main-button")
		b.wait(`location.pathname === "/" && document.querySelector("ty-keys:not([hidden])")`)
	}
	const input, kept = `document.querySelector(".home-compose [name=input]")`, `JSON.stringify({ ...localStorage })`
	write := func(text string) {
		b.run(input + `.value = "` + text + `"; ` + input + `.dispatchEvent(new Event("input", { bubbles: true }))`)
		b.wait(kept + `.includes("` + text + `")`)
	}
	signIn(operator)
	write("a plan of the operator")
	b.open(p.base + "/")
	b.wait(input + `.value === "a plan of the operator"`)
	b.open(p.base + "/access")
	b.run(`document.querySelector("main [name=name]").value = "Ada"`)
	b.click("main .main-button")
	b.wait(`document.querySelector(".box[data-tone=ok] code")`)
	ada := b.text(`document.querySelector(".box[data-tone=ok] code").textContent`)

	b.open(p.base + "/")
	b.run(input + `.value = "the last word"; ` + input + `.dispatchEvent(new Event("input", { bubbles: true })); document.querySelector(".who button").click()`)
	b.wait(`location.pathname === "/sign-in" && document.querySelector("ty-keys:not([hidden])")`)
	if left := b.text(kept); left != "{}" {
		t.Errorf("after signing out there is %s", left)
	}
	b.run(`history.back()`)
	b.wait(`location.pathname === "/sign-in" && location.search === "?next=%2F"`) // the page that was left is asked for anew

	signIn(operator)
	write("another plan")
	signIn(ada)
	if text := b.text(input + `.value + ` + kept); strings.Contains(text, "plan") {
		t.Errorf("who comes next finds %s", text)
	}
	write("a plan of Ada's")
	b.open(p.base + "/")
	b.wait(input + `.value === "a plan of Ada's"`)
}
