// Package access says who asks, and lets them read and do only what they may. A [Door] finds out who asks, from a token or
// a cookie, and keeps whole addresses from those who may not use them; [Guard], [Serve] and [Watch] stand before the store,
// the service and the live logs, so that no handler can forget to ask.
package access

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/taskyard/taskyard"
)

// Mode is who is let in.
type Mode string

// The modes.
const (
	// ModeNone asks nobody: only this machine reaches the server.
	ModeNone Mode = "none"
	// ModeToken lets in whoever has a token. Others read public tasks whose addresses they have.
	ModeToken Mode = "token"
	// ModeOpen lets everybody run tasks with keys of their own, and see the list.
	ModeOpen Mode = "open"
)

// OperatorID owns what is done with the operator's token.
const OperatorID = "operator"

// MinOperatorToken is how long an operator's token must be, in characters: it is chosen by people.
const MinOperatorToken = 20

// Records keep who is let in.
type Records interface {
	Tokens(ctx context.Context) ([]taskyard.Token, error)
	AddToken(ctx context.Context, t taskyard.Token, hash []byte) error
	RevokeToken(ctx context.Context, id string) error
	FindToken(ctx context.Context, hash []byte) (taskyard.Token, error)
	AddSession(ctx context.Context, hash []byte, tokenID string) error
	FindSession(ctx context.Context, hash []byte) (taskyard.Token, error)
	EndSession(ctx context.Context, hash []byte) error
}

// Config is what a door needs.
type Config struct {
	Mode    Mode // "" is none
	Records Records
	// OperatorToken administers, without a record; zero is none.
	OperatorToken taskyard.Hidden
	// Visibility is that of tasks that do not say; "" is public.
	Visibility taskyard.Visibility
	// Secure says that browsers come by https, so that cookies are kept from everything else.
	Secure bool
	// Wrong is told of requests with a token that is not known; nil is not.
	Wrong func(*http.Request)
	// Logger hears who signs in and out, and who gives and takes tokens; nil discards.
	Logger *slog.Logger
}

// Door lets people in.
type Door struct {
	Config
	operator [sha256.Size]byte
	session  string // by which sessions know the operator's token
}

// New returns a door.
func New(c Config) (*Door, error) {
	switch c.Mode {
	case "":
		c.Mode = ModeNone
	case ModeNone, ModeOpen:
	case ModeToken:
		if c.OperatorToken.IsZero() {
			return nil, errors.New("--access token needs the operator's token, in TASKYARD_OPERATOR_TOKEN (made by: head -c 24 /dev/urandom | base64)")
		}
	default:
		return nil, fmt.Errorf("--access is %q; it is none, token or open", c.Mode)
	}
	if n := len(c.OperatorToken.Reveal()); n != 0 && n < MinOperatorToken {
		return nil, fmt.Errorf("TASKYARD_OPERATOR_TOKEN has %d characters; it must have at least %d, as anybody can try to guess it", n, MinOperatorToken)
	}
	if c.Wrong == nil {
		c.Wrong = func(*http.Request) {}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	token := []byte(c.OperatorToken.Reveal())
	return &Door{Config: c, operator: sha256.Sum256(token), session: operatorSession(token)}, nil
}

// String keeps the operator's token out of whatever is printed.
func (*Door) String() string { return "access.Door" }

// GoString keeps it out of %#v.
func (*Door) GoString() string { return "access.Door" }

// Handler finds out who asks before next is asked. What was wrong with a token [Door.Admit] says.
func (d *Door) Handler(next http.Handler) http.Handler {
	if d.Mode == ModeNone {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, r.WithContext(taskyard.WithViewer(r.Context(), taskyard.Everyone)))
		})
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		viewer, err := d.viewer(r)
		if err == nil && viewer.IsVisitor() && d.Mode == ModeOpen {
			d.welcome(w, r)
		}
		ctx := taskyard.WithViewer(r.Context(), viewer)
		ctx = context.WithValue(ctx, stillKey{}, func(ctx context.Context) (taskyard.Viewer, error) { return d.viewer(r.WithContext(ctx)) })
		if err != nil {
			ctx = context.WithValue(ctx, refusalKey{}, err)
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

type refusalKey struct{}

// Admit returns why whoever asks may not use an address, if so.
func (d *Door) Admit(r *http.Request) error {
	if err, refused := r.Context().Value(refusalKey{}).(error); refused {
		return err
	}
	viewer, _ := taskyard.ViewerOf(r.Context())
	return suffices(viewer, roleFor(r.Method, r.Pattern))
}

// suffices returns why a viewer's role is not enough, if so.
func suffices(v taskyard.Viewer, needed taskyard.Role) error {
	switch {
	case v.Role >= needed:
		return nil
	case v.Role == taskyard.RoleNone:
		return taskyard.Errorf(taskyard.CodeUnauthorized, "Sign in with a token first.")
	default:
		return taskyard.Errorf(taskyard.CodeForbidden, "Your token's role is %s; this needs %s.", v.Role, needed)
	}
}

// viewer is who asks.
func (d *Door) viewer(r *http.Request) (taskyard.Viewer, error) {
	if given, ok := bearer(r); ok {
		token, err := d.find(r, given)
		if err != nil {
			return taskyard.Viewer{}, err
		}
		viewer, _ := d.viewerOf(token)
		return viewer, nil
	}
	if cookie, err := r.Cookie(CookieName(d.Secure, sessionCookie)); err == nil && cookie.Value != "" {
		token, err := d.Records.FindSession(r.Context(), hash(cookie.Value))
		if err == nil {
			if viewer, ok := d.viewerOf(token); ok {
				return viewer, nil
			}
		} else if !errors.Is(err, taskyard.ErrNotFound) {
			return taskyard.Viewer{}, err
		}
	}
	if d.Mode == ModeOpen {
		return d.visitor(r), nil
	}
	return taskyard.Viewer{}, nil
}

func bearer(r *http.Request) (string, bool) {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.TrimSpace(token), ok && strings.EqualFold(scheme, "Bearer")
}

var errBadToken = taskyard.Errorf(taskyard.CodeUnauthorized, "The token is not known here, or was revoked.")

// maxToken bounds a token, in bytes.
const maxToken = 512

// find returns the token that was given. The operator's has no record, and the id by which its sessions know it.
func (d *Door) find(r *http.Request, given string) (taskyard.Token, error) {
	if given == "" || len(given) > maxToken {
		d.Wrong(r)
		return taskyard.Token{}, errBadToken
	}
	if d.isOperator(given) {
		return taskyard.Token{ID: d.session}, nil
	}
	token, err := d.Records.FindToken(r.Context(), hash(given))
	if errors.Is(err, taskyard.ErrNotFound) {
		d.Wrong(r)
		return taskyard.Token{}, errBadToken
	}
	return token, err
}

func (d *Door) isOperator(given string) bool {
	sum := sha256.Sum256([]byte(given))
	return !d.OperatorToken.IsZero() && subtle.ConstantTimeCompare(sum[:], d.operator[:]) == 1
}

// operatorSession names the operator's token in a session, so that another token ends what this one began. It is stored and
// the token was chosen by somebody, so guessing at it is made slow: two passes over 19 MiB, the least that OWASP advises.
func operatorSession(token []byte) string {
	const passes, kibibytes, threads, size = 2, 19 << 10, 1, 15
	return OperatorID + "-" + encode(argon2.IDKey(token, []byte("taskyard operator session"), passes, kibibytes, threads, size))
}

// viewerOf is who has a token; false for the operator of another time.
func (d *Door) viewerOf(t taskyard.Token) (taskyard.Viewer, bool) {
	if t.Role != taskyard.RoleNone {
		return taskyard.Viewer{ID: t.ID, Name: t.Name, Role: t.Role}, true
	}
	if !d.OperatorToken.IsZero() && subtle.ConstantTimeCompare([]byte(t.ID), []byte(d.session)) == 1 {
		return taskyard.Viewer{ID: OperatorID, Name: "the operator", Role: taskyard.RoleAdmin}, true
	}
	return taskyard.Viewer{}, false
}

// SignIn lets a browser in by a token. What it was let in by before is over.
func (d *Door) SignIn(w http.ResponseWriter, r *http.Request, given string) error {
	token, err := d.find(r, strings.TrimSpace(given))
	if err != nil {
		return err
	}
	if err := d.endSession(r); err != nil {
		return err
	}
	secret := rand.Text()
	if err := d.Records.AddSession(r.Context(), hash(secret), token.ID); err != nil {
		return err
	}
	viewer, _ := d.viewerOf(token)
	d.Logger.Info("signed in", "who", viewer.ID, "from", r.RemoteAddr)
	http.SetCookie(w, Cookie(d.Secure, sessionCookie, secret, CookieLife))
	return nil
}

// SignOut lets a browser out.
func (d *Door) SignOut(w http.ResponseWriter, r *http.Request) error {
	if err := d.endSession(r); err != nil {
		return err
	}
	d.Logger.Info("signed out", "who", asks(r.Context()), "from", r.RemoteAddr)
	http.SetCookie(w, Cookie(d.Secure, sessionCookie, "", -1))
	return nil
}

func (d *Door) endSession(r *http.Request) error {
	cookie, err := r.Cookie(CookieName(d.Secure, sessionCookie))
	if err != nil {
		return nil //nolint:nilerr // nobody is signed in
	}
	return d.Records.EndSession(r.Context(), hash(cookie.Value))
}

// asks is who asks, for the log.
func asks(ctx context.Context) string {
	v, _ := taskyard.ViewerOf(ctx)
	return v.ID
}

// AddToken makes a token and returns it; nobody can read it again.
func (d *Door) AddToken(ctx context.Context, name string, role taskyard.Role) (taskyard.Token, string, error) {
	secret := "tyd_" + strings.ToLower(rand.Text())
	t := taskyard.Token{ID: "tok_" + strings.ToLower(rand.Text()), Name: name, Role: role, CreatedAt: time.Now()}
	if err := d.Records.AddToken(ctx, t, hash(secret)); err != nil {
		return t, "", err
	}
	d.Logger.Info("token made", "who", asks(ctx), "token", t.ID, "role", role.String())
	return t, secret, nil
}

// DefaultVisibility is that of tasks that do not say.
func (d *Door) DefaultVisibility() taskyard.Visibility {
	return cmp.Or(d.Visibility, taskyard.Public)
}

// Tokens are all tokens, also those that were revoked, newest first.
func (d *Door) Tokens(ctx context.Context) ([]taskyard.Token, error) { return d.Records.Tokens(ctx) }

// RevokeToken ends a token and all sessions that it began.
func (d *Door) RevokeToken(ctx context.Context, id string) error {
	if err := d.Records.RevokeToken(ctx, id); err != nil {
		return err
	}
	d.Logger.Info("token revoked", "who", asks(ctx), "token", id)
	return nil
}

// hash is how a token or a cookie is stored: both are random, so that a plain hash cannot be searched through.
func hash(secret string) []byte {
	sum := sha256.Sum256([]byte("taskyard access " + secret))
	return sum[:]
}

func encode(b []byte) string {
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b))
}
