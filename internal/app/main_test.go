package app

import (
	"os"
	"testing"

	"github.com/taskyard/taskyard/internal/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.M{M: m}.Run()) }
