package webui

import (
	"encoding/json"
	"net/http"
)

// problem is what the scripts are told of an error.
type problem struct {
	Message string `json:"message"`
	Field   string `json:"field,omitempty"`
	Price   string `json:"price,omitempty"` // to be agreed to, as it stands
}

// created is what the composer's script is told of a new task.
type created struct {
	TaskID   string `json:"taskId"`
	Location string `json:"location"`
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) //nolint:errchkjson // where it fails the visitor has gone, and nobody is left to tell
}
