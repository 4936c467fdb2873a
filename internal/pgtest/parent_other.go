//go:build !linux

package pgtest

import "syscall"

// dieWithParent does nothing here: a server is ended by Stop alone.
func dieWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{} }
