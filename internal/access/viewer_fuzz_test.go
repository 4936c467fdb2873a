package access

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/taskyard/taskyard"
)

// onlyOne knows one token and one session, by their hashes.
type onlyOne struct {
	Records
	token, session string
}

func (o onlyOne) FindToken(_ context.Context, given []byte) (taskyard.Token, error) {
	return o.find(given, o.token)
}

func (o onlyOne) FindSession(_ context.Context, given []byte) (taskyard.Token, error) {
	return o.find(given, o.session)
}

func (onlyOne) find(given []byte, secret string) (taskyard.Token, error) {
	if !bytes.Equal(given, hash(secret)) {
		return taskyard.Token{}, taskyard.ErrNotFound
	}
	return taskyard.Token{ID: "tok_1", Name: "Ada", Role: taskyard.RoleRun}, nil
}

// Whatever the headers say, who has neither the operator's token nor one that is known has no role, or on an open server
// that of a visitor, who is nobody but for a long cookie.
func FuzzViewer(f *testing.F) {
	const operator, token, session = "a-token-of-the-operator", "tyd_known", "a-session-that-is-known"
	for _, s := range []struct{ authorization, cookies string }{
		{"Bearer " + operator, ""}, {"bearer  " + token + " ", ""}, {"Bearer " + strings.ToUpper(token), "taskyard_session=" + session}, {"", "taskyard_session=" + session}, {"", "taskyard_session=; taskyard_session=" + session},
		{"Basic " + token, "taskyard_visitor=" + strings.Repeat("v", 26)}, {"Bearer", "__Host-taskyard_session=" + session}, {"", `taskyard_session="` + session + `"; taskyard_visitor=x`}, {"Bearer " + strings.Repeat("x", maxToken+1), ""}, {"", "taskyard_visitor=" + strings.Repeat("v", maxToken+1)},
	} {
		f.Add(s.authorization, s.cookies)
	}
	doors := map[Mode]*Door{ModeToken: nil, ModeOpen: nil}
	for mode := range doors {
		door, err := New(Config{Mode: mode, Records: onlyOne{token: token, session: session}, OperatorToken: taskyard.Hide(operator)})
		if err != nil {
			f.Fatal(err)
		}
		doors[mode] = door
	}
	f.Fuzz(func(t *testing.T, authorization, cookies string) {
		scheme, given, _ := strings.Cut(authorization, " ")
		bears := func(secret string) bool {
			return strings.EqualFold(scheme, "Bearer") && strings.TrimSpace(given) == secret
		}
		for mode, door := range doors {
			r := httptest.NewRequest(http.MethodGet, "/tasks", http.NoBody)
			r.Header.Set("Authorization", authorization)
			r.Header.Set("Cookie", cookies)
			viewer, err := door.viewer(r)
			switch {
			case err != nil && (taskyard.CodeOf(err) != taskyard.CodeUnauthorized || viewer != taskyard.Viewer{}):
				t.Errorf("%+v, %v", viewer, err)
			case viewer.ID == OperatorID:
				if !bears(operator) || viewer.Role != taskyard.RoleAdmin {
					t.Errorf("%q and %q are the operator", authorization, cookies)
				}
			case viewer.ID == "tok_1":
				if !bears(token) && !strings.Contains(cookies, session) || viewer.Role != taskyard.RoleRun {
					t.Errorf("%q and %q are %+v", authorization, cookies, viewer)
				}
			case viewer.Role >= taskyard.RoleAdmin, mode == ModeToken && viewer != taskyard.Viewer{}, viewer.ID != "" && (!viewer.IsVisitor() || !strings.Contains(cookies, visitorCookie)):
				t.Errorf("%q and %q are %+v", authorization, cookies, viewer)
			}
		}
	})
}
