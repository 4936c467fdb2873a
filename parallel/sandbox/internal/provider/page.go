package provider

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
)

//go:embed page.html
var pageSource string

//go:embed page.css
var pageStyle string

var pageTemplate = template.Must(template.New("page").Parse(pageSource))

// page is what the template shows.
type page struct {
	Issuer    string
	Request   *request // nil: there is nobody to answer
	Problem   string   // what is wrong with the request, in words
	Sealed    string
	Accounts  []Choice
	Scenarios []Choice
	Scenario  string // chosen at first
}

// Style is the page's only style, which its policy names by its hash.
func (*page) Style() template.CSS { return template.CSS(pageStyle) } //nolint:gosec // a file of ours

// Host is where the browser goes back to.
func (p *page) Host() string {
	u, err := url.Parse(p.Request.Redirect)
	if err != nil {
		return ""
	}
	return u.Host
}

// problem shows what is wrong where there is nobody to answer.
func (p *Provider) problem(w http.ResponseWriter, text string) {
	p.show(w, http.StatusBadRequest, &page{Problem: text})
}

func (p *Provider) show(w http.ResponseWriter, status int, shown *page) {
	var body bytes.Buffer
	if err := pageTemplate.Execute(&body, shown); err != nil {
		panic(err) // a buffer takes everything, and tests show each page
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(body.Len()))
	h.Set("Content-Security-Policy", policy(shown))
	h.Set("X-Frame-Options", "DENY")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin") // none would make the form's Origin "null"
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // a browser that has gone needs no page
}

// policy allows the page its style, and its form to lead back to the application: browsers hold the redirect that
// follows a form to form-action too.
func policy(shown *page) string {
	hash := sha256.Sum256([]byte(pageStyle))
	text := "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'; base-uri 'none'; frame-ancestors 'none'; form-action "
	if shown.Request == nil {
		return text + "'none'"
	}
	redirect, err := parseRedirect(shown.Request.Redirect)
	if err != nil {
		return text + "'none'"
	}
	return text + "'self' " + redirect.Scheme + "://" + redirect.Host
}
