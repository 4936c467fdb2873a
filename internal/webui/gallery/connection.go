package gallery

import (
	"bytes"
	_ "embed"
	"maps"
	"net/http"
	"slices"
)

// connections are the states of the link between a browser and this server.
var connections = []string{"connecting", "live", "waiting", "stale", "offline", "ended"}

// Connections are the addresses of a page whose link to the server is in a state: the last element.
func Connections() []string {
	var pages []string
	for _, state := range connections {
		pages = append(pages, "/gallery/connection/"+state)
	}
	return pages
}

// connectionScript holds the link in the state that the address names.
//
//go:embed connection.js
var connectionScript []byte

func registerConnections(mux *http.ServeMux) {
	mux.HandleFunc("GET /gallery/connection.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		_, _ = w.Write(connectionScript) // the visitor has gone: nobody is left to tell
	})
	mux.HandleFunc("GET /gallery/connection/{state}", func(w http.ResponseWriter, r *http.Request) {
		if !slices.Contains(connections, r.PathValue("state")) {
			http.NotFound(w, r)
			return
		}
		page := r.Clone(r.Context())
		page.URL.Path = "/tasks/running"
		shown := &held{header: http.Header{}}
		mux.ServeHTTP(shown, page)
		maps.Copy(w.Header(), shown.header)
		w.Header().Del("Content-Length")
		_, _ = w.Write(bytes.Replace(shown.body.Bytes(), []byte("</body>"), []byte(`<script type="module" src="/gallery/connection.js"></script></body>`), 1)) // as above
	})
}

// held is a page that is kept back to be changed.
type held struct {
	header http.Header
	body   bytes.Buffer
}

func (h *held) Header() http.Header                { return h.header }
func (h *held) WriteHeader(int)                    {}
func (h *held) Write(part []byte) (n int, _ error) { return h.body.Write(part) }
