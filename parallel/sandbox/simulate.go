package sandbox

import (
	"math"
	"strings"
	"time"

	"github.com/taskyard/taskyard/parallel"
)

// shape is how much a tier of processors does.
type shape struct {
	messages         int
	considered, read int64 // sources
	words            int   // of a report
	citations        int   // of a field, at most
	confident        bool  // gives confidence
}

// shapes are those of the tiers; upstream documents none of this, only that the higher tiers do more.
var shapes = map[string]shape{
	"lite":    {messages: 4, considered: 7, read: 3, words: 120, citations: 2},
	"base":    {messages: 6, considered: 14, read: 6, words: 220, citations: 2},
	"core":    {messages: 12, considered: 32, read: 12, words: 400, citations: 3, confident: true},
	"core2x":  {messages: 18, considered: 50, read: 18, words: 550, citations: 3, confident: true},
	"pro":     {messages: 30, considered: 96, read: 34, words: 900, citations: 4, confident: true},
	"ultra":   {messages: 60, considered: 240, read: 80, words: 1500, citations: 5, confident: true},
	"ultra2x": {messages: 90, considered: 420, read: 130, words: 2000, citations: 5, confident: true},
	"ultra4x": {messages: 140, considered: 760, read: 210, words: 2600, citations: 6, confident: true},
	"ultra8x": {messages: 220, considered: 1300, read: 340, words: 3200, citations: 6, confident: true},
}

// fastShare is how much of its tier's messages and sources a fast variant has.
const fastShare = 0.7

// shapeOf is the shape of a run: its processor's, give or take a fifth.
func shapeOf(r *run) shape {
	p, _ := parallel.LookupProcessor(r.input.Processor)
	s, ok := shapes[p.Tier]
	if !ok {
		s = shapes["core"]
	}
	random := r.random(ofShape, 0)
	share := 0.8 + 0.4*random.Float64()
	if p.Fast {
		share *= fastShare
	}
	s.messages = max(3, int(share*float64(s.messages)))
	s.considered = max(3, int64(share*float64(s.considered)))
	s.read = max(2, int64(share*float64(s.read)))
	return s
}

// lengthOf is how long a run takes: somewhat less than the geometric middle of its processor's documented times.
func lengthOf(r *run) time.Duration {
	p, ok := parallel.LookupProcessor(r.input.Processor)
	if !ok {
		p.MinLatency, p.MaxLatency = time.Minute, 5*time.Minute
	}
	random := r.random(ofLength, 0)
	share := 0.42 + 0.2*random.Float64()
	return time.Duration(float64(p.MinLatency) * math.Pow(float64(p.MaxLatency)/float64(p.MinLatency), share))
}

// draft is a script in the making. Scenarios change it; its trace is written last.
type draft struct {
	Script
	run      *run
	story    *story
	length   time.Duration // from create to end
	messages int
	repeat   bool    // every other message comes twice
	extra    []Event // At is in thousandths of the length
}

// simulate writes the script of a run.
func simulate(r *run, st *story) Script {
	d := &draft{run: r, story: st, length: lengthOf(r)}
	d.End.Status, d.End.At = parallel.StatusCompleted, whole
	if r.tracked() {
		d.messages = st.shape().messages
	}
	for _, step := range r.scenario() {
		step.apply(d, step.arg)
	}
	d.End.At = d.part(d.End.At)
	d.Trace = d.trace()
	return d.Script
}

// whole is the end of a draft in thousandths of its length; End.At and the times of its extra events are too.
const whole = time.Duration(1000)

// part is a share of the length, in thousandths.
func (d *draft) part(thousandths time.Duration) time.Duration {
	return time.Duration(float64(d.length) * float64(thousandths) / float64(whole))
}

// add inserts an event at a share of the length, in thousandths.
func (d *draft) add(thousandths time.Duration, e Event) {
	e.At = thousandths
	d.extra = append(d.extra, e)
}

func (d *draft) trace() Trace {
	var t Trace = told{story: d.story, messages: d.messages, length: d.length}
	if d.repeat {
		t = doubled{t}
	}
	for i := range d.extra {
		d.extra[i].At = d.part(d.extra[i].At)
	}
	return merge(t, d.extra)
}

// tracked reports whether progress is recorded: as asked for, or from pro upwards.
func (r *run) tracked() bool {
	if r.input.EnableEvents != nil {
		return *r.input.EnableEvents
	}
	p, _ := parallel.LookupProcessor(r.input.Processor)
	return p.EventsByDefault
}

// scenario is what the run is told to follow. It was checked when the run was made; one that a later version no
// longer knows is no scenario.
func (r *run) scenario() []step {
	text := r.Scenario
	if own, ok := r.input.Metadata.Text(scenarioKey); ok {
		text = own
	}
	steps, _ := parseScenario(text)
	return steps
}

// hasBeta reports whether the run was made with a beta feature switched on.
func (r *run) hasBeta(name string) bool {
	for beta := range strings.SplitSeq(r.Betas, ",") {
		if strings.TrimSpace(beta) == name {
			return true
		}
	}
	return false
}
