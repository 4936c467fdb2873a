package httpapi

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/taskyard/taskyard"
	"github.com/taskyard/taskyard/internal/limit"
)

// plan is the nth event of memory.add.
func plan(n int64) got {
	return got{id: n, data: fmt.Sprintf(
		`{"seq":%d,"type":"task_run.progress_msg.plan","data":{"message":"step %d"},"timestamp":"2026-01-31T12:00:00.000Z"}`, n, n)}
}

func settled(n int64) got {
	return got{id: n, data: fmt.Sprintf(`{"seq":%d,"type":"taskyard.settled","data":{},"timestamp":"2026-01-31T12:00:00.000Z"}`, n)}
}

func endAt(n int64) got {
	return got{name: "end", id: n, data: fmt.Sprintf(`{"status":"completed","lastSeq":%d}`, n)}
}

func TestStreamTellsHistoryThenWhatComesThenTheEnd(t *testing.T) {
	for name, protocols := range map[string]*http.Protocols{"over HTTP/1.1": http1(), "over HTTP/2": http2()} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := serve(t, newServer(), protocols)
				task := b.add(2)
				s := b.open(t, "/api/tasks/"+task.ID+"/events")
				s.expect(connected, plan(1), plan(2))
				synctest.Wait()
				b.say(task.ID, "task_run.progress_msg.plan", `{"message":"step 3"}`)
				s.expect(plan(3))
				b.settle(task.ID)
				s.expect(settled(4), endAt(4))
				s.expectEnd()
			})
		})
	}
}

func TestStreamOfATaskWithoutEventsAnswersAtOnceAndBeats(t *testing.T) {
	for name, protocols := range map[string]*http.Protocols{"over HTTP/1.1": http1(), "over HTTP/2": http2()} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := serve(t, newServer(), protocols)
				start := time.Now()
				s := b.open(t, "/api/tasks/"+b.add(0).ID+"/events")
				s.expect(connected)
				if waited := time.Since(start); waited != 0 {
					t.Errorf("the first byte took %v", waited)
				}
				// Longer than the write deadline, which must not count while nothing is written.
				for n := range 2*int(limit.WriteTimeout/heartbeat) + 1 {
					s.expect(beat)
					if at, want := time.Since(start), time.Duration(n+1)*heartbeat; at != want {
						t.Errorf("beat at %v, want %v", at, want)
					}
				}
			})
		})
	}
}

func TestStreamResumesWhereTheReaderWas(t *testing.T) {
	for _, c := range []struct {
		name, query string
		headers     []string
		from        int64
	}{
		{"by query", "?after=2", nil, 3},
		{"by header", "", []string{lastEventID, "3"}, 4},
		{"by header, whatever the query says", "?after=0", []string{lastEventID, "1"}, 2},
		{"from the beginning", "?after=0", nil, 1},
		{"from the beginning, by an empty query", "?after=", nil, 1},
		{"at the end, by query", "?after=5", nil, 6},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := serve(t, newServer(), http1())
				task := b.add(4)
				b.settle(task.ID)
				s := b.open(t, "/api/tasks/"+task.ID+"/events"+c.query, c.headers...)
				s.expect(connected)
				for n := c.from; n <= 4; n++ {
					s.expect(plan(n))
				}
				if c.from <= 5 {
					s.expect(settled(5))
				}
				s.expect(endAt(5))
				s.expectEnd()
			})
		})
	}
}

func TestStreamTellsAReturningReaderThatThereIsNothingMore(t *testing.T) {
	s := newServer()
	task := s.add(3)
	s.settle(task.ID)
	target := "/api/tasks/" + task.ID + "/events"
	if w := s.get(t, target, lastEventID, "4"); w.Code != http.StatusNoContent || w.Body.Len() != 0 {
		t.Errorf("at the end of an ended task: %d %s", w.Code, w.Body)
	}
	if w := s.get(t, target, lastEventID, "3"); w.Code != http.StatusOK {
		t.Errorf("one event before the end: %d", w.Code)
	}
}

func TestStreamRefusesPlacesThatAreNone(t *testing.T) {
	s := newServer()
	target := "/api/tasks/" + s.add(3).ID + "/events"
	for _, c := range []struct {
		query, header string
		field         string
	}{
		{"?after=x", "", "after"},
		{"?after=-1", "", "after"},
		{"?after=%2B1", "", "after"},
		{"?after=9223372036854775808", "", "after"},
		{"?after=4", "", "after"},
		{"?after=1&after=2", "", "after"},
		{"?after=1", "x", lastEventID},
		{"", "1.0", lastEventID},
		{"", "4", lastEventID},
		{"?from=1", "", "from"},
	} {
		r := newRequest("GET", target+c.query, "")
		if c.header != "" {
			r.Header.Set(lastEventID, c.header)
		}
		w := s.do(t, r)
		if p := problemOf(t, w); w.Code != http.StatusBadRequest || p.Field != c.field {
			t.Errorf("%q %q: %d %s, want 400 and field %s", c.query, c.header, w.Code, w.Body, c.field)
		}
	}
}

func TestStreamOfATaskThatIsDeletedEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := serve(t, newServer(), http1())
		task := b.add(1)
		s := b.open(t, "/api/tasks/"+task.ID+"/events")
		s.expect(connected, plan(1))
		synctest.Wait()
		must(b.Delete(t.Context(), task.ID))
		s.expect(got{name: "gone", data: `{"id":"` + task.ID + `"}`})
		s.expectEnd()
	})
}

func TestStreamsEndWhenTheServerDrains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		drain := make(chan struct{}) // closed once
		b := serve(t, newServer(func(c *Config) { c.Drain = drain }), http1())
		streams := []*sse{b.open(t, "/api/tasks/"+b.add(0).ID+"/events"), b.open(t, "/api/events")}
		for _, s := range streams {
			s.expect(connected)
		}
		synctest.Wait()
		close(drain)
		for _, s := range streams {
			g, err := s.next()
			if err != nil || !g.comment || g.retry < 1000 || g.retry > 5000 {
				t.Errorf("got %+v, %v, want a comment and a retry of 1 to 5 s", g, err)
			}
			s.expectEnd()
		}
		if w := b.get(t, "/readyz"); w.Code != http.StatusServiceUnavailable {
			t.Errorf("/readyz answers %d", w.Code)
		}
	})
}

func TestStreamEndsWhenTheReaderLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := serve(t, newServer(), http1())
		streams := []*sse{b.open(t, "/api/tasks/"+b.add(0).ID+"/events"), b.open(t, "/api/events")}
		synctest.Wait()
		if n := b.active.Load(); n != 2 {
			t.Fatalf("%d streams are served", n)
		}
		for _, s := range streams {
			s.leave()
		}
		synctest.Wait()
		if n := b.active.Load(); n != 0 || len(b.watchers) != 0 {
			t.Errorf("%d streams are served, %d watch", n, len(b.watchers))
		}
	})
}

func TestReaderThatTakesNothingIsCut(t *testing.T) {
	for _, path := range []string{"/api/tasks/%s/events", "/task/%s", "/api/tasks"} {
		t.Run(path, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := serve(t, newServer(), http1())
				task := b.add(200)
				conn := b.pipes.dial()
				defer conn.Close()
				_, err := io.WriteString(conn, "GET "+strings.ReplaceAll(path, "%s", task.ID)+" HTTP/1.1\r\nHost: example.com\r\n\r\n")
				must(err)
				time.Sleep(limit.WriteTimeout - time.Second)
				synctest.Wait()
				if b.active.Load() != 1 {
					t.Error("cut too early")
				}
				time.Sleep(2 * time.Second)
				synctest.Wait()
				if b.active.Load() != 0 {
					t.Error("not cut")
				}
			})
		})
	}
}

func TestReaderThatIsSlowButSteadyIsServedToTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := serve(t, newServer(), http1())
		task := b.add(0)
		b.say(task.ID, "task_run.state", `{"output":"`+strings.Repeat("x", 10*limit.ChunkSize)+`"}`)
		b.settle(task.ID)
		s := b.open(t, "/api/tasks/"+task.ID+"/events")
		start, total := time.Now(), 0
		buffer := make([]byte, limit.ChunkSize/2)
		for {
			n, err := s.lines.Read(buffer)
			total += n
			if err != nil {
				break
			}
			if total%limit.ChunkSize < n { // once a chunk
				time.Sleep(limit.WriteTimeout - time.Second)
			}
		}
		if total < 10*limit.ChunkSize || time.Since(start) < 5*limit.WriteTimeout {
			t.Errorf("read %d bytes in %v", total, time.Since(start))
		}
	})
}

func TestStreamKeepsDataAsItCameOnOneLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := serve(t, newServer(), http1())
		task := b.add(0)
		b.say(task.ID, `new "kind" of é`, `{"b": 1.50, "a":"<\u00e9>"}`)
		b.say(task.ID, "error", "{\r\n  \"n\" : 1.50E+3,\n\"s\":\"a\\nb\"\r}")
		s := b.open(t, "/api/tasks/"+task.ID+"/events")
		s.expect(connected,
			got{id: 1, data: `{"seq":1,"type":"new \"kind\" of é","data":{"b": 1.50, "a":"<\u00e9>"},"timestamp":"2026-01-31T12:00:00.000Z"}`},
			got{id: 2, data: `{"seq":2,"type":"error","data":{"n":1.50E+3,"s":"a\nb"},"timestamp":"2026-01-31T12:00:00.000Z"}`})
	})
}

// A browser that comes back must not take a stream that broke for one that ended.
func TestStreamThatFailsMidwayIsBroken(t *testing.T) {
	for name, protocols := range map[string]*http.Protocols{"over HTTP/1.1": http1(), "over HTTP/2": http2()} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := serve(t, newServer(), protocols)
				s := b.open(t, "/api/tasks/"+b.add(1).ID+"/events")
				s.expect(connected, plan(1))
				synctest.Wait()
				b.mu.Lock()
				b.fault = fmt.Errorf("the disk is gone")
				b.wake("")
				b.mu.Unlock()
				if g, err := s.next(); err == nil || err.Error() == "EOF" {
					t.Errorf("got %+v, %v, want a broken connection", g, err)
				}
			})
		})
	}
}

func TestChangesTellEachTaskThatMovedAsListsShowIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := serve(t, newServer(), http1())
		task := b.add(1)
		s := b.open(t, "/api/events")
		s.expect(connected)
		synctest.Wait()
		b.say(task.ID, "task_run.state", `{}`)
		list := b.get(t, "/api/tasks").Body.String()
		s.expect(got{name: "task", data: strings.Trim(strings.TrimSpace(list), "[]")})
		must(b.Delete(t.Context(), task.ID))
		s.expect(got{name: "gone", data: `{"id":"` + task.ID + `"}`}, beat)
	})
}

func TestChangesCoalesceToTenASecondAndEndWithTheNewest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := serve(t, newServer(), http1())
		task := b.add(0)
		s := b.open(t, "/api/events")
		s.expect(connected)
		synctest.Wait()
		frames, last := 0, int64(0)
		done := make(chan struct{}) // closed when the reader has seen a heartbeat
		go func() {
			defer close(done)
			for {
				g, err := s.next()
				if err != nil || g.comment {
					return
				}
				var seen struct{ LastSeq int64 }
				must(json.Unmarshal([]byte(g.data), &seen))
				if frames++; seen.LastSeq <= last {
					t.Errorf("seq %d after %d", seen.LastSeq, last)
				}
				last = seen.LastSeq
			}
		}()
		for range 500 {
			b.say(task.ID, "task_run.progress_stats", `{}`)
			time.Sleep(2 * time.Millisecond)
		}
		<-done
		if frames < 5 || frames > 11 || last != 500 {
			t.Errorf("%d frames in a second, the last with seq %d", frames, last)
		}
	})
}

func TestHeadOfAStreamHasItsHeadersAndNoBody(t *testing.T) {
	s := newServer()
	for _, target := range []string{"/api/events", "/api/tasks/" + s.add(1).ID + "/events"} {
		w := s.do(t, newRequest("HEAD", target, ""))
		if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "text/event-stream" || w.Body.Len() != 0 {
			t.Errorf("%s: %d %v %s", target, w.Code, w.Header(), w.Body)
		}
	}
}

func TestStreamOfATaskThatIsNotThereIsNotFound(t *testing.T) {
	w := newServer().get(t, "/api/tasks/"+taskyard.NewID()+"/events")
	if p := problemOf(t, w); w.Code != http.StatusNotFound || p.Code != taskyard.CodeNotFound {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
