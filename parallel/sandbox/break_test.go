package sandbox_test

import (
	"encoding/json"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/taskyard/taskyard/parallel"
	"github.com/taskyard/taskyard/parallel/sandbox"
)

func TestWhatIsBrokenWhileARunGoesOn(t *testing.T) {
	inBubble(t, func(w *world) {
		run := w.create(simple("pro", "never-ends"))
		if err := w.box.Break("trun_none", sandbox.BreakStream); !errors.Is(err, sandbox.ErrNoRun) {
			t.Errorf("an unknown run: %v", err)
		}
		if err := w.box.Break(run.RunID, "teeth"); err == nil {
			t.Error("what cannot be broken is broken")
		}
		client := w.as("key")
		read := func(breaking sandbox.Breakage) (heard int, err error) {
			done := make(chan struct{}) // closed when the stream has ended
			go func() {
				defer close(done)
				for _, e := range client.Events(w.Context(), run.RunID) {
					if err = e; err != nil {
						return
					}
					heard++
				}
			}()
			time.Sleep(5 * time.Second)
			synctest.Wait()
			if breaking != "" {
				if err := w.box.Break(run.RunID, breaking); err != nil {
					t.Fatal(err)
				}
			}
			<-done
			return heard, err
		}
		if heard, err := read(sandbox.BreakLink); heard == 0 || err == nil {
			t.Errorf("a stream that is cut ends with %v after %d events", err, heard)
		}
		for range 3 {
			_, err := read("")
			if api, ok := errors.AsType[*parallel.APIError](err); !ok || api.StatusCode != 503 {
				t.Errorf("a broken link: %v", err)
			}
		}
		if heard, err := read(sandbox.BreakMemory); heard == 0 || err == nil {
			t.Errorf("the stream before the run is forgotten ends with %v after %d events", err, heard)
		}
		_, err := client.Run(w.Context(), run.RunID)
		if api, ok := errors.AsType[*parallel.APIError](err); !ok || api.StatusCode != 404 {
			t.Errorf("a forgotten run: %v", err)
		}
		if other, err := client.CreateRunJSON(w.Context(), json.RawMessage(simple("lite", ""))); err != nil || other.RunID == run.RunID {
			t.Errorf("another run: %+v, %v", other, err)
		}
	})
}
