//go:build profile

package app

import (
	"fmt"
	"net"
	"net/http"
	_ "net/http/pprof" //nolint:gosec // the program is built so for the benchmark harness alone
	"os"
	"runtime"
)

// serveProfiles serves profiles of this process at the address in TASKYARD_PROFILE, for its life.
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
	go func() { _ = http.Serve(listener, nil) }()
}
