package httpapi

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/taskyard/taskyard"
)

// Tokens are what lets others in.
type Tokens interface {
	// Tokens returns all tokens, also those that were revoked, newest first.
	Tokens(ctx context.Context) ([]taskyard.Token, error)
	// AddToken makes a token and returns it; nobody can read it again.
	AddToken(ctx context.Context, name string, role taskyard.Role) (taskyard.Token, string, error)
	// RevokeToken ends a token; CodeNotFound where there is none.
	RevokeToken(ctx context.Context, id string) error
}

// token is a token as an administrator sees it.
type token struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	Role      string `json:"role"`
	CreatedAt stamp  `json:"createdAt"`
	UsedAt    stamp  `json:"usedAt"`
	RevokedAt stamp  `json:"revokedAt"`
	Token     string `json:"token,omitempty"` // told once
}

func describeToken(t taskyard.Token, secret string) token {
	return token{t.ID, t.Name, t.Role.String(), stamp(t.CreatedAt), stamp(t.UsedAt), stamp(t.RevokedAt), secret}
}

// noTokens is the answer where nobody is asked who they are.
func (a *API) noTokens() error {
	if a.tokens == nil {
		return taskyard.Errorf(taskyard.CodeNotFound, "this server asks nobody who they are, so there are no tokens; start it with --access token")
	}
	return nil
}

func (a *API) listTokens(w http.ResponseWriter, r *http.Request) error {
	if err := a.noTokens(); err != nil {
		return err
	}
	all, err := a.tokens.Tokens(r.Context())
	if err != nil {
		return err
	}
	list := make([]token, 0, len(all))
	for _, t := range all {
		list = append(list, describeToken(t, ""))
	}
	return writeJSON(w, http.StatusOK, list)
}

// addToken answers with the token itself, this once.
func (a *API) addToken(w http.ResponseWriter, r *http.Request) error {
	if err := a.noTokens(); err != nil {
		return err
	}
	body, err := readBody(r)
	if err != nil {
		return err
	}
	name, role, err := readToken(body)
	if err != nil {
		return err
	}
	t, secret, err := a.tokens.AddToken(r.Context(), name, role)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return writeJSON(w, http.StatusCreated, describeToken(t, secret))
}

func readToken(body []byte) (name string, role taskyard.Role, err error) {
	list, err := readObject(body)
	if err != nil {
		return "", 0, err
	}
	var roleName string
	for _, m := range list {
		switch m.name {
		case "name":
			if json.Unmarshal(m.value, &name) != nil {
				return "", 0, mustBe("name", "a string")
			}
		case "role":
			if json.Unmarshal(m.value, &roleName) != nil {
				return "", 0, mustBe("role", "a string")
			}
		default:
			return "", 0, taskyard.Invalid(abbreviate(m.name), "unknown field %q; this address takes name and role", abbreviate(m.name))
		}
	}
	role, err = taskyard.ParseRole(roleName)
	return name, role, err
}

func (a *API) revokeToken(w http.ResponseWriter, r *http.Request) error {
	if err := a.noTokens(); err != nil {
		return err
	}
	if err := a.tokens.RevokeToken(r.Context(), r.PathValue("id")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
