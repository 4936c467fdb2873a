package httpapi

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/taskyard/taskyard"
)

// link is a link as who may revoke it sees it.
type link struct {
	Token     string          `json:"token"`
	Page      string          `json:"page"` // what is given to others
	TaskID    string          `json:"taskId"`
	Parts     []taskyard.Part `json:"parts"`
	Frozen    bool            `json:"frozen"`
	Good      bool            `json:"good"`
	CreatedAt stamp           `json:"createdAt"`
	ExpiresAt stamp           `json:"expiresAt"`
	RevokedAt stamp           `json:"revokedAt"`
	Opens     int64           `json:"opens"`
	OpenedAt  stamp           `json:"openedAt"`
}

func describeLink(s taskyard.Share) link {
	return link{
		Token: s.Token, Page: "/s/" + s.Token, TaskID: s.Task.ID, Parts: append([]taskyard.Part{}, s.Parts...), Frozen: s.UpTo > 0, Good: s.Good(time.Now()),
		CreatedAt: stamp(s.CreatedAt), ExpiresAt: stamp(s.ExpiresAt), RevokedAt: stamp(s.RevokedAt), Opens: s.Opens, OpenedAt: stamp(s.OpenedAt),
	}
}

// listLinks answers with an array, newest first; where the next page is, is in the Link header.
func (a *API) listLinks(w http.ResponseWriter, r *http.Request) error {
	values := r.URL.Query()
	p := parameters{values: values}
	q := taskyard.ShareQuery{Task: p.one("task"), Limit: p.number("limit", 1, taskyard.MaxPage, defaultPage), After: p.cursor("cursor")}
	if q.Task != "" && !isTaskID(q.Task) {
		p.fail("task", "is not the id of a task: an id is %d lower-case letters and digits", idLength)
	}
	if p.err != nil {
		return p.err
	}
	page, err := a.store.Shares(r.Context(), q)
	if err != nil {
		return err
	}
	list := make([]link, 0, len(page.Shares))
	for _, s := range page.Shares {
		list = append(list, describeLink(s))
	}
	leadOn(w, r, values, page.Next)
	return writeJSON(w, http.StatusOK, list)
}

func (a *API) addLink(w http.ResponseWriter, r *http.Request) error {
	id, err := taskID(r)
	if err != nil {
		return err
	}
	body, err := readBody(r)
	if err != nil {
		return err
	}
	asked, err := readLink(body)
	if err != nil {
		return err
	}
	t, err := a.store.Task(r.Context(), id)
	if err != nil {
		return err
	}
	s, err := taskyard.NewShare(t, asked.parts, asked.days, asked.frozen, time.Now())
	if err != nil {
		return err
	}
	if err := a.store.AddShare(r.Context(), s); err != nil {
		return err
	}
	w.Header().Set("Location", "/s/"+s.Token)
	return writeJSON(w, http.StatusCreated, describeLink(s))
}

type newLink struct {
	parts  []taskyard.Part
	days   int
	frozen bool
}

// readLink reads what a link is to be; what is left out is as the page has it before anything is chosen.
func readLink(body []byte) (newLink, error) {
	asked := newLink{parts: []taskyard.Part{taskyard.PartResult, taskyard.PartTimeline, taskyard.PartRequest}, days: 7}
	list, err := readObject(body)
	if err != nil {
		return asked, err
	}
	for _, m := range list {
		switch m.name {
		case "parts":
			asked.parts = nil
			if kindOf(m.value) != '[' || json.Unmarshal(m.value, &asked.parts) != nil {
				return asked, mustBe("parts", "an array of request, metadata, result and timeline")
			}
		case "days":
			if kindOf(m.value) != '0' || json.Unmarshal(m.value, &asked.days) != nil {
				return asked, mustBe("days", "a whole number")
			}
		case "frozen":
			var frozen *bool
			if json.Unmarshal(m.value, &frozen) != nil || frozen == nil {
				return asked, mustBe("frozen", "true or false")
			}
			asked.frozen = *frozen
		default:
			return asked, taskyard.Invalid(abbreviate(m.name), "unknown field %q; this address takes parts, days and frozen", abbreviate(m.name))
		}
	}
	return asked, nil
}

func (a *API) revokeLink(w http.ResponseWriter, r *http.Request) error {
	if err := a.store.RevokeShare(r.Context(), r.PathValue("token")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
