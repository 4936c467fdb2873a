//go:build !linux && !darwin

package app

// freeDisk is not known on this system.
func freeDisk(string) int64 { return -1 }
