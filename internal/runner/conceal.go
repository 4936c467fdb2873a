package runner

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/parallel"
)

// minConcealed is how many bytes a secret has at least that is looked for in other texts: a shorter one is none, and would
// hit words.
const minConcealed = 8

// conceal takes what was sealed of a request out of upstream's answer to it. A validator repeats what it does not take, and
// errors are stored and shown.
func conceal(err error, stored, sent json.RawMessage) {
	var api *parallel.APIError
	if len(sent) == 0 || !errors.As(err, &api) {
		return
	}
	for _, secret := range sealedTexts(stored, sent) {
		api.Message = strings.ReplaceAll(api.Message, secret, taskyard.Redacted)
		for _, written := range asJSON(secret) {
			api.Detail = replaceWithin(api.Detail, written, taskyard.Redacted)
		}
	}
}

// sealedTexts are the texts of a request that the stored one lacks, the longest first: one can begin with another.
func sealedTexts(stored, sent json.RawMessage) []string {
	var open, all []string
	eachText(stored, func(text string) { open = append(open, text) })
	eachText(sent, func(text string) {
		if len(text) >= minConcealed && !slices.Contains(open, text) {
			all = append(all, text)
		}
	})
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
	return all
}

// eachText calls f with every text in a JSON value, the names of members among them.
func eachText(raw json.RawMessage, f func(string)) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	for {
		token, err := dec.Token()
		if err != nil {
			return // the end: it is JSON, or upstream would be told so
		}
		if text, isText := token.(string); isText {
			f(text)
		}
	}
}

// replaceWithin puts a word in place of a text, as it is written within JSON, wherever it does not begin in the middle of
// an escape: after a backslash "token" is a tab and "oken".
func replaceWithin(raw, written []byte, word string) []byte {
	var out []byte
	done := 0 // of raw, in bytes
	for from := 0; len(written) > 0; {
		at := bytes.Index(raw[from:], written)
		if at < 0 {
			break
		}
		at += from
		before := raw[:at]
		if (len(before)-len(bytes.TrimRight(before, `\`)))%2 == 1 {
			from = at + 1
			continue
		}
		out = append(append(out, raw[done:at]...), word...)
		done = at + len(written)
		from = done
	}
	return append(out, raw[done:]...)
}

// asJSON is a text as it can stand between quotes, with and without the escapes that are for HTML.
func asJSON(text string) [][]byte {
	var list [][]byte
	for _, escapes := range []bool{false, true} {
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(escapes)
		_ = enc.Encode(text) //nolint:errchkjson // a text always can be
		quoted := bytes.TrimSuffix(b.Bytes(), []byte("\n"))
		list = append(list, quoted[1:len(quoted)-1])
	}
	return list
}
