package pgtest

import "syscall"

// dieWithParent makes a server end with the program that started it, however that ends.
func dieWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGQUIT} }
