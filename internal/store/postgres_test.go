package store

import (
	"sync"
	"testing"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/pgtest"
	"github.com/taskyard/taskyard/internal/store/storetest"
)

func TestConformanceOnPostgres(t *testing.T) {
	var mu sync.Mutex
	databases := map[string]string{} // URLs by the folders that the suite names databases by
	storetest.Run(t, func(t *testing.T, o storetest.Options) (taskyard.Store, func()) {
		mu.Lock()
		url, known := databases[o.Dir]
		if !known {
			url = pgtest.Database(t)
			databases[o.Dir] = url
		}
		mu.Unlock()
		s := open(t, suiteConfig(url, o))
		return s, func() { closeStore(t, s) }
	})
}
