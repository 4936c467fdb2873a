package webui

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
)

// The library covers the three kinds of output, and each template fills the form with all that it says.
func TestLibraryFillsTheComposer(t *testing.T) {
	s := newSite(t)
	seen := map[string]int{}
	slug := regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)
	for _, template := range Library() {
		if !slug.MatchString(template.Slug) || template.Title == "" || template.Summary == "" {
			t.Errorf("%+v", template)
		}
		page := s.page(t, "/?template="+template.Slug)
		wantAll(t, page, "Filled from the template “"+template.Title+"”")
		var request struct {
			Input json.RawMessage
			Spec  struct {
				Schema struct{ Type string } `json:"output_schema"`
			} `json:"task_spec"`
		}
		if err := json.Unmarshal(template.Request, &request); err != nil {
			t.Fatalf("%s: %v", template.Slug, err)
		}
		seen[request.Spec.Schema.Type]++
		if text := ""; json.Unmarshal(request.Input, &text) == nil && !strings.Contains(page, escaped(text[:40])) {
			t.Errorf("%s: its input is not in the form", template.Slug)
		}
		if strings.Contains(page, `name="extra"`) && strings.Contains(page, "&#34;task_spec&#34;") {
			t.Errorf("%s: the form has no field for its task spec", template.Slug)
		}
	}
	if len(Library()) < 12 || seen["text"] < 3 || seen["json"] < 3 || seen["auto"] < 3 {
		t.Errorf("templates by output: %v", seen)
	}
}

func escaped(text string) string {
	return strings.NewReplacer("'", "&#39;", `"`, "&#34;").Replace(text)
}

func TestTemplatesPage(t *testing.T) {
	s := newSite(t)
	page := s.page(t, "/templates")
	for _, template := range Library() {
		wantAll(t, page, `href="/?template=`+template.Slug+`"`, template.Title)
	}
	wantAll(t, page, `<a href="/templates" data-key="g t" aria-current="page">`, "$0.10", "usually 2–10 min")
	wantAll(t, s.page(t, "/?template=no-such"), "There is no such template.")
}
