package parallel

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestAClientNeverShowsItsKey(t *testing.T) {
	c, err := New(testKey, WithBetas("beta-1"))
	if err != nil {
		t.Fatal(err)
	}
	type holder struct {
		Public  *Client
		private *Client
		copied  Client
		list    []Client
	}
	h := holder{c, c, *c, []Client{*c}}
	var shown bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T", "%p"} {
		for _, v := range []any{c, *c, h, &h, []any{c, *c}, map[string]*Client{"c": c}} {
			fmt.Fprintf(&shown, verb+"\n", v)
		}
	}
	for _, handler := range []slog.Handler{slog.NewTextHandler(&shown, nil), slog.NewJSONHandler(&shown, nil)} {
		slog.New(handler).Info("client", "pointer", c, "value", *c, "holder", h)
	}
	b, err := json.Marshal([]any{c, h})
	if err != nil {
		t.Fatal(err)
	}
	shown.Write(b)
	for _, form := range []string{testKey, fmt.Sprintf("%x", testKey), fmt.Sprintf("%X", testKey)} {
		if strings.Contains(shown.String(), form) {
			t.Errorf("the key is shown as %q in\n%s", form, shown.String())
		}
	}
	if got := fmt.Sprint(c); got != "parallel.Client("+DefaultBaseURL+")" {
		t.Errorf("printed as %s", got)
	}
}
