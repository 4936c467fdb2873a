//go:build browser

package main

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
	_ "modernc.org/sqlite"
)

// bigResult is an output of so many rows of five values each.
func bigResult(rows int) string {
	var b strings.Builder
	b.WriteString(`{"run":{"run_id":"trun_1","status":"completed"},"output":{"type":"json","basis":[{"field":"rows.9000","reasoning":"because","citations":[],"confidence":"low"}],"content":{"rows":[`)
	for i := range rows {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"name":"Row %d","2":"%s","1":%d.50,"ok":%t}`, i, strings.Repeat("word ", 8), i, i%2 == 0)
	}
	b.WriteString(`]}}}`)
	return b.String()
}

// A result of fifty thousand values is a tree of which the page holds what is in sight.
func TestTreeOfFiftyThousandValues(t *testing.T) {
	t.Parallel()
	database := filepath.Join(t.TempDir(), "big.db")
	args := []string{"demo", "--addr", "127.0.0.1:0", "--database", database, "--simulator-scale", "1000"}
	p := start(t, nil, args...)
	id := p.submit(`{"upstream":"simulator","processor":"lite","input":"x"}`)
	p.finished(id)
	if err := p.terminate(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", database)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.Exec(`UPDATE task_document SET result = $1 WHERE task_num = (SELECT num FROM task WHERE id = $2)`, bigResult(10_000), id)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	p = start(t, nil, args...)
	b := openBrowser(t)
	b.screen(1280, "light")
	b.open(p.base + "/tasks/" + id + "?view=tree")
	b.wait(`document.querySelector("ty-tree[data-ready]")`)
	const shown, elements = `document.querySelectorAll(".tree-row").length`, `document.querySelectorAll("*").length`
	b.click(`ty-tree [data-depth="99"]`)
	b.wait(shown + ` > 10 && ` + shown + ` < 80 && ` + elements + ` < 1500`)
	b.run(`document.querySelector(".tree-rows").focus()`)
	b.press(kb.End)
	b.wait(`document.querySelector(".tree-row[aria-selected=true]").innerText.includes("ok")`)
	b.press(kb.Home + kb.ArrowDown + kb.ArrowDown)
	b.wait(`document.querySelector(".tree-rows").getAttribute("aria-activedescendant") === "tree-2" && document.querySelector("#tree-2").getAttribute("aria-level") === "3"`)
	b.press(kb.ArrowLeft)
	b.wait(`document.querySelector("#tree-2").getAttribute("aria-expanded") === "false"`)
	b.run(`const find = document.querySelector("[data-part=find]"); find.value = "row 9000"; find.dispatchEvent(new Event("input"));`)
	b.wait(`document.querySelector("[data-part=found]").textContent === "1 of 1" && document.querySelector(".tree-row[aria-selected=true]").innerText.includes("Row 9000")`)
	b.wait(shown + ` < 80`)
	b.picture("found")
	b.run(`document.querySelector(".tree-rows").focus()`)
	b.press(kb.ArrowUp) // to the row that has evidence
	b.press("w")
	b.wait(opened + ` && document.querySelector(".evidence-float").innerText.includes("because")`)
	b.press(kb.Escape)
	const stands = `document.activeElement.matches("#tree-45002 .evidence > summary")`
	b.wait(`!` + opened + ` && ` + stands)
	b.run(`document.querySelector(".tree-box").scrollTop = 0`)
	b.wait(`document.querySelector("#tree-7") && ` + stands) // the row is out of sight, and the focus is where it was
	b.press(kb.ArrowDown)
	b.wait(`document.activeElement.matches(".tree-rows") && document.querySelector("#tree-45003").getAttribute("aria-selected") === "true" && document.querySelector("[data-part=why]").disabled`)
	b.run(`window.copied = ""; navigator.clipboard.writeText = async (text) => { window.copied = text; };`)
	b.run(`document.querySelector(".tree-rows").focus()`)
	b.press("C")
	b.wait(`window.copied === "$.rows[9000].name"`)
	b.press("c")
	b.wait(`window.copied === "Row 9000"`)
	b.press(kb.ArrowDown + kb.ArrowDown)
	b.press("c")
	b.wait(`window.copied === "9000.50"`)
	b.run(`document.querySelector("#tree-45003").scrollIntoView(); document.querySelector("#tree-45002 .evidence > summary").focus();
		document.querySelector('ty-tree [data-depth="1"]').click()`)
	b.wait(`document.activeElement.matches(".tree-rows") && !document.querySelector("#tree-45002") && document.querySelector("#tree-1[aria-selected=true]")`)
	b.checkQuiet(p.base)
}
