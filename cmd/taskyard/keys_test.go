//go:build browser

package main

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// press sends keys to whatever has the focus.
func (b *tab) press(keys string, opts ...chromedp.KeyOption) {
	b.Helper()
	b.do(chromedp.KeyEvent(keys, opts...))
}

func TestKeysGoEverywhere(t *testing.T) {
	t.Parallel()
	p := startDemo(t, 1000)
	b := openBrowser(t)
	b.open(p.base + "/tasks")
	b.wait(`document.querySelector("ty-keys:not([hidden])") && document.querySelectorAll(".row").length === 2`)
	b.press("j")
	b.wait(`document.activeElement === document.querySelectorAll(".row-title")[0]`)
	b.press("j")
	b.wait(`document.activeElement === document.querySelectorAll(".row-title")[1]`)
	b.press("k")
	b.wait(`document.activeElement === document.querySelectorAll(".row-title")[0]`)
	b.press("/")
	b.wait(`document.activeElement.name === "q"`)
	b.run(`document.activeElement.value = ""`) // the character of the key: only synthetic ones come through
	b.press("n?")
	if !b.is(`document.activeElement.value === "n?" && location.pathname === "/tasks"`) {
		t.Error("keys act while somebody types")
	}
	b.run(`document.activeElement.blur()`)
	b.press("gt")
	b.wait(`location.pathname === "/templates" && document.querySelector("ty-keys:not([hidden])")`)
	b.press("/")
	b.wait(`location.pathname === "/tasks" && document.activeElement.name === "q"`)
	b.run(`document.activeElement.blur()`)
	b.press("?")
	b.wait(`document.querySelector("dialog.sheet").open && [...document.querySelectorAll(".keys-table kbd")].some((k) => k.textContent === "g t")`)
	b.picture("help")
	b.run(`document.querySelector("[data-part=single]").click()`)
	b.press(kb.Escape)
	b.wait(`!document.querySelector("dialog.sheet").open && document.activeElement.matches(".keys-open")`)
	b.do(chromedp.Reload())
	b.wait(`document.querySelector("ty-keys:not([hidden])")`)
	b.press("n")
	b.press("?")
	if b.is(`document.querySelector("dialog.sheet").open || location.pathname !== "/tasks"`) {
		t.Error("a single key acts although they are switched off")
	}
	b.checkQuiet(p.base)
}

func TestPaletteFindsCommandsAndTasks(t *testing.T) {
	t.Parallel()
	p := startDemo(t, 1000)
	id := p.submit(`{"upstream":"simulator","processor":"lite","input":"Who mends the weathercocks of Northport?"}`)
	b := openBrowser(t)
	b.open(p.base + "/")
	b.wait(`customElements.get("ty-palette")`)
	b.press("k", chromedp.KeyModifiers(chromedp.ModifierCtrl))
	b.wait(`document.querySelector("dialog.palette").open && document.activeElement.getAttribute("role") === "combobox"`)
	b.press("templ")
	b.wait(`document.querySelector(".palette [aria-selected=true]").textContent.includes("Templates")`)
	b.picture("palette")
	b.press(kb.Enter)
	b.wait(`location.pathname === "/templates" && customElements.get("ty-palette")`)
	b.press("k", chromedp.KeyModifiers(chromedp.ModifierCtrl))
	b.press("weathercock")
	b.wait(`document.querySelector(".palette [aria-selected=true]")?.textContent.includes("Who mends the weathercocks")`)
	b.press(kb.Enter)
	b.wait(`location.pathname === "/tasks/` + id + `"`)
	b.checkQuiet(p.base)
}
