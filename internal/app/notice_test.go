package app

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestAFullDiskIsTold(t *testing.T) {
	a := &App{cfg: Config{Database: filepath.Join(t.TempDir(), "x.db")}}
	if said := a.notice(); said != "" {
		t.Errorf("without a limit it says %q", said)
	}
	a.cfg.LowDisk = 1 << 40
	if said := a.notice(); freeDisk(a.cfg.Database) >= 0 && !strings.Contains(said, "--low-disk") {
		t.Errorf("it says %q", said)
	}
	a.cfg.Database = filepath.Join(t.TempDir(), "nowhere", "x.db")
	if said := a.notice(); said != "" {
		t.Errorf("of what is not known it says %q", said)
	}
}
