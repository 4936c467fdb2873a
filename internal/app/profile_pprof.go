//go:build profile

package app

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime"
	"runtime/pprof"
	"time"
)

// serveProfiles serves profiles of this process at the address in TASKYARD_PROFILE, for its life: /cpu, which takes as long as
// its for says, and those of package runtime/pprof by their names.
func serveProfiles() {
	at := os.Getenv("TASKYARD_PROFILE")
	if at == "" {
		return
	}
	runtime.SetMutexProfileFraction(100)
	listener, err := net.Listen("tcp", at)
	if err != nil {
		fmt.Fprintln(os.Stderr, "profiles:", err)
		return
	}
	fmt.Println("Profiles are at http://" + listener.Addr().String())
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{name}", serveProfile)
	go func() { _ = http.Serve(listener, mux) }()
}

func serveProfile(w http.ResponseWriter, r *http.Request) {
	span, _ := time.ParseDuration(r.URL.Query().Get("for"))
	switch profile := pprof.Lookup(r.PathValue("name")); {
	case profile != nil:
		_ = profile.WriteTo(w, 0)
	case pprof.StartCPUProfile(w) == nil:
		time.Sleep(span)
		pprof.StopCPUProfile()
	}
}
