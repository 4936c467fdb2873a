package app

import "fmt"

// notice is what every page says above all else; "" if there is nothing.
func (a *App) notice() string {
	if a.cfg.clustered() {
		return "" // the disk is another machine's
	}
	free := freeDisk(a.cfg.Database)
	if free < 0 || free >= a.cfg.LowDisk<<20 {
		return ""
	}
	return fmt.Sprintf("The disk of this server has %d MiB left, less than --low-disk (%d MiB). When it is full, events cannot be stored: make room, or delete tasks.", free>>20, a.cfg.LowDisk)
}
