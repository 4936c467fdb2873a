package sandbox

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// Breakage is something that can be broken while a run goes on. Parallel has no such call, and neither has the sandbox
// over HTTP: it is for whoever holds it, such as a page that shows how a client recovers.
type Breakage string

// What can be broken.
const (
	BreakStream  Breakage = "stream"  // the event streams of the run are cut; they can be opened again
	BreakLink    Breakage = "link"    // that, and the next openings are answered with 503
	BreakSilence Breakage = "silence" // that, and the next one stays open and says nothing
	BreakMemory  Breakage = "memory"  // the run is not known any more: 404
)

// BreakageInfo says what a breakage does.
type BreakageInfo struct {
	Name    Breakage
	Summary string
}

// Breakages are all of them.
func Breakages() []BreakageInfo {
	return []BreakageInfo{
		{BreakStream, "Cut the event stream"},
		{BreakLink, "Cut it, and refuse the next three"},
		{BreakSilence, "Cut it, and let the next one fall silent"},
		{BreakMemory, "Forget the run"},
	}
}

// linkRefusals is how many streams a broken link refuses.
const linkRefusals = 3

// ErrNoRun is returned for a run that the sandbox does not know.
var ErrNoRun = errors.New("the simulator does not know this run")

// Break breaks something of a run. What is broken is not remembered over a restart. The error is ErrNoRun, or says that
// there is no such breakage.
func (s *Sandbox) Break(runID string, b Breakage) error {
	run, err := s.find(s.life, runID)
	if err != nil && !errors.Is(err, ErrNoRun) {
		return err
	}
	if err != nil || run.play().forgotten(time.Now()) {
		return ErrNoRun
	}
	return run.broken.set(b)
}

// broken is what was broken of a run. The zero value is whole.
type broken struct {
	mu        sync.Mutex    // guards all below
	cut       chan struct{} // closed to cut the streams that are open; nil until one asks
	refuse    int           // streams that are still to be refused
	silence   bool          // the next stream falls silent
	forgotten bool
}

func (b *broken) set(what Breakage) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch what {
	case BreakStream:
	case BreakLink:
		b.refuse = linkRefusals
	case BreakSilence:
		b.silence = true
	case BreakMemory:
		b.forgotten = true
	default:
		return fmt.Errorf("there is no breakage %q", shorten(string(what), 40))
	}
	if b.cut != nil {
		close(b.cut)
		b.cut = nil
	}
	return nil
}

// watch returns what is closed when the streams that are open now are cut.
func (b *broken) watch() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.cut == nil {
		b.cut = make(chan struct{})
	}
	return b.cut
}

// nextStream reports how the stream that is opened now is broken.
func (b *broken) nextStream() (refused, silent bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.refuse > 0 {
		b.refuse--
		return true, false
	}
	silent, b.silence = b.silence, false
	return false, silent
}

func (b *broken) isForgotten() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.forgotten
}
