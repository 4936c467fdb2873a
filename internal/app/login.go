package app

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/access"
	"github.com/taskyard/taskyard/internal/seal"
	"github.com/taskyard/taskyard/internal/signin"
	"github.com/taskyard/taskyard/internal/store"
	"github.com/taskyard/taskyard/parallel/sandbox"
)

// signInSimulated is the value of --sign-in that signs in with the simulator.
const signInSimulated = "simulator"

// The cookies of a sign-in with Parallel: on the way, and afterwards.
const (
	loginOnTheWay = "taskyard_login"
	loginCookie   = "taskyard_parallel"
)

const callbackPath = "/sign-in/parallel/callback"

// login implements [webui.Login]. A browser has a random cookie; its hash leads to the key, which is sealed.
type login struct {
	client   *signin.Client
	upstream string
	store    *store.Store
	ring     *seal.Ring
	public   string // --public-url
	https    bool   // browsers come by it
}

// newLogin returns nil where signing in with Parallel is not offered.
func (a *App) newLogin(mux *http.ServeMux) (*login, error) {
	l := &login{upstream: upstreamParallel, store: a.store, ring: a.service.ring, public: strings.TrimRight(a.cfg.PublicURL, "/"), https: a.cfg.secure()}
	cfg := signin.Config{Provider: a.cfg.SignIn, ClientName: "Taskyard"}
	switch {
	case a.cfg.SignIn == "" || a.cfg.SignIn == "none":
		return nil, nil
	case a.cfg.SignIn == signInSimulated && a.simulator == nil:
		return nil, errors.New("--sign-in is simulator, and there is no simulator")
	case a.cfg.SignIn == signInSimulated:
		l.upstream = upstreamSimulator
		cfg.Provider, cfg.HTTP = a.URL(), a.simulator.Client()
		if l.public != "" {
			cfg.Provider = l.public
		}
		mux.Handle("GET "+sandbox.AuthorizePath, paced(a.limiter, a.simulator))
		mux.Handle("POST "+sandbox.AuthorizePath, paced(a.limiter, a.simulator))
	}
	var err error
	l.client, err = signin.New(cfg)
	return l, err
}

// Upstream is the one that takes the keys.
func (l *login) Upstream() string { return l.upstream }

func (l *login) secure() bool { return l.https }

// redirectURI is where the browser comes back to: the configured address, or the name of this machine that the browser uses.
func (l *login) redirectURI(r *http.Request) (string, error) {
	switch {
	case l.public != "":
		return l.public + callbackPath, nil
	case isLocalName(r.Host):
		return "http://" + r.Host + callbackPath, nil
	}
	return "", taskyard.Errorf(taskyard.CodeConflict, "This server does not know its own address, which signing in with Parallel needs: start it with --public-url.")
}

// Begin returns where the browser goes.
func (l *login) Begin(w http.ResponseWriter, r *http.Request) (string, error) {
	back, err := l.redirectURI(r)
	if err != nil {
		return "", err
	}
	address, pending, err := l.client.Begin(r.Context(), back)
	if err != nil {
		return "", err
	}
	plain, err := pending.MarshalBinary()
	if err != nil {
		return "", err
	}
	sealed, err := l.ring.Seal(seal.SignIn, "", plain)
	if err != nil {
		return "", err
	}
	http.SetCookie(w, access.Cookie(l.secure(), loginOnTheWay, base64.RawURLEncoding.EncodeToString(sealed), signin.Life))
	return address, nil
}

// Finish takes the browser back, and keeps the key that it brings.
func (l *login) Finish(w http.ResponseWriter, r *http.Request) error {
	http.SetCookie(w, access.Cookie(l.secure(), loginOnTheWay, "", -1))
	pending, err := l.pending(r)
	if err != nil {
		return err
	}
	key, err := l.client.Finish(r.Context(), pending, r.URL.Query())
	if err != nil {
		return err
	}
	if err := l.End(w, r); err != nil { // whoever was signed in before
		return err
	}
	cookie := rand.Text()
	hash := hashLogin(cookie)
	sealed, err := l.ring.Seal(seal.LoginKey, loginName(hash), []byte(key.Reveal()))
	if err != nil {
		return err
	}
	if err := l.store.AddLogin(r.Context(), hash, sealed); err != nil {
		return err
	}
	http.SetCookie(w, access.Cookie(l.secure(), loginCookie, cookie, access.CookieLife))
	return nil
}

var errNoLogin = taskyard.Errorf(taskyard.CodeInvalid, "This browser has begun no sign-in, or it took too long. Begin again.")

func (l *login) pending(r *http.Request) (p signin.Pending, err error) {
	cookie, err := r.Cookie(access.CookieName(l.secure(), loginOnTheWay))
	if err != nil {
		return p, errNoLogin
	}
	sealed, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err != nil {
		return p, errNoLogin
	}
	plain, err := l.ring.Open(seal.SignIn, "", sealed)
	if err != nil || p.UnmarshalBinary(plain) != nil {
		return p, errNoLogin
	}
	return p, nil
}

// Key is the key of whoever is signed in. One that this server can open no more is none.
func (l *login) Key(r *http.Request) (taskyard.Hidden, error) {
	cookie, err := r.Cookie(access.CookieName(l.secure(), loginCookie))
	if err != nil || cookie.Value == "" {
		return taskyard.Hidden{}, nil //nolint:nilerr // nobody is signed in
	}
	hash := hashLogin(cookie.Value)
	sealed, err := l.store.FindLogin(r.Context(), hash)
	if errors.Is(err, taskyard.ErrNotFound) {
		return taskyard.Hidden{}, nil
	}
	if err != nil {
		return taskyard.Hidden{}, err
	}
	plain, err := l.ring.Open(seal.LoginKey, loginName(hash), sealed)
	if err != nil {
		return taskyard.Hidden{}, l.store.EndLogin(context.WithoutCancel(r.Context()), hash)
	}
	return taskyard.Hide(string(plain)), nil
}

// End forgets the key of whoever is signed in.
func (l *login) End(w http.ResponseWriter, r *http.Request) error {
	cookie, err := r.Cookie(access.CookieName(l.secure(), loginCookie))
	if err != nil {
		return nil //nolint:nilerr // nobody is signed in
	}
	http.SetCookie(w, access.Cookie(l.secure(), loginCookie, "", -1))
	return l.store.EndLogin(r.Context(), hashLogin(cookie.Value))
}

func hashLogin(cookie string) []byte {
	sum := sha256.Sum256([]byte("taskyard login " + cookie))
	return sum[:]
}

// loginName binds a sealed key to its cookie.
func loginName(hash []byte) string { return hex.EncodeToString(hash) }
