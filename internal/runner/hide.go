package runner

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/taskyard/taskyard"
)

// leastHidden is how many characters a secret has at least: to blot out shorter ones would hit other words.
const leastHidden = 12

// hider blots the secrets of a task out of all that is stored of what upstream says: it may repeat what it was given in a
// message, a warning or a result. It is more careful than [conceal], as a report is worth more than the words of an error.
type hider struct {
	taskyard.Unprintable
	forms [][]byte // of the secrets, as they are within JSON, longest first
}

// newHider takes the key, and what was sealed of the request.
func newHider(key taskyard.Hidden, secret taskyard.Secret, stored json.RawMessage) *hider {
	h := &hider{}
	h.add(key.Reveal())
	for _, text := range sealedTexts(stored, []byte(secret.Request.Reveal())) {
		h.addToken(text)
		for word := range strings.FieldsSeq(text) { // of "Bearer …" the token alone
			h.addToken(word)
		}
		if u, err := url.Parse(text); err == nil && u.Host != "" {
			h.add(text)
			h.addAddress(u)
		}
	}
	slices.SortFunc(h.forms, func(a, b []byte) int { return len(b) - len(a) })
	return h
}

// addAddress adds the parts of an address that can be secret by themselves.
func (h *hider) addAddress(u *url.URL) {
	h.addToken(u.RequestURI())
	h.addToken(u.User.Username())
	if password, ok := u.User.Password(); ok {
		h.addToken(password)
	}
	for _, values := range u.Query() {
		for _, value := range values {
			h.addToken(value)
		}
	}
}

// addToken adds what does not look like a word: with a digit, or with letters of both cases. A header may as well say
// "application/json", and so may a report.
func (h *hider) addToken(text string) {
	if strings.ContainsAny(text, "0123456789") || strings.ToLower(text) != text && strings.ToUpper(text) != text {
		h.add(text)
	}
}

// add adds a text as JSON may write it.
func (h *hider) add(text string) {
	if len(text) < leastHidden {
		return
	}
	for _, form := range asJSON(text) {
		if !slices.ContainsFunc(h.forms, func(f []byte) bool { return bytes.Equal(f, form) }) {
			h.forms = append(h.forms, form)
		}
	}
}

// json blots out what is within the texts of JSON. What holds no secret comes back as it is.
func (h *hider) json(raw json.RawMessage) json.RawMessage {
	if !h.found(raw) {
		return raw
	}
	out := make([]byte, 0, len(raw))
	for rest := []byte(raw); len(rest) > 0; {
		begin := bytes.IndexByte(rest, '"')
		if begin < 0 {
			return append(out, rest...)
		}
		end := begin + 1 + textEnd(rest[begin+1:])
		out = append(append(out, rest[:begin]...), h.blot(rest[begin:end])...)
		rest = rest[end:]
	}
	return out
}

// textEnd is where a text of JSON ends, with its quotation mark.
func textEnd(text []byte) int {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}

// text blots out of a text that is not JSON.
func (h *hider) text(s string) string {
	if h == nil || s == "" {
		return s
	}
	raw, err := json.Marshal(s)
	if err != nil || !h.found(raw) {
		return s
	}
	var out string
	if json.Unmarshal(h.json(raw), &out) != nil {
		return taskyard.HiddenText
	}
	return out
}

func (h *hider) found(raw []byte) bool {
	return h != nil && slices.ContainsFunc(h.forms, func(form []byte) bool { return bytes.Contains(raw, form) })
}

func (h *hider) blot(text []byte) []byte {
	for _, form := range h.forms {
		text = replaceWithin(text, form, taskyard.HiddenText)
	}
	return text
}

// events and change are what a write stores.
func (h *hider) events(events []taskyard.NewEvent) []taskyard.NewEvent {
	for i, ev := range events {
		events[i].Data = h.json(ev.Data)
	}
	return events
}

func (h *hider) change(c taskyard.Change) taskyard.Change {
	if h == nil {
		return c
	}
	c.Warnings, c.Result, c.Search = h.json(c.Warnings), h.json(c.Result), h.text(c.Search)
	if c.Activity != nil && c.Activity.Reason != "" {
		now := *c.Activity
		now.Reason = h.text(now.Reason)
		c.Activity = &now
	}
	if c.Error != nil {
		why := *c.Error
		why.Message, why.Detail = h.text(why.Message), h.json(why.Detail)
		c.Error = &why
	}
	return c
}
