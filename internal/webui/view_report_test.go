package webui

import (
	"strings"
	"testing"

	"github.com/taskyard/taskyard/parallel"
)

func TestNumbersOfAReportLeadToItsSources(t *testing.T) {
	const source = "# A\n\nOne [1], two [2][3], none [4], `code [1]` and [a link [1]](https://x.example/).\n\n## <b>B</b> & C\n\n## D\n\n1. not a [list](https://n.example/)\n2. of references\n\n" +
		"## References\n\n1. [First](https://one.example/)\n2. [Second](https://two.example/?a=1&b=2)\n3. [Third](https://three.example/)\n"
	v := reportViewOf(source, []parallel.FieldBasis{{Citations: []parallel.Citation{{URL: "https://two.example/?a=1&b=2", Title: "The second", Excerpts: []string{"It says so."}}}}})
	page := string(v.HTML)
	wantAll(t, page, `<a class="cite" href="#cite-1" aria-label="Source 1">[1]</a>, two <a class="cite" href="#cite-2"`, `none [4]`, `<code>code [1]</code>`, `a link [1]</a>`, `<h3 id="part-1" tabindex="-1">A</h3>`)
	if n := strings.Count(page, `class="cite"`); n != 3 {
		t.Errorf("%d citations in %s", n, page)
	}
	if len(v.Cited) != 3 || v.Cited[0].Title != "First" || v.Cited[1].Title != "The second" || len(v.Cited[1].Excerpts) != 1 {
		t.Errorf("cited %+v", v.Cited)
	}
	if len(v.Outline) != 4 || v.Outline[1].Text != "<b>B</b> & C" && v.Outline[1].Text != "B & C" || v.Outline[1].Level != 2 {
		t.Errorf("outline %+v", v.Outline)
	}
}

func TestAShortReportHasNoOutline(t *testing.T) {
	v := reportViewOf("# A\n\nText [1] without references.\n\n## B", nil)
	if v.Outline != nil || v.Cited != nil || strings.Contains(string(v.HTML), "cite") {
		t.Errorf("%+v", v)
	}
}
