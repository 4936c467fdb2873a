package webui

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/taskyard/taskyard"
)

// Door lets people in.
type Door interface {
	// SignIn lets a browser in by a token; CodeUnauthorized where it is not known.
	SignIn(w http.ResponseWriter, r *http.Request, token string) error
	SignOut(w http.ResponseWriter, r *http.Request) error
	// Tokens returns all tokens, also those that were revoked, newest first.
	Tokens(ctx context.Context) ([]taskyard.Token, error)
	// AddToken makes a token and returns it; nobody can read it again.
	AddToken(ctx context.Context, name string, role taskyard.Role) (taskyard.Token, string, error)
	RevokeToken(ctx context.Context, id string) error
	// DefaultVisibility is that of tasks that do not say.
	DefaultVisibility() taskyard.Visibility
}

// viewer is who looks at a page. Where nobody is asked, everybody may do everything.
func (ui *UI) viewer(ctx context.Context) taskyard.Viewer {
	if v, ok := taskyard.ViewerOf(ctx); ok || ui.door != nil {
		return v
	}
	return taskyard.Everyone
}

// sight says who may read a task, and what the other choice is.
type sight struct {
	Private bool
	Change  bool // whoever looks may choose
}

func (ui *UI) sightOf(ctx context.Context, t taskyard.Task) *sight {
	if ui.door == nil {
		return nil
	}
	return &sight{Private: t.Visibility == taskyard.Private, Change: ui.viewer(ctx).MayChange(t)}
}

// sightChoice is one of the composer's choices of who may read a task.
type sightChoice struct {
	Value, Label string
	Checked      bool
}

// sights are the composer's choices; none where nobody is asked who they are.
func (ui *UI) sights(chosen string) []sightChoice {
	if ui.door == nil {
		return nil
	}
	if chosen == "" {
		chosen = string(ui.door.DefaultVisibility())
	}
	return []sightChoice{
		{string(taskyard.Public), "Whoever has its address", chosen != string(taskyard.Private)},
		{string(taskyard.Private), "You alone", chosen == string(taskyard.Private)},
	}
}

// setVisibility changes who may read a task.
func (ui *UI) setVisibility(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	v, err := taskyard.ParseVisibility(r.PostForm.Get("visibility"))
	if err != nil {
		return err
	}
	t, err := ui.store.Show(r.Context(), r.PathValue("id"), v)
	if taskyard.CodeOf(err) == taskyard.CodeNotFound {
		return notHere(err)
	}
	if err != nil {
		return err
	}
	return done(w, r, "/tasks/"+t.ID)
}

type signInPage struct {
	layout
	Next    string
	Problem string
}

func (ui *UI) showSignIn(w http.ResponseWriter, r *http.Request) error {
	return ui.renderSignIn(w, r, http.StatusOK, r.URL.Query().Get("next"), "")
}

func (ui *UI) renderSignIn(w http.ResponseWriter, r *http.Request, status int, next, problem string) error {
	w.Header().Set("Cache-Control", "no-store")
	return ui.render(w, status, "signin", "layout", signInPage{layout: ui.layout(r.Context(), "Sign in", ""), Next: localPath(next), Problem: problem})
}

// localPath is a path of this server, or "/": never an address of another.
func localPath(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || u.Opaque != "" || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "//") || strings.ContainsAny(next, "\\\r\n\t") {
		return "/"
	}
	return (&url.URL{Path: u.Path, RawQuery: u.RawQuery, Fragment: u.Fragment}).String()
}

func (ui *UI) signIn(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	next := r.PostForm.Get("next")
	err := ui.door.SignIn(w, r, r.PostForm.Get("token"))
	switch code := taskyard.CodeOf(err); {
	case err == nil:
		if ui.login != nil { // somebody else may have signed in with Parallel here
			if err := ui.login.End(w, r); err != nil {
				return err
			}
		}
		http.Redirect(w, r, localPath(next), http.StatusSeeOther) //nolint:gosec // a path of this server: see localPath
		return nil
	case code == taskyard.CodeUnauthorized || code == taskyard.CodeRateLimited:
		status, problem := ui.explain(r, err)
		return ui.renderSignIn(w, r, status, next, problem)
	default:
		return err
	}
}

func (ui *UI) signOut(w http.ResponseWriter, r *http.Request) error {
	if ui.login != nil { // or the next one at this browser would spend with it
		if err := ui.login.End(w, r); err != nil {
			return err
		}
	}
	if err := ui.door.SignOut(w, r); err != nil {
		return err
	}
	w.Header().Set("Clear-Site-Data", `"storage"`) // a draft, notes and views; the next one here may be another
	return done(w, r, "/sign-in")
}

// sendToSignIn leads a browser that opens a page to where it can sign in, and reports whether it did.
func (ui *UI) sendToSignIn(w http.ResponseWriter, r *http.Request, status int) bool {
	if status != http.StatusUnauthorized || ui.door == nil || r.Method != http.MethodGet || wantsJSON(r) {
		return false
	}
	http.Redirect(w, r, "/sign-in?"+url.Values{"next": {localPath(r.URL.RequestURI())}}.Encode(), http.StatusSeeOther)
	return true
}

type accessPage struct {
	layout
	Tokens  []tokenRow
	Made    *tokenRow // the token that was just made
	Secret  string    // told this once
	Problem string
	Name    string
	Role    string
}

type tokenRow struct {
	ID, Name, Role      string
	Created, Used, Ends time.Time
}

func (ui *UI) showAccess(w http.ResponseWriter, r *http.Request) error {
	return ui.renderAccess(w, r, http.StatusOK, accessPage{Role: taskyard.RoleRun.String()})
}

func (ui *UI) renderAccess(w http.ResponseWriter, r *http.Request, status int, p accessPage) error {
	all, err := ui.door.Tokens(r.Context())
	if err != nil {
		return err
	}
	p.layout = ui.layout(r.Context(), "Access", "access")
	for _, t := range all {
		p.Tokens = append(p.Tokens, tokenRow{t.ID, t.Name, t.Role.String(), t.CreatedAt, t.UsedAt, t.RevokedAt})
	}
	w.Header().Set("Cache-Control", "no-store")
	return ui.render(w, status, "access", "layout", p)
}

// addToken shows a new token in its own answer, as nobody can read it later.
func (ui *UI) addToken(w http.ResponseWriter, r *http.Request) error {
	if err := parseForm(r); err != nil {
		return err
	}
	p := accessPage{Name: r.PostForm.Get("name"), Role: r.PostForm.Get("role")}
	role, err := taskyard.ParseRole(p.Role)
	var made taskyard.Token
	if err == nil {
		made, p.Secret, err = ui.door.AddToken(r.Context(), p.Name, role)
	}
	switch code := taskyard.CodeOf(err); {
	case err == nil:
		p.Made = &tokenRow{ID: made.ID, Name: made.Name, Role: made.Role.String()}
		p.Name, p.Role = "", taskyard.RoleRun.String()
		return ui.renderAccess(w, r, http.StatusCreated, p)
	case code == taskyard.CodeInvalid || code == taskyard.CodeConflict:
		status, problem := ui.explain(r, err)
		p.Secret, p.Problem = "", problem
		return ui.renderAccess(w, r, status, p)
	default:
		return err
	}
}

func (ui *UI) revokeToken(w http.ResponseWriter, r *http.Request) error {
	if err := ui.door.RevokeToken(r.Context(), r.PathValue("id")); err != nil {
		return err
	}
	return done(w, r, "/access")
}
