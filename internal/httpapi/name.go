package httpapi

import (
	"encoding/json"
	"net/http"

	"github.com/taskyard/taskyard"
)

// nameTask changes what a task is called, and who may read it.
func (a *API) nameTask(w http.ResponseWriter, r *http.Request) error {
	id, err := taskID(r)
	if err != nil {
		return err
	}
	body, err := readBody(r)
	if err != nil {
		return err
	}
	naming, visibility, err := readNaming(body)
	if err != nil {
		return err
	}
	task, err := a.store.Name(r.Context(), id, naming)
	if err == nil && visibility != "" {
		task, err = a.store.Show(r.Context(), id, visibility)
	}
	if err != nil {
		return err
	}
	return a.writeItem(w, r, http.StatusOK, task)
}

func readNaming(body []byte) (n taskyard.Naming, v taskyard.Visibility, err error) {
	list, err := readObject(body)
	if err != nil {
		return n, v, err
	}
	for _, m := range list {
		switch m.name {
		case "title":
			var title *string
			if json.Unmarshal(m.value, &title) != nil {
				return n, v, mustBe("title", "a string or null")
			}
			if title == nil {
				title = new(string)
			}
			n.Title = title
		case "tags":
			if kindOf(m.value) != '[' || json.Unmarshal(m.value, &n.Tags) != nil {
				return n, v, mustBe("tags", "an array of strings")
			}
		case "visibility":
			var name string
			if json.Unmarshal(m.value, &name) != nil {
				return n, v, mustBe("visibility", "a string")
			}
			if v, err = taskyard.ParseVisibility(name); err != nil {
				return n, v, err
			}
		default:
			return n, v, taskyard.Invalid(abbreviate(m.name), "unknown field %q; this address takes title, tags and visibility", abbreviate(m.name))
		}
	}
	return n, v, nil
}
