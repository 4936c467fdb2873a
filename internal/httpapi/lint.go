package httpapi

import (
	"encoding/json"
	"net/http"

	"github.com/taskyard/taskyard/internal/lint"
)

// finding is a rule of Parallel's that a request breaks.
type finding struct {
	Field   string          `json:"field"`
	Message string          `json:"message"`
	IsError bool            `json:"isError"`
	Repair  *string         `json:"repair"`
	Fixed   json.RawMessage `json:"fixed"` // nil is null
}

// lintTask says what Parallel will refuse of a create call and warn of. Nothing is stored or sent.
func (a *API) lintTask(w http.ResponseWriter, r *http.Request) error {
	submit, err := readCreate(r)
	if err != nil {
		return err
	}
	list := []finding{}
	for _, f := range lint.Request(submit.Request) {
		list = append(list, finding{Field: f.Field, Message: f.Message, IsError: f.IsError, Repair: orNull(f.Repair), Fixed: f.Fixed})
	}
	return writeJSON(w, http.StatusOK, list)
}
