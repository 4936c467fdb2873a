package fiction

import (
	"math/rand/v2"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

func random(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

// inputs are what people and their enemies ask.
var inputs = []string{
	"Compare how three European cities cut car traffic in their centres, and what it did to shops, noise and air.",
	`{"company":"Lumen Bicycles","country":"Netherlands","tags":["a",{"b":"c"}],"n":7}`,
	"", "   ", "?!?…", "\x00\x1b[31m\u202e", "単語のない文章について調べてください。", "ما هي فوائد الدراجات؟", "🚲🚲🚲",
	"<script>alert(1)</script> | a | b |", "[x](javascript:alert(1)) `code` **bold** # heading\n\n- list", "a\xffb\xc3(", "{not json", "{}", "[]",
	strings.Repeat("long words without an end ", 1000), strings.Repeat("x", 25_000),
}

func eachTopic(t *testing.T, test func(t *testing.T, topic *Topic, seed uint64)) {
	t.Helper()
	for i, input := range inputs {
		for seed := range uint64(5) {
			for _, previous := range []string{"", "Glassblowing in Murano"} {
				topic := NewTopic(input, previous)
				t.Run(strconv.Itoa(i), func(t *testing.T) { test(t, topic, seed) })
			}
		}
	}
}

func TestSubject(t *testing.T) {
	for input, want := range map[string]string{
		inputs[0]:                              "how three European cities cut car traffic in their centres, and what it did to",
		inputs[1]:                              "Lumen Bicycles, Netherlands, a, c",
		"What is the capital of France?":       "the capital of France",
		"Write a report about heat pumps. Now": "heat pumps",
		"Version 2.5 of Go":                    "Version 2.5 of Go",
		"":                                     nothing,
		"?!?":                                  nothing,
	} {
		if got := NewTopic(input, "").Subject(); got != want {
			t.Errorf("%.40q: subject %q, want %q", input, got, want)
		}
	}
}

func TestSubjectIsPlainAndShort(t *testing.T) {
	eachTopic(t, func(t *testing.T, topic *Topic, _ uint64) {
		s := topic.Subject()
		if s == "" || utf8.RuneCountInString(s) > maxSubject+10 || !utf8.ValidString(s) || strings.ContainsAny(s, "|<>[]`*#\n\r\x00\x1b\u202e") {
			t.Errorf("subject %q", s)
		}
	})
}

func TestSourcesAreDistinctAndUnowned(t *testing.T) {
	eachTopic(t, func(t *testing.T, topic *Topic, seed uint64) {
		seen := map[string]bool{}
		for _, s := range topic.Sources(random(seed), 400, nil, []string{"journal.com"}) {
			u, err := url.Parse(s.URL)
			if err != nil || u.Scheme != "https" || !strings.Contains(u.Hostname(), ".example.") || u.String() != s.URL {
				t.Errorf("url %q: %v", s.URL, err)
			}
			if seen[s.URL] || strings.HasPrefix(u.Hostname(), "journal.") || !strings.Contains(s.Title, "(simulated)") {
				t.Errorf("source %+v", s)
			}
			seen[s.URL] = true
		}
		if len(seen) != 400 {
			t.Errorf("%d sources", len(seen))
		}
	})
}

func TestIncludedDomainsAreRecognised(t *testing.T) {
	for domain, want := range map[string]string{"reuters.com": "//reuters-com.example.", ".edu": "-edu.example.", "*.gov": "-gov.example."} {
		for _, s := range NewTopic("x", "").Sources(random(1), 20, []string{domain}, nil) {
			if !strings.Contains(s.URL, want) {
				t.Errorf("%s: %s", domain, s.URL)
			}
		}
	}
}

var citation = regexp.MustCompile(`\[(\d+)\]\.`)

func TestReport(t *testing.T) {
	eachTopic(t, func(t *testing.T, topic *Topic, seed uint64) {
		for _, words := range []int{300, 900, 3000} {
			sources := topic.Sources(random(seed), 8, nil, nil)
			text := topic.Report(random(seed), "A | hostile <description>\n# with markup", sources, words)
			if n := len(strings.Fields(text)); n < words*65/100 || n > words*135/100 {
				t.Errorf("%d words, want about %d", n, words)
			}
			if !strings.HasPrefix(text, notice) || !utf8.ValidString(text) || strings.Contains(text, "<description>") {
				t.Errorf("the report begins with %.100q", text)
			}
			cited := citation.FindAllStringSubmatch(text, -1)
			if len(cited) == 0 {
				t.Error("nothing is cited")
			}
			for _, m := range cited {
				if n, _ := strconv.Atoi(m[1]); n < 1 || n > len(sources) {
					t.Errorf("cites %s of %d", m[0], len(sources))
				}
			}
			checkBlocks(t, text)
		}
	})
}

// checkBlocks finds paragraphs that come twice and tables that are torn.
func checkBlocks(t *testing.T, text string) {
	t.Helper()
	seen := map[string]bool{}
	for block := range strings.SplitSeq(text, "\n\n") {
		if seen[block] {
			t.Errorf("twice: %q", block)
		}
		seen[block] = true
		if !strings.HasPrefix(block, "|") {
			continue
		}
		columns := strings.Count(strings.SplitN(block, "\n", 2)[0], "|")
		for row := range strings.SplitSeq(block, "\n") {
			if strings.Count(row, "|") != columns {
				t.Errorf("row %q has not %d columns", row, columns)
			}
		}
	}
}

func TestLongReportIsLinear(t *testing.T) {
	topic := NewTopic(inputs[0], "")
	text := topic.Report(random(1), "", topic.Sources(random(1), 10, nil, nil), 400_000)
	if n := len(strings.Fields(text)); n < 390_000 || n > 420_000 {
		t.Errorf("%d words", n)
	}
}

func TestTextsAreFilledAndTheSameForTheSameNumbers(t *testing.T) {
	eachTopic(t, func(t *testing.T, topic *Topic, seed uint64) {
		texts := func() []string {
			r := random(seed)
			sources := topic.Sources(r, 3, nil, nil)
			list := topic.Excerpts(r, "key_findings.0", 4)
			for _, c := range []string{"high", "medium", "low"} {
				list = append(list, topic.Reasoning(r, "ceo", "The name", sources, c))
			}
			for i, kind := range []string{"plan", "search", "result", "tool_call", "exec_status", "tool", "reasoning", "analysis", "unheard"} {
				list = append(list, topic.Message(r, kind, i, 9, &sources[0]))
			}
			for _, name := range []string{"ceo", "website", "founded_date", "email", "summary", "x", "", "риск"} {
				list = append(list, topic.Write(r, name, ""))
			}
			for _, f := range topic.AutoSchema(r) {
				list = append(list, f.Name, f.Description)
			}
			return append(list, topic.Report(r, "d", sources, 200))
		}
		first, second := texts(), texts()
		for i, text := range first {
			if text != second[i] {
				t.Errorf("%q is not %q", text, second[i])
			}
			if text == "" || strings.ContainsAny(text, "{}\x00") || !utf8.ValidString(text) {
				t.Errorf("text %d is %q", i, text)
			}
		}
	})
}

func TestWriteGoesByTheName(t *testing.T) {
	topic := NewTopic(inputs[0], "")
	for name, want := range map[string]string{
		"founder_email":  `@.*example\.com$`,
		"companyWebsite": `^https://.*example`,
		"launch_date":    `^\d{4}-\d\d-\d\d$`,
		"phone":          `^\+1 555 01`,
		"ceo":            `\(simulated\)$`,
		"competitors":    `\(simulated\)$`,
	} {
		if got := topic.Write(random(3), name, ""); !regexp.MustCompile(want).MatchString(got) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func FuzzTopic(f *testing.F) {
	for _, input := range inputs {
		f.Add(input, uint64(1))
	}
	f.Fuzz(func(t *testing.T, input string, seed uint64) {
		topic := NewTopic(input, "")
		r := random(seed)
		sources := topic.Sources(r, 3, []string{input}, []string{input})
		for _, s := range sources {
			if u, err := url.Parse(s.URL); err != nil || !strings.Contains(u.Host, ".example.") {
				t.Errorf("%q: %v", s.URL, err)
			}
		}
		text := topic.Report(r, input, sources, 150)
		if !utf8.ValidString(text) {
			t.Error("the report is not UTF-8")
		}
		checkBlocks(t, text)
	})
}
