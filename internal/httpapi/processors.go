package httpapi

import (
	"net/http"
	"time"

	"github.com/taskyard/taskyard/parallel"
)

// processor is what is publicly known of one of upstream's processors.
type processor struct {
	Name               string `json:"name"`
	Tier               string `json:"tier"`
	Fast               bool   `json:"fast"`
	USDPerThousandRuns int    `json:"usdPerThousandRuns"`
	MinLatencySeconds  int64  `json:"minLatencySeconds"`
	MaxLatencySeconds  int64  `json:"maxLatencySeconds"`
	MaxFields          int    `json:"maxFields"`
	EventsByDefault    bool   `json:"eventsByDefault"`
	Auto               bool   `json:"auto"`
}

// listProcessors answers with the facts table. Upstream may accept names that are not in it.
func (a *API) listProcessors(w http.ResponseWriter, _ *http.Request) error {
	var list []processor
	for _, p := range parallel.Processors() {
		list = append(list, processor{
			Name: p.Name, Tier: p.Tier, Fast: p.Fast, USDPerThousandRuns: p.Price,
			MinLatencySeconds: int64(p.MinLatency / time.Second), MaxLatencySeconds: int64(p.MaxLatency / time.Second),
			MaxFields: p.MaxFields, EventsByDefault: p.EventsByDefault, Auto: p.Auto,
		})
	}
	return writeJSON(w, http.StatusOK, list)
}

// upstream is a Task API that tasks can run on.
type upstream struct {
	Name      string `json:"name"`
	Simulated bool   `json:"simulated"`
	HasKey    bool   `json:"hasKey"`
	Cancels   bool   `json:"cancels"`
}

// listUpstreams answers with the upstreams of this server, the default one first.
func (a *API) listUpstreams(w http.ResponseWriter, _ *http.Request) error {
	list := []upstream{}
	for _, up := range a.service.Upstreams() {
		list = append(list, upstream{Name: up.Name, Simulated: up.Simulated, HasKey: up.HasKey, Cancels: up.Cancels})
	}
	return writeJSON(w, http.StatusOK, list)
}
