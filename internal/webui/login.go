package webui

import (
	"context"
	"net/http"
	"net/url"
	"sync"

	"github.com/taskyard/taskyard"
)

// Login signs browsers in with Parallel. The key that this yields stays on the server.
type Login interface {
	// Upstream is the name of the upstream that takes the keys.
	Upstream() string
	// Begin returns where the browser goes to sign in.
	Begin(w http.ResponseWriter, r *http.Request) (address string, err error)
	// Finish takes the browser back.
	Finish(w http.ResponseWriter, r *http.Request) error
	// Key returns the key of a browser that is signed in; zero for any other.
	Key(r *http.Request) (taskyard.Hidden, error)
	End(w http.ResponseWriter, r *http.Request) error
}

type loginKey struct{}

// withLogin lets a page ask whose key its forms can use: it is looked up once, and only where a page asks.
func (ui *UI) withLogin(r *http.Request) *http.Request {
	if ui.login == nil {
		return r
	}
	key := sync.OnceValue(func() taskyard.Hidden {
		key, err := ui.login.Key(r)
		if err != nil {
			ui.log.Warn("read who is signed in with Parallel", "error", err)
		}
		return key
	})
	return r.WithContext(context.WithValue(r.Context(), loginKey{}, key))
}

// loginOf is the key of whoever has signed in with Parallel; zero for any other.
func loginOf(ctx context.Context) taskyard.Hidden {
	if key, ok := ctx.Value(loginKey{}).(func() taskyard.Hidden); ok {
		return key()
	}
	return taskyard.Hidden{}
}

// signedIn reports whether whoever asks has signed in for an upstream.
func (ui *UI) signedIn(ctx context.Context, upstream string) bool {
	return ui.login != nil && ui.login.Upstream() == upstream && !loginOf(ctx).IsZero()
}

// upstreams are those of the server; whoever is signed in needs no key of their own.
func (ui *UI) upstreams(ctx context.Context) []taskyard.Upstream {
	list := append([]taskyard.Upstream{}, ui.service.Upstreams()...)
	for i := range list {
		list[i].HasKey = list[i].HasKey || ui.signedIn(ctx, list[i].Name)
	}
	return list
}

// keyFor is the key that a form's task is billed to: the one that was typed, or that of whoever is signed in; zero is the
// server's own.
func (ui *UI) keyFor(r *http.Request, upstream string) taskyard.Hidden {
	if typed := taskyard.Hide(typedKey(r)); !typed.IsZero() || !ui.signedIn(r.Context(), upstream) {
		return typed
	}
	return loginOf(r.Context())
}

type leavingPage struct{ Address, Host string }

// beginLogin leads to where one signs in. It is a page and no redirect, as the pages' policy lets no form lead to
// another site.
func (ui *UI) beginLogin(w http.ResponseWriter, r *http.Request) error {
	address, err := ui.login.Begin(w, r)
	if err != nil {
		return err
	}
	u, err := url.Parse(address)
	if err != nil {
		return err
	}
	return ui.render(w, http.StatusOK, "leaving", "main", leavingPage{Address: address, Host: u.Host})
}

func (ui *UI) finishLogin(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer") // the address holds the code
	if err := ui.login.Finish(w, r); err != nil {
		return err
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}

func (ui *UI) endLogin(w http.ResponseWriter, r *http.Request) error {
	if err := ui.login.End(w, r); err != nil {
		return err
	}
	return done(w, r, "/")
}
