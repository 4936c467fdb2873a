//go:build !profile

package app

// serveProfiles serves none. Only the benchmark harness builds a program that does.
func serveProfiles() {}
