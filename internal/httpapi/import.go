package httpapi

import (
	"net/http"

	"github.com/taskyard/taskyard"
)

// importRun stores a task for a run that was made elsewhere, and follows it.
func (a *API) importRun(w http.ResponseWriter, r *http.Request) error {
	body, err := readBody(r)
	if err != nil {
		return err
	}
	given, err := parseImport(body)
	if err != nil {
		return err
	}
	if given.APIKey, err = apiKey(r, given.APIKey); err != nil {
		return err
	}
	task, isNew, err := a.service.Import(r.Context(), given)
	if err != nil {
		return err
	}
	return writeCreated(w, task, isNew)
}

// parseImport reads which run is to be imported; the field names are ours or upstream's, as in a create.
func parseImport(body []byte) (taskyard.Import, error) {
	all, err := readObject(body)
	if err != nil {
		return taskyard.Import{}, err
	}
	var i taskyard.Import
	var key string
	into := map[string]*string{
		"visibility": (*string)(&i.Visibility),
		"runId":      &i.RunID, "run_id": &i.RunID, "apiKey": &key, "api_key": &key, "upstream": &i.Upstream,
	}
	for _, m := range all {
		field := into[m.name]
		if field == nil {
			return i, taskyard.Invalid(abbreviate(m.name), "there is no such field; there are runId, apiKey, upstream and visibility")
		}
		if *field != "" {
			return i, taskyard.Invalid(m.name, "%s is given twice", m.name)
		}
		if *field = textOf(m.value); *field == "" {
			return i, taskyard.Invalid(m.name, "%s must be a text that is not empty", m.name)
		}
	}
	i.APIKey = taskyard.Hide(key)
	if _, err := taskyard.ParseVisibility(string(i.Visibility)); i.Visibility != "" && err != nil {
		return i, err
	}
	if i.RunID == "" {
		return i, taskyard.Invalid("runId", "runId is missing: the name of the run, trun_…")
	}
	return i, nil
}
