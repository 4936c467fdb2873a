package taskyard_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/taskyard/taskyard"
)

const mark = "mark-of-a-secret-4711"

// holder has a secret wherever a struct can have one.
type holder struct {
	Public  taskyard.Hidden
	private taskyard.Hidden
	pointer *taskyard.Hidden
	list    []taskyard.Hidden
	byName  map[string]taskyard.Hidden
	asKey   map[taskyard.Hidden]int
	any     any
}

func everywhere(text string) (holder, []any) {
	hidden := taskyard.Hide(text)
	h := holder{hidden, hidden, &hidden, []taskyard.Hidden{hidden}, map[string]taskyard.Hidden{"a": hidden}, map[taskyard.Hidden]int{hidden: 1}, hidden}
	secret := taskyard.Secret{APIKey: hidden, Request: hidden}
	submit := taskyard.Submit{APIKey: hidden, Request: json.RawMessage(`"` + text + `"`)}
	return h, []any{
		hidden, &hidden, h, &h, []any{h}, map[string]any{"h": h}, secret, &secret, submit, &submit, struct{ s taskyard.Secret }{secret},
		taskyard.Import{APIKey: hidden}, fmt.Errorf("call with %v: %w", hidden, errors.New("refused")),
	}
}

func TestWhatIsHiddenIsNotShownAnywhere(t *testing.T) {
	h, values := everywhere(mark)
	var shown bytes.Buffer
	for _, v := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T", "%t"} { // vet refuses %p
			fmt.Fprintf(&shown, verb+"\n", v)
		}
		for _, handler := range []slog.Handler{slog.NewTextHandler(&shown, nil), slog.NewJSONHandler(&shown, nil)} {
			slog.New(handler).Info("said", "value", v, slog.Group("group", "value", v))
		}
	}
	for _, v := range []any{h.Public, &h.Public, h.byName, h.list, values[6], values[8], values[11]} {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		shown.Write(text)
	}
	for _, form := range []string{mark, fmt.Sprintf("%x", mark), fmt.Sprintf("%X", mark), fmt.Sprint([]byte(mark))[1:20]} {
		if strings.Contains(shown.String(), form) {
			t.Errorf("it is shown as %q in\n%s", form, shown.String())
		}
	}
	if !strings.Contains(shown.String(), taskyard.HiddenText) {
		t.Error("nothing says that something is hidden")
	}
}

func TestWhatIsHiddenPrintsAsASecret(t *testing.T) {
	hidden := taskyard.Hide(mark)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		for _, v := range []any{hidden, taskyard.Secret{APIKey: hidden}, taskyard.Submit{}} {
			if got := fmt.Sprintf(verb, v); got != "[secret]" {
				t.Errorf("%s of %T is %s", verb, v, got)
			}
		}
	}
	if text, err := json.Marshal(map[string]any{"key": hidden}); err != nil || string(text) != `{"key":"[secret]"}` {
		t.Errorf("%s, %v", text, err)
	}
	var read struct{ Key taskyard.Hidden }
	if err := json.Unmarshal([]byte(`{"Key":"[secret]"}`), &read); err == nil {
		t.Error("what was printed is read as if it were the text")
	}
}

func TestWhatIsHiddenIsRevealedAndCompared(t *testing.T) {
	if got := taskyard.Hide(mark).Reveal(); got != mark {
		t.Errorf("revealed as %q", got)
	}
	if taskyard.Hide(mark) != taskyard.Hide(strings.Clone(mark)) || taskyard.Hide(mark) == taskyard.Hide("x") {
		t.Error("two are not equal as their texts are")
	}
	if empty := taskyard.Hide(""); !empty.IsZero() || empty != (taskyard.Hidden{}) || empty.Reveal() != "" || taskyard.Hide("x").IsZero() {
		t.Error("the empty text is not the zero value")
	}
}

// The process of a panic prints its value, and what the goroutines hold.
func TestAPanicDoesNotShowWhatIsHidden(t *testing.T) {
	const variable = "TASKYARD_TEST_PANIC"
	h, values := everywhere(mark)
	switch os.Getenv(variable) {
	case "":
	case "value":
		panic(h.Public)
	case "holder":
		panic(h)
	case "error":
		panic(values[len(values)-1])
	case "text":
		panic(mark) // so that the test can fail
	}
	for _, kind := range []string{"value", "holder", "error", "text"} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestAPanicDoesNotShowWhatIsHidden$")
		cmd.Env = append(os.Environ(), variable+"="+kind, "GOTRACEBACK=all")
		said, err := cmd.CombinedOutput()
		if err == nil || !bytes.Contains(said, []byte("panic: ")) {
			t.Errorf("%s: no panic: %s", kind, said)
		}
		if shown := bytes.Contains(said, []byte(mark)); shown != (kind == "text") {
			t.Errorf("%s: shown: %t\n%s", kind, shown, said)
		}
	}
}

// What of an address may be a secret; a path is none, whatever signs are in it.
func TestAddressesThatHoldSecrets(t *testing.T) {
	for address, want := range map[string]bool{
		"https://m.example/mcp?token=x": true, "https://me:pw@m.example/": true, "https://token@m.example": true, "me:pw@m.example": true,
		"https:/me:pw@m.example": true, `https:\\me:pw@m.example`: true, "https://m.example/#x": true, "https://m.example/a b?%": true,
		"https://m.example/mcp": false, "https://m.example/@team/docs": false, "": false, "m.example": false,
	} {
		if got := taskyard.HoldsSecret(address); got != want {
			t.Errorf("%q: %v", address, got)
		}
	}
}
