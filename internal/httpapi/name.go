package httpapi

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/taskyard/taskyard"
)

// nameTask changes what a task is called.
func (a *API) nameTask(w http.ResponseWriter, r *http.Request) error {
	id, err := taskID(r)
	if err != nil {
		return err
	}
	if err := checkContentType(r); err != nil {
		return err
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return fmt.Errorf("read body: %w", err)
	}
	naming, err := readNaming(body)
	if err != nil {
		return err
	}
	task, err := a.store.Name(r.Context(), id, naming)
	if err != nil {
		return err
	}
	return a.writeItem(w, r, http.StatusOK, task)
}

func readNaming(body []byte) (taskyard.Naming, error) {
	var n taskyard.Naming
	list, err := readObject(body)
	if err != nil {
		return n, err
	}
	for _, m := range list {
		switch m.name {
		case "title":
			var title *string
			if json.Unmarshal(m.value, &title) != nil {
				return n, mustBe("title", "a string or null")
			}
			if title == nil {
				title = new(string)
			}
			n.Title = title
		case "tags":
			if kindOf(m.value) != '[' || json.Unmarshal(m.value, &n.Tags) != nil {
				return n, mustBe("tags", "an array of strings")
			}
		default:
			return n, taskyard.Invalid(abbreviate(m.name), "unknown field %q; this address takes title and tags", abbreviate(m.name))
		}
	}
	return n, nil
}
