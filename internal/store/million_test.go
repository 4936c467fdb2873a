package store_test

import (
	"context"
	"flag"
	"path/filepath"
	"testing"
	"time"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/pgtest"
	"github.com/taskyard/taskyard/internal/store"
	"github.com/taskyard/taskyard/internal/store/storetest"
)

var tasks = flag.Int("tasks", 1_000_000, "how many tasks BenchmarkMillion lists")

// BenchmarkMillion is how long pages of a list of 1,000,000 tasks take, or of -tasks, on either engine:
//
//	go test ./internal/store -run '^$' -bench Million -benchtime 20x
func BenchmarkMillion(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) {
		benchmarkMillion(b, filepath.Join(b.TempDir(), "million.db"))
	})
	b.Run("postgres", func(b *testing.B) { benchmarkMillion(b, pgtest.Database(b)) })
}

func benchmarkMillion(b *testing.B, database string) {
	n := *tasks
	s, err := store.Open(b.Context(), store.Config{Database: database, Announce: func([]taskyard.Announcement) {}})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			b.Error(err)
		}
	})
	first, err := storetest.Fill(b.Context(), s.WriteDB(), store.IsPostgres(database), n)
	if err != nil {
		b.Fatal(err)
	}
	begin := first.UnixMilli()
	deep := taskyard.Cursor{CreatedAt: begin + int64(n)*500, Num: int64(n) / 2}
	stranger, few, many := "", "few7", "many"
	for _, q := range []struct {
		name  string
		query taskyard.TaskQuery
	}{
		{"the first page", taskyard.TaskQuery{}},
		{"a page in the middle", taskyard.TaskQuery{After: deep}},
		{"two statuses", taskyard.TaskQuery{Statuses: []taskyard.Status{"failed", "cancelled"}}},
		{"a processor in the middle", taskyard.TaskQuery{Processors: []string{"ultra8x"}, After: deep}},
		{"an upstream and a mode", taskyard.TaskQuery{Upstream: "parallel", Mode: "json"}},
		{"a rare tag", taskyard.TaskQuery{Tags: []string{"rare"}}},
		{"a common tag", taskyard.TaskQuery{Tags: []string{"common"}}},
		{"metadata of a third", taskyard.TaskQuery{Metadata: map[string]string{"team": "red"}}},
		{"days in the middle", taskyard.TaskQuery{Since: time.UnixMilli(begin + int64(n)*400), Until: time.UnixMilli(begin + int64(n)*500)}},
		{"a word that is common", taskyard.TaskQuery{Search: "harbour"}},
		{"a word of one in a thousand", taskyard.TaskQuery{Search: "seldom"}},
		{"a word that is nowhere", taskyard.TaskQuery{Search: "nowhere"}},
		{"what is public", taskyard.TaskQuery{VisibleTo: &stranger}},
		{"of what is public a status", taskyard.TaskQuery{VisibleTo: &stranger, Statuses: []taskyard.Status{"failed"}}},
		{"of what is public a processor", taskyard.TaskQuery{VisibleTo: &stranger, Processors: []string{"base"}}},
		{"what one sees who has few", taskyard.TaskQuery{VisibleTo: &few}},
		{"of what one sees who has few a status", taskyard.TaskQuery{VisibleTo: &few, Statuses: []taskyard.Status{"failed"}}},
		{"of what one sees who has few two statuses and a processor", taskyard.TaskQuery{VisibleTo: &few, Statuses: []taskyard.Status{"failed", "cancelled"}, Processors: []string{"lite"}}},
		{"of what one sees who has many a status", taskyard.TaskQuery{VisibleTo: &many, Statuses: []taskyard.Status{"failed"}}},
		{"of what one sees who has many a status that is nowhere", taskyard.TaskQuery{VisibleTo: &many, Statuses: []taskyard.Status{"running"}, Processors: []string{"nowhere"}}},
		{"of what one sees who has many a status that only others have", taskyard.TaskQuery{VisibleTo: &many, Statuses: []taskyard.Status{"cancelled"}}},
	} {
		q.query.Limit = 50
		b.Run(q.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Tasks(b.Context(), q.query); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
