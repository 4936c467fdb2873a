package signin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/parallel"
	"github.com/taskyard/taskyard/parallel/sandbox"
)

// The whole flow, over sockets: the key that comes back runs a task.
func TestASignInGivesAKeyThatWorks(t *testing.T) {
	box, err := sandbox.New(sandbox.WithScale(1000))
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	server := httptest.NewServer(box)
	defer server.Close()
	client, err := New(Config{Provider: server.URL, HTTP: server.Client()})
	if err != nil {
		t.Fatal(err)
	}
	address, begun, err := client.Begin(t.Context(), there)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(address, server.URL+"/getKeys/authorize?") {
		t.Fatalf("the browser is sent to %s", address)
	}
	sealed, err := begun.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	callback, err := sandbox.SignIn(t.Context(), server.Client(), address, "")
	if err != nil {
		t.Fatal(err)
	}
	back, err := url.Parse(callback)
	if err != nil {
		t.Fatal(err)
	}
	var pending Pending
	if err := pending.UnmarshalBinary(sealed); err != nil {
		t.Fatal(err)
	}
	key, err := client.Finish(t.Context(), pending, back.Query())
	if err != nil {
		t.Fatal(err)
	}
	api, err := parallel.New(key.Reveal(), parallel.WithBaseURL(server.URL), parallel.WithHTTPClient(server.Client()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := api.CreateRunJSON(t.Context(), json.RawMessage(`{"processor":"lite","input":"Why do tides turn?"}`)); err != nil {
		t.Error(err)
	}
	if _, err := client.Finish(t.Context(), pending, back.Query()); err == nil {
		t.Error("one answer signs in twice")
	}
}

// Behind a proxy that brings TLS, the simulator within the process is a provider at this server's own address.
func TestTheSimulatorWithinIsAProviderByHTTPS(t *testing.T) {
	const own = "https://tasks.example.com"
	inBubble(t, func(w *world) {
		var err error
		if w.client, err = New(Config{Provider: own, HTTP: w.http}); err != nil {
			t.Fatal(err)
		}
		address, pending := w.begin(there)
		if !strings.HasPrefix(address, own+sandbox.AuthorizePath) {
			t.Errorf("the browser is sent to %s", address)
		}
		if _, err := w.client.Finish(w.Context(), pending, w.press(address, "")); err != nil {
			t.Error(err)
		}
	}, sandbox.WithIssuer(own))
}

func TestTheBrowserIsSentWithWhatParallelDocuments(t *testing.T) {
	inBubble(t, func(w *world) {
		address, pending := w.begin(there)
		asked, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		q := asked.Query()
		for name, want := range map[string]string{
			"client_id": "tasks.example.com", "redirect_uri": there, "response_type": "code", "scope": "key:read",
			"code_challenge_method": "S256", "state": *pending.kept.State,
		} {
			if q.Get(name) != want {
				t.Errorf("%s is %q, want %q", name, q.Get(name), want)
			}
		}
		if len(q.Get("code_challenge")) != 43 || strings.Contains(address, *pending.kept.Verifier) || len(*pending.kept.State) < 26 {
			t.Errorf("the address is %s", address)
		}
		if pending.RedirectURI() != there || time.Until(pending.Expires()) > Life {
			t.Errorf("pending until %s at %s", pending.Expires(), pending.RedirectURI())
		}
		if _, other := w.begin(there); *other.kept.State == *pending.kept.State || *other.kept.Verifier == *pending.kept.Verifier {
			t.Error("two sign-ins have the same secrets")
		}
		if n := w.calls.registered.Load(); n != 0 {
			t.Errorf("a server with a name of its own was registered %d times", n)
		}
	})
}

func TestTheLongestSignInCanBeKept(t *testing.T) {
	long := there + "?" + strings.Repeat("&", maxAddress-len(there)-1)
	inBubble(t, func(w *world) {
		_, pending := w.begin(long)
		pending.kept.ClientID = strings.Repeat(`"`, maxClientID)
		data, err := pending.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		var opened Pending
		if err := opened.UnmarshalBinary(data); err != nil || opened.RedirectURI() != long {
			t.Errorf("%d bytes: %v", len(data), err)
		}
	})
}

func TestWhatGoesWrongAtTheProviderHasAClearError(t *testing.T) {
	want := map[string]taskyard.Code{
		"ok": "", "denied": taskyard.CodeForbidden, "server-error": taskyard.CodeUnavailable, "expired-code": taskyard.CodeInvalid,
		"wrong-state": taskyard.CodeInvalid, "wrong-issuer": taskyard.CodeInvalid, "no-issuer": taskyard.CodeInvalid,
		"token-error": taskyard.CodeUnavailable, "bad-key": taskyard.CodeUnavailable,
	}
	for _, s := range sandbox.SignInScenarios() {
		t.Run(s.Name, func(t *testing.T) {
			code, known := want[s.Name]
			if !known {
				t.Fatal("a scenario without a test")
			}
			inBubble(t, func(w *world) {
				address, pending := w.begin(there)
				back := w.press(address, s.Name)
				key, err := w.client.Finish(w.Context(), pending, back)
				if code == "" {
					if err != nil || key.Reveal() == "" {
						t.Errorf("%v", err)
					}
					return
				}
				fails(t, err, code, append(pending.secrets(back), back.Get("state"), "two lines")...)
				if key.Reveal() != "" {
					t.Error("there is an error and a key")
				}
				asked := map[string]int32{"expired-code": 1, "token-error": 1, "bad-key": 1}[s.Name]
				if n := w.calls.token.Load(); n != asked {
					t.Errorf("the code was sent to the provider %d times, want %d", n, asked)
				}
			})
		})
	}
}

func TestAnAnswerThatIsChangedIsRefusedBeforeItsCodeIsSent(t *testing.T) {
	for name, change := range map[string]func(back url.Values){
		"no state":         func(back url.Values) { back.Del("state") },
		"a state too much": func(back url.Values) { back.Add("state", back.Get("state")) },
		"a longer state":   func(back url.Values) { back.Set("state", back.Get("state")+"x") },
		"no code":          func(back url.Values) { back.Del("code") },
		"two codes":        func(back url.Values) { back.Add("code", "another") },
		"an endless code":  func(back url.Values) { back.Set("code", strings.Repeat("c", maxCode+1)) },
		"a code of lines":  func(back url.Values) { back.Set("code", "a\r\nb") },
		"no issuer":        func(back url.Values) { back.Del("iss") },
		"an empty issuer":  func(back url.Values) { back.Set("iss", "") },
		"an issuer alike":  func(back url.Values) { back.Set("iss", here+"/") },
		"two issuers":      func(back url.Values) { back.Add("iss", "https://evil.example") },
		"an odd error":     func(back url.Values) { back.Set("error", "<script>alert(1)</script>") },
		"an empty error":   func(back url.Values) { back.Set("error", "") },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(w *world) {
				address, pending := w.begin(there)
				back := w.press(address, "")
				secrets := pending.secrets(back)
				change(back)
				_, err := w.client.Finish(w.Context(), pending, back)
				fails(t, err, taskyard.CodeInvalid, append(secrets, "script")...)
				if n := w.calls.token.Load(); n != 0 {
					t.Errorf("the code was sent %d times", n)
				}
			})
		})
	}
}

func TestAnAnswerToAnotherSignInIsRefused(t *testing.T) {
	inBubble(t, func(w *world) {
		address, _ := w.begin(there)
		_, mine := w.begin(there)
		back := w.press(address, "")
		_, err := w.client.Finish(w.Context(), mine, back)
		fails(t, err, taskyard.CodeInvalid, mine.secrets(back)...)
		back.Set("state", *mine.kept.State) // as somebody does who plants a code of his own
		_, err = w.client.Finish(w.Context(), mine, back)
		fails(t, err, taskyard.CodeInvalid, mine.secrets(back)...)
		_, err = w.client.Finish(w.Context(), Pending{}, back)
		fails(t, err, taskyard.CodeInvalid, mine.secrets(back)...)
	})
}

func TestASignInHasItsTime(t *testing.T) {
	inBubble(t, func(w *world) {
		address, pending := w.begin(there)
		time.Sleep(Life - 30*time.Second)
		back := w.press(address, "")
		late := pending
		if _, err := w.client.Finish(w.Context(), pending, back); err != nil {
			t.Errorf("just in time: %v", err)
		}
		time.Sleep(time.Minute)
		_, err := w.client.Finish(w.Context(), late, back)
		fails(t, err, taskyard.CodeInvalid, late.secrets(back)...)
		late.kept.Begun = time.Now().Add(time.Hour)
		_, err = w.client.Finish(w.Context(), late, back)
		fails(t, err, taskyard.CodeInvalid)
	})
}

func TestASignInAtAnotherProviderThanThisIsRefused(t *testing.T) {
	inBubble(t, func(w *world) {
		address, pending := w.begin(there)
		back := w.press(address, "")
		other, err := New(Config{Provider: "http://127.0.0.1:8081", HTTP: w.http})
		if err != nil {
			t.Fatal(err)
		}
		_, err = other.Finish(w.Context(), pending, back)
		fails(t, err, taskyard.CodeInvalid, pending.secrets(back)...)
	})
}

func TestTheProviderIsAskedOnceAnHour(t *testing.T) {
	inBubble(t, func(w *world) {
		var many sync.WaitGroup
		for range 20 {
			many.Go(func() { _, _, _ = w.client.Begin(w.Context(), there) })
		}
		many.Wait()
		time.Sleep(learnedLife - time.Second)
		w.begin(there)
		if n := w.calls.discovery.Load(); n != 1 {
			t.Errorf("the provider was asked %d times", n)
		}
		time.Sleep(2 * time.Second)
		w.begin(there)
		if n := w.calls.discovery.Load(); n != 2 {
			t.Errorf("after an hour it was asked %d times", n)
		}
	})
}

func TestAServerWithoutANameIsRegisteredOncePerAddress(t *testing.T) {
	inBubble(t, func(w *world) {
		for _, redirect := range []string{"http://localhost:8080/back", "http://127.0.0.1:8080/back", "http://[::1]:8080/back", "https://tasks/back"} {
			var many sync.WaitGroup
			before := w.calls.registered.Load()
			for range 5 {
				many.Go(func() { _, _, _ = w.client.Begin(w.Context(), redirect) })
			}
			many.Wait()
			address, pending := w.begin(redirect)
			if n := w.calls.registered.Load() - before; n != 1 {
				t.Errorf("%s was registered %d times", redirect, n)
			}
			if !strings.HasPrefix(pending.kept.ClientID, "simulated_client_") {
				t.Errorf("%s goes by the name of %s", redirect, pending.kept.ClientID)
			}
			if _, err := w.client.Finish(w.Context(), pending, w.press(address, "")); err != nil {
				t.Errorf("%s: %v", redirect, err)
			}
		}
		for i := range 2 * maxRegistered {
			w.client.remember(fmt.Sprint(i), "id")
		}
		if n := len(w.client.registered); n > maxRegistered {
			t.Errorf("%d registrations are remembered", n)
		}
	})
}

func TestSignInComesBackToSecureAddressesOnly(t *testing.T) {
	inBubble(t, func(w *world) {
		for _, redirect := range []string{
			"", "/callback", "tasks.example.com", "http://tasks.example.com/", "http://192.168.1.5:8080/", "javascript:alert(1)", "https:///x", "https:x",
			"https://user:pw@tasks.example.com/", "https://tasks.example.com/#x", "https://tasks.example.com/\n", `https://tasks.example.com\@evil.example/`,
			"https://tasks.example.com/" + strings.Repeat("x", maxAddress),
		} {
			_, _, err := w.client.Begin(w.Context(), redirect)
			fails(t, err, taskyard.CodeInvalid)
		}
		if n := w.calls.discovery.Load(); n != 0 {
			t.Errorf("the provider was asked %d times for nothing", n)
		}
	})
}

func TestAProviderIsASecureOrigin(t *testing.T) {
	for _, address := range []string{
		"", "platform.parallel.ai", "http://platform.parallel.ai", "ftp://platform.parallel.ai", "https://platform.parallel.ai/x", "https://",
		"https://u:p@platform.parallel.ai", "https://platform.parallel.ai/?q", "https://platform.parallel.ai/#f", "javascript:alert(1)", "http://localhost.evil.example",
	} {
		if _, err := New(Config{Provider: address}); err == nil {
			t.Errorf("%q is taken for a provider", address)
		}
	}
	for _, address := range []string{Parallel, Parallel + "/", "http://localhost:8090", "http://[::1]:8090", "http://127.0.0.1:8090"} {
		if _, err := New(Config{Provider: address}); err != nil {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func TestWhoDoesNotWaitIsNotKept(t *testing.T) {
	inBubble(t, func(w *world) {
		w.client.asking <- struct{}{} // somebody else asks, for long
		ctx, cancel := context.WithTimeout(w.Context(), time.Second)
		defer cancel()
		_, _, err := w.client.Begin(ctx, there)
		fails(t, err, taskyard.CodeUnavailable)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the cause is lost: %v", err)
		}
		<-w.client.asking
		w.begin(there) // that one did not wait says nothing about the provider
	})
}

// Secrets do not get out by being printed, logged, or made a part of a document.
func TestSecretsDoNotPrint(t *testing.T) {
	inBubble(t, func(w *world) {
		_, pending := w.begin(there)
		key := mustKey(t, "a-key-that-nobody-sees")
		document, err := json.Marshal(map[string]any{"pending": pending, "key": key})
		if err != nil {
			t.Fatal(err)
		}
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "pending", pending, "key", key, "both", []any{pending, key})
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "pending", pending, "key", key, "both", []any{pending, key})
		text := string(document) + log.String()
		inside := struct { // fmt looks into fields without asking them
			key     taskyard.Hidden
			pending Pending
		}{key, pending}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			text += fmt.Sprintf(verb+verb, pending, key) + fmt.Sprintf(verb+verb, &pending, &key) + fmt.Sprintf(verb, inside)
		}
		for _, secret := range []string{*pending.kept.State, *pending.kept.Verifier, key.Reveal(), fmt.Sprintf("%x", key.Reveal())} {
			if strings.Contains(text, secret) {
				t.Errorf("%s is in %s", secret, text)
			}
		}
		if !strings.Contains(text, taskyard.HiddenText) {
			t.Error("nothing shows that there was a secret")
		}
	})
}

func mustKey(t *testing.T, token string) taskyard.Hidden {
	t.Helper()
	key, err := newKey(token)
	if err != nil {
		t.Fatal(err)
	}
	return key
}
