// Package snippet writes a request of the Task API as a program that somebody can run: it creates the run, follows
// its events over as many streams as that takes, and prints the result. Nothing secret is ever in the text: the API
// key, header values of MCP servers and the webhook's address are read from the environment, by the names that the
// program's first lines give.
package snippet

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"text/template"
)

// Language is something that a request can be written in.
type Language struct {
	Name  string // for [Of], and for addresses and forms
	Label string // for people
}

// Languages lists them in the order in which they are shown.
func Languages() []Language {
	list := make([]Language, len(languages))
	for i, l := range languages {
		list[i] = l.Language
	}
	return list
}

// language is a Language with what it takes to write it.
type language struct {
	Language
	dialect dialect
	indent  string // of the request, whose first line stands behind something else
	unit    string // of one more level
}

var languages = []language{
	{Language{"http", "HTTP"}, asHTTP, "", "  "},
	{Language{"curl", "curl"}, asShell, "", "  "},
	{Language{"typescript", "TypeScript"}, asTypeScript, "  ", "  "},
	{Language{"python", "Python"}, asPython, "", "    "},
	{Language{"go", "Go"}, asGo, "", "  "},
}

//go:embed templates/*.tmpl
var files embed.FS

var templates = template.Must(template.ParseFS(files, "templates/*.tmpl"))

// program is what a template prints. All but Env is in the language's own quotes where it has to be.
type program struct {
	Base       string // the base URL
	Runs       string // the address of the create call
	IsParallel bool   // the base URL is Parallel's own, which SDKs know
	Request    string
	Betas      string   // of the parallel-beta header; "" if there is none
	BetaList   []string // the same, one by one
	Env        []string // names of the variables to be read, the API key's first
}

// Of writes the program that sends request, a JSON object, with the beta features named by the comma-separated list
// betas, to the API at baseURL; "" is Parallel's own. Errors say what cannot be written. Numbers are the reader's:
// TypeScript rounds those of more than 15 digits.
func Of(name string, request json.RawMessage, betas, baseURL string) (string, error) {
	l, err := find(name)
	if err != nil {
		return "", err
	}
	root, err := parse(request)
	if err != nil {
		return "", err
	}
	base, err := checkBase(baseURL)
	if err != nil {
		return "", err
	}
	list, err := split(betas)
	if err != nil {
		return "", err
	}
	p := program{IsParallel: base == parallelURL, Env: append([]string{"PARALLEL_API_KEY"}, hide(&root)...)}
	if p.Request, err = l.dialect.write(root, l.indent, l.unit); err != nil {
		return "", err
	}
	quoted := l.dialect.literal
	p.Base, p.Runs = quoted(base), quoted(base+"/v1/tasks/runs")
	if len(list) > 0 {
		p.Betas = quoted(strings.Join(list, ","))
	}
	for _, beta := range list {
		p.BetaList = append(p.BetaList, quoted(beta))
	}
	var b strings.Builder
	if err := templates.ExecuteTemplate(&b, l.Name+".tmpl", p); err != nil {
		return "", fmt.Errorf("write %s: %w", l.Label, err)
	}
	return b.String(), nil
}

func find(name string) (language, error) {
	for _, l := range languages {
		if l.Name == name {
			return l, nil
		}
	}
	return language{}, fmt.Errorf("there is no language %q", name)
}

// split reads the names of beta features. What cannot stand in a header cannot be sent.
func split(betas string) ([]string, error) {
	var list []string
	for beta := range strings.SplitSeq(betas, ",") {
		beta = strings.TrimSpace(beta)
		if strings.ContainsFunc(beta, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return nil, errors.New("names of beta features are printable ASCII without spaces")
		}
		if beta != "" {
			list = append(list, beta)
		}
	}
	return list, nil
}
