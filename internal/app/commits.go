//go:build !chaos

package app

// commitFault tells no commit to fail. Only the chaos harness builds a program in which some do.
var commitFault func(stored bool) error
