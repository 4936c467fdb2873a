//go:build browser

package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// A schema is built with the keyboard beside its source, checked while it is written, repaired, and sent.
func TestSchemaIsBuiltCheckedAndSent(t *testing.T) {
	t.Parallel()
	p := startDemo(t, 1000)
	b := openBrowser(t)
	b.screen(1280, "light")
	b.open(p.base + "/")
	b.wait(`customElements.get("ty-schema")`)
	b.choose(map[string]string{"input": "Bicycle makers", "output": "json", "processor": "core"})
	b.run(`document.querySelector("ty-schema [data-part=add]").focus()`)
	b.press(kb.Enter)
	b.wait(`document.activeElement.dataset.edit === "name"`)
	b.press("founded" + kb.Tab)
	b.wait(`JSON.parse(document.querySelector("[name=schema]").value).properties.founded`)
	b.run(`const kind = document.querySelector("ty-schema [data-edit=kind]"); kind.value = "integer"; kind.dispatchEvent(new Event("change", { bubbles: true }));
		document.querySelector("ty-schema [data-edit=description]").focus()`)
	b.press("Year of foundation")
	b.wait(`JSON.parse(document.querySelector("[name=schema]").value).properties.founded.description === "Year of foundation"`)
	b.run(`const source = document.querySelector("[name=schema]"), schema = JSON.parse(source.value);
		schema.properties.sources = { type: "string" };
		schema.properties.founded.minimum = 1800;
		source.value = JSON.stringify(schema);
		source.dispatchEvent(new Event("input", { bubbles: true }));`)
	b.wait(`document.querySelectorAll("ty-schema [data-part=rows] > li").length === 2`)
	for range 3 { // not required, covered by the basis, a keyword that is not supported
		b.wait(`document.querySelector(".lint [data-fix]")`)
		n := b.text(`document.querySelectorAll(".lint [data-fix]").length`)
		b.picture("lint-" + n)
		b.click(".lint [data-fix]")
		b.wait(`document.querySelectorAll(".lint [data-fix]").length < ` + n)
		if b.is(`document.querySelectorAll(".lint li").length === 0`) {
			break
		}
	}
	b.wait(`document.querySelectorAll(".lint li").length === 0`)
	b.click(".main-button[data-part=submit]")
	b.wait(status + ` === "completed"`)
	var doc struct {
		Task struct {
			Request struct {
				Spec struct {
					Output struct {
						Schema json.RawMessage `json:"json_schema"`
					} `json:"output_schema"`
				} `json:"task_spec"`
			}
		}
	}
	if err := p.get("/task/"+b.text(`document.querySelector("ty-task").dataset.id`), &doc); err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Properties map[string]struct{ Type, Description string }
		Required   []string
	}
	if err := json.Unmarshal(doc.Task.Request.Spec.Output.Schema, &schema); err != nil {
		t.Fatal(err)
	}
	if f := schema.Properties["founded"]; f.Type != "integer" || f.Description != "Year of foundation" || len(schema.Required) == 0 {
		t.Errorf("the schema that was sent: %s", doc.Task.Request.Spec.Output.Schema)
	}
	b.checkQuiet(p.base)
}

// A plain sentence is an output schema too, and "Duplicate and edit" brings it back as one.
func TestBareDescription(t *testing.T) {
	t.Parallel()
	p := startDemo(t, 1000)
	b := openBrowser(t)
	b.open(p.base + "/")
	b.wait(`customElements.get("ty-composer")`)
	b.choose(map[string]string{"input": "Bicycle makers", "output": "bare", "bare": "The founding date, as MM-YYYY", "processor": "core"})
	b.click(".main-button[data-part=submit]")
	b.wait(status + ` === "completed"`)
	id := b.text(`document.querySelector("ty-task").dataset.id`)
	var doc struct {
		Task struct {
			Request struct {
				Spec struct {
					Output any `json:"output_schema"`
				} `json:"task_spec"`
			}
		}
	}
	if err := p.get("/task/"+id, &doc); err != nil || doc.Task.Request.Spec.Output != "The founding date, as MM-YYYY" {
		t.Errorf("%+v, %v", doc, err)
	}
	b.open(p.base + "/?from=" + id)
	b.wait(`document.querySelector("[name=output]:checked").value === "bare" && document.querySelector("[name=bare]").value.startsWith("The founding")`)
	b.checkQuiet(p.base)
}

// A dear task is sent only after a question; "Do not" leaves the form as it is.
func TestAQuestionBeforeMuchIsSpent(t *testing.T) {
	t.Parallel()
	w, p := realServer(t)
	b := openBrowser(t)
	b.open(p.base + "/")
	b.wait(`customElements.get("ty-composer")`)
	b.choose(map[string]string{"input": "x", "processor": "ultra8x", "api_key": secret})
	b.click(".main-button[data-part=submit]")
	b.wait(`document.querySelector("[data-part=spend]").open && document.querySelector("[data-part=spend-text]").textContent === "This costs $2.40. Today has cost $0.00 so far. This server asks above $1.00."`)
	b.picture("asks")
	b.click("[data-part=spend-no]")
	b.wait(`!document.querySelector("[data-part=spend]").open && document.querySelector("[name=input]").value === "x"`)
	if n := w.box.Creates(); n != 0 {
		t.Errorf("%d runs", n)
	}
	b.click(".main-button[data-part=submit]")
	b.wait(`document.querySelector("[data-part=spend]").open`)
	b.click("[data-part=spend-yes]")
	b.wait(`location.pathname.startsWith("/tasks/") && document.querySelector("ty-task")`)
	b.checkQuiet(p.base)
}

// The body of the request is edited by hand: what is typed is what is sent, what is no JSON is said at once, and Reset
// goes back to the form.
func TestTheBodyIsEditedByHand(t *testing.T) {
	t.Parallel()
	p := startDemo(t, 1000)
	b := openBrowser(t)
	b.screen(1280, "light")
	b.open(p.base + "/")
	b.wait(`customElements.get("ty-preview")`)
	b.choose(map[string]string{"input": "From the form", "processor": "lite"})
	b.run(`document.querySelector("ty-preview details").open = true`)
	b.wait(`document.querySelector('ty-preview [data-language="http"] pre')?.textContent.includes("From the form")`)
	b.click("ty-preview [data-part=hand]")
	b.wait(`JSON.parse(document.querySelector("[name=body]").value).input === "From the form"`)
	const typed = `const body = document.querySelector("[name=body]"); body.value = %s; body.dispatchEvent(new Event("input", { bubbles: true }))`
	b.run(fmt.Sprintf(typed, "`{`"))
	b.wait(`document.querySelector("[data-fault=body]").checkVisibility() && document.querySelector("[data-fault=body]").textContent.includes("Not JSON")`)
	b.picture("by-hand")
	b.run(fmt.Sprintf(typed, "JSON.stringify({ processor: 'core', input: 'By hand', new_field: [1] })"))
	b.wait(`!document.querySelector("[data-fault=body]").checkVisibility() && document.querySelector('ty-preview [data-language="http"] pre').textContent.includes("new_field")`)
	b.click(".main-button[data-part=submit]")
	b.wait(status + ` === "completed"`)
	var doc struct {
		Task struct {
			Processor string
			Request   struct {
				Input string
				New   []int `json:"new_field"`
			}
		}
	}
	if err := p.get("/task/"+b.text(`document.querySelector("ty-task").dataset.id`), &doc); err != nil || doc.Task.Processor != "core" || doc.Task.Request.Input != "By hand" || len(doc.Task.Request.New) != 1 {
		t.Errorf("%+v, %v", doc, err)
	}
	b.checkQuiet(p.base)
}

// An input is filled in as a form by its schema, and sent as an object.
func TestInputAsAForm(t *testing.T) {
	t.Parallel()
	p := startDemo(t, 1000)
	b := openBrowser(t)
	b.open(p.base + "/")
	b.wait(`customElements.get("ty-input-form")`)
	b.choose(map[string]string{"processor": "lite", "input_mode": "form"})
	b.wait(`document.querySelector("ty-input-form [data-part=none]").checkVisibility()`)
	b.choose(map[string]string{"input_schema": `{"type":"object","properties":{"company":{"type":"string"},"staff":{"type":"integer"}},"required":["company","staff"],"additionalProperties":false}`})
	b.wait(`document.querySelectorAll("ty-input-form [data-field]").length === 2`)
	b.run(`document.querySelector("ty-input-form [data-field]").focus()`)
	b.press("Lumen Bicycles\t12")
	b.wait(`JSON.parse(document.querySelector("[name=input]").value).staff === 12`)
	b.picture("form")
	b.click(".main-button[data-part=submit]")
	b.wait(status + ` === "completed"`)
	id := b.text(`document.querySelector("ty-task").dataset.id`)
	var doc struct {
		Task struct {
			Request struct {
				Input struct {
					Company string
					Staff   int
				}
				Spec struct {
					Input struct{ Type string } `json:"input_schema"`
				} `json:"task_spec"`
			}
		}
	}
	if err := p.get("/task/"+id, &doc); err != nil || doc.Task.Request.Input.Company != "Lumen Bicycles" || doc.Task.Request.Input.Staff != 12 || doc.Task.Request.Spec.Input.Type != "json" {
		t.Errorf("%+v, %v", doc, err)
	}
	b.open(p.base + "/?from=" + id)
	b.wait(`document.querySelector("[name=input_schema]").value.includes("staff") && JSON.parse(document.querySelector("[name=input]").value).staff === 12`)
	b.checkQuiet(p.base)
}

// MCP servers are rows; their header values are sent, and neither shown again nor remembered by the browser.
func TestServersAreRows(t *testing.T) {
	t.Parallel()
	p := startDemo(t, 1000)
	b := openBrowser(t)
	b.open(p.base + "/")
	b.wait(`customElements.get("ty-mcp")`)
	b.choose(map[string]string{"input": "x", "processor": "lite", "extra": `{"note":"hidden-value"}`})
	b.run(`document.querySelector("[data-part=more]").open = true; document.querySelector("ty-mcp [data-part=add]").click()`)
	b.wait(`document.activeElement.dataset.edit === "name"`)
	b.press("docs\thttps://m.example/mcp")
	b.run(`document.querySelector("ty-mcp [data-edit=headers]").focus()`)
	b.run(`const h = document.querySelector("ty-mcp [data-edit=headers]"); h.value = "Authorization: Bearer hidden-value"; h.dispatchEvent(new Event("input", { bubbles: true }))`)
	b.wait(`JSON.parse(document.querySelector("[name=mcp]").value)[0].headers.Authorization === "Bearer hidden-value"`)
	b.picture("servers")
	b.click(".main-button[data-part=submit]")
	b.wait(status + ` === "completed"`)
	var doc struct {
		Task struct {
			Request struct {
				Servers []struct {
					Name, URL string
					Headers   map[string]string
				} `json:"mcp_servers"`
			}
		}
	}
	if err := p.get("/task/"+b.text(`document.querySelector("ty-task").dataset.id`), &doc); err != nil || len(doc.Task.Request.Servers) != 1 || doc.Task.Request.Servers[0].URL != "https://m.example/mcp" || doc.Task.Request.Servers[0].Headers["Authorization"] != "[sealed]" {
		t.Errorf("%+v, %v", doc, err)
	}
	if b.is(`document.documentElement.outerHTML.includes("Bearer hidden-value") || JSON.stringify(localStorage).includes("hidden-value")`) {
		t.Error("the header's value is on the page, or it or the extra fields are in the browser's storage")
	}
	b.open(p.base + "/")
	b.wait(`document.querySelector("ty-mcp [data-edit=name]")?.value === "docs" && document.querySelector("ty-mcp [data-edit=headers]").value === "Authorization: [sealed]"`)
	b.checkQuiet(p.base)
}

// The form writes its own fields only: the rest of the input keeps its digits and its order, on to what is sent. What is no
// object stays until somebody says that it may go, and comes back.
func TestTheFormLeavesTheRestOfTheInputAlone(t *testing.T) {
	t.Parallel()
	p := startDemo(t, 1000)
	b := openBrowser(t)
	b.screen(1280, "light")
	b.open(p.base + "/")
	b.wait(`customElements.get("ty-input-form")`)
	b.choose(map[string]string{"processor": "lite", "input_mode": "form", "input": "Who is this?", "input_schema": `{"type":"object","properties":{"company":{"type":"string"},"size":{"enum":["1, 2 or 3","more"]}}}`})
	b.wait(`document.querySelector("ty-input-form [data-part=closed]").checkVisibility() && document.querySelector("ty-input-form fieldset").disabled`)
	b.picture("closed")
	b.click("ty-input-form [data-part=begin]")
	b.wait(`document.querySelector("[name=input]").value === "{}" && document.activeElement.matches("[data-part=restore]")`)
	b.press(kb.Enter)
	b.wait(`document.querySelector("[name=input]").value === "Who is this?" && document.activeElement.matches("[data-part=begin]")`)
	b.choose(map[string]string{"input": `{ "id": 12345678901234567890, "10": 1.0, "2": 1e400 }`})
	b.wait(`!document.querySelector("ty-input-form fieldset").disabled && !document.querySelector("ty-input-form [data-part=closed]").checkVisibility()`)
	b.run(`document.querySelector("ty-input-form [data-field]").focus()`)
	b.press("Lumen")
	b.run(`const size = document.querySelector("ty-input-form select"); size.value = "1, 2 or 3"; size.dispatchEvent(new Event("input", { bubbles: true }))`)
	const want = `{ "id": 12345678901234567890, "10": 1.0, "2": 1e400, "company": "Lumen", "size": "1, 2 or 3" }`
	b.wait("document.querySelector(`[name=input]`).value === `" + want + "`")
	b.picture("filled")
	b.click(".main-button[data-part=submit]")
	b.wait(status + ` === "completed"`)
	sent := read(t, p.base+"/task/"+b.text(`document.querySelector("ty-task").dataset.id`))
	if bare := strings.NewReplacer(" ", "", "\n", ""); !strings.Contains(bare.Replace(sent), bare.Replace(want)) {
		t.Errorf("what was sent: %.600s", sent)
	}
	b.checkQuiet(p.base)
}

// The builder keeps what it does not change byte for byte, says why a name cannot be, and puts back what a change of type
// or a removal took away.
func TestTheBuilderTakesNothingForGood(t *testing.T) {
	t.Parallel()
	p := startDemo(t, 1000)
	b := openBrowser(t)
	b.screen(1280, "dark")
	b.open(p.base + "/")
	b.wait(`customElements.get("ty-schema")`)
	const source = `{"type":"object", "properties": {"10": {"type":"number","maximum":1.0}, "2": {"type":"object","properties":{"city":{"type":"string"}}}}}`
	const is = "document.querySelector(`[name=schema]`).value === `"
	b.choose(map[string]string{"output": "json", "schema": source})
	b.wait(`[...document.querySelectorAll("ty-schema [data-part=rows] > li > div > [data-edit=name]")].map((f) => f.value).join() === "10,2"`)
	const second = `document.querySelector('[data-path="[\\"2\\"]"]')`
	change := func(control, value string) {
		b.run(`const c = ` + second + `.querySelector("[data-edit=` + control + `]"); c.focus(); c.value = "` + value + `"; c.dispatchEvent(new Event("change", { bubbles: true }))`)
	}
	change("name", "10")
	b.wait(second + `.querySelector("[data-part=name-fault]").checkVisibility() && ` + is + source + "`")
	b.picture("taken")
	change("kind", "string")
	b.wait(`document.querySelector("ty-schema [data-part=undone]").checkVisibility() && document.querySelector("ty-schema [data-part=gone]").textContent.includes("city") && document.activeElement.dataset.edit === "kind"`)
	b.wait(is + strings.Replace(source, `{"type":"object","properties":{"city":{"type":"string"}}}`, `{"type":"string"}`, 1) + "`")
	b.picture("undo")
	b.click("ty-schema [data-part=undo]")
	b.wait(is + source + "` && " + second + `.querySelector("[data-part=children] > li") && document.activeElement.dataset.edit === "kind"`)
	b.run(second + `.querySelector("[data-do=remove]").click()`)
	b.wait(`!` + second + ` && document.querySelector("ty-schema [data-part=undone]").checkVisibility()`)
	b.click("ty-schema [data-part=undo]")
	b.wait(is + source + "`")
	b.choose(map[string]string{"schema": `{"type":"array","items":{"type":"object"}}`})
	b.wait(`document.querySelector("ty-schema [data-part=add]").disabled && document.querySelector("ty-schema [data-part=waiting]").innerText.includes("has the type “array”")`)
	b.checkQuiet(p.base)
}
