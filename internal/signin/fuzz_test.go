package signin

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/taskyard/taskyard"
)

// Whatever a provider says about itself, no address of another site is taken over.
func FuzzMetadata(f *testing.F) {
	f.Add([]byte(`{"issuer":"https://platform.parallel.ai","authorization_endpoint":"https://platform.parallel.ai/getKeys/authorize","token_endpoint":"https://platform.parallel.ai/getKeys/token","registration_endpoint":"https://platform.parallel.ai/getKeys/register"}`))
	f.Add([]byte(`{"issuer":"https://platform.parallel.ai/","authorization_endpoint":"HTTPS://PLATFORM.PARALLEL.AI:443/a","token_endpoint":"https://platform.parallel.ai@evil.example/"}`))
	f.Add([]byte(`{"issuer":"https://platform.parallel.ai","authorization_endpoint":"https:platform.parallel.ai","token_endpoint":"//platform.parallel.ai"}`))
	provider, err := url.Parse(Parallel)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		m, err := parseMetadata(body, provider)
		if err != nil {
			return
		}
		addresses := []string{m.Authorization, m.Token}
		if m.Registration != "" {
			addresses = append(addresses, m.Registration)
		}
		for _, address := range addresses {
			u, err := url.Parse(address)
			if err != nil || u.Scheme != "https" || !strings.EqualFold(u.Hostname(), "platform.parallel.ai") || u.Port() != "" && u.Port() != "443" || u.User != nil {
				t.Fatalf("%q is taken", address)
			}
		}
	})
}

// Whatever a browser comes back with, only the state that was sent leads to a code, and no error repeats it.
func FuzzAnswer(f *testing.F) {
	const state = "THESTATEOFTHISSIGNINANDNOOTHER"
	f.Add("state=" + state + "&code=abcdefghijklmnop&iss=https://platform.parallel.ai")
	f.Add("state=" + state + "&error=access_denied")
	f.Add("state=" + state + "&state=x&code=%00")
	f.Add("code=abcdefghijklmnop;state=" + state)
	c, err := New(Config{Provider: Parallel})
	if err != nil {
		f.Fatal(err)
	}
	pending := Pending{kept: kept{State: new(state), Verifier: new("v"), Issuer: Parallel, Redirect: there, ClientID: "c", Begun: time.Now()}}
	f.Fuzz(func(t *testing.T, raw string) {
		query, _ := url.ParseQuery(raw)
		code, err := c.readAnswer(pending, query)
		if err == nil {
			if query.Get("state") != state || query.Get("code") != code || code == "" || query.Has("error") || query.Has("iss") && query.Get("iss") != Parallel {
				t.Fatalf("%q is taken", raw)
			}
			return
		}
		e, ok := errors.AsType[*taskyard.Error](err)
		if !ok || strings.Contains(err.Error(), state) {
			t.Fatalf("the error is %v", err)
		}
		if given := query.Get("code"); len(given) > 12 && strings.Contains(e.Error(), given) {
			t.Fatalf("the error shows the code: %v", e)
		}
	})
}

// What is opened as a sign-in is a whole one, and comes out as it went in.
func FuzzPending(f *testing.F) {
	whole, err := Pending{kept: kept{State: new("s"), Verifier: new("v"), Issuer: Parallel, Redirect: there, ClientID: "c", Begun: time.Now()}}.MarshalBinary()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add([]byte(`{"state":""}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var p Pending
		if err := p.UnmarshalBinary(data); err != nil {
			if p != (Pending{}) {
				t.Fatal("there is an error and a sign-in")
			}
			return
		}
		again, err := p.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		var same Pending
		if err := same.UnmarshalBinary(again); len(again) <= maxPending && (err != nil || !same.kept.Begun.Equal(p.kept.Begun) || *same.kept.State != *p.kept.State) {
			t.Fatalf("%s became %s (%v)", data, again, err)
		}
	})
}

// Whatever a provider registers this client as, and whatever it gives for a key, what is taken can be sent as it is, and
// what is not is shown to nobody.
func FuzzGiven(f *testing.F) {
	for _, text := range []string{`{"client_id":"taskyard","token_endpoint_auth_method":"none"}`, `{"client_id":"a b"}`, `{"client_id":"x","token_endpoint_auth_method":"client_secret_basic"}`, `{"client_id":7}`, `[]`, "a-key-of-the-user", "a key\r\nX-Other: 1", strings.Repeat("k", maxKeyLength+1), "\x7f", ""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		id, err := parseRegistration([]byte(text))
		if (err == nil) == (id == "") || len(id) > maxClientID || !isVisible(id) {
			t.Errorf("%q registers %q (%v)", text, id, err)
		}
		key, wrong := newKey(text)
		if (wrong == nil) == key.IsZero() || len(key.Reveal()) > maxKeyLength || !isVisible(key.Reveal()) || wrong == nil && key.Reveal() != text {
			t.Errorf("%q is the key %q (%v)", text, key.Reveal(), wrong)
		}
		for _, err := range []error{err, wrong} {
			if err != nil && len(text) > 20 && strings.Contains(err.Error(), text) {
				t.Errorf("the error shows what was given: %v", err)
			}
		}
	})
}
