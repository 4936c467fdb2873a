package webui

import (
	"math"
	"time"

	"github.com/taskyard/taskyard"
)

// score has the four tiles at the top of a task. Their size never changes; only their numbers do.
type score struct {
	Meter      *float64
	Percent    string
	MeterNote  string
	Considered string
	Read       string
	Share      string // sources read, of those considered
	Elapsed    string
	Created    time.Time
	Live       bool
	Started    bool // there is a run: before, nothing is under way that could be measured
	Range      timeRange
}

// timeRange places the elapsed time over the documented range of the processor. Low, High and Now are in
// thousandths of the drawn width, on a scale that ends a quarter behind the range.
type timeRange struct {
	Known          bool
	Text           string
	Low, High, Now int
	Span           int
	MaxSeconds     int // where "longer than usual" begins
}

func scoreOf(t taskyard.Task, now time.Time) score {
	p := t.Progress
	s := score{
		Meter: p.Meter, Considered: "–", Read: "–", Created: t.CreatedAt, Live: !t.Settled(), Started: t.RunID != "",
		Elapsed: clock(elapsed(t, now)), Range: rangeOf(t.Processor, elapsed(t, now)),
	}
	if p.SourcesConsidered != nil {
		s.Considered = count(*p.SourcesConsidered)
	}
	if p.SourcesRead != nil {
		s.Read = count(*p.SourcesRead)
		if p.SourcesConsidered != nil && *p.SourcesConsidered > 0 {
			s.Share = percent(float64(*p.SourcesRead)/float64(*p.SourcesConsidered)*100) + " of those considered"
		}
	}
	if p.Meter != nil {
		s.Percent = percent(*p.Meter)
	}
	s.MeterNote = meterNote(t)
	if !s.Started {
		s.Range = rangeOf(t.Processor, 0)
		s.Range.Known = false
	}
	return s
}

// meterNote never claims a number that upstream did not give.
func meterNote(t taskyard.Task) string {
	switch {
	case t.Status == taskyard.StatusCompleted:
		return "completed"
	case t.Settled() && t.Progress.Meter != nil:
		return "where it stopped"
	case t.Settled():
		return "ended without a percentage"
	case t.Progress.Meter != nil:
		return "as the processor reports it"
	case t.RunID == "":
		return "not started"
	default:
		return "no percentage from this processor"
	}
}

func rangeOf(processor string, elapsed time.Duration) timeRange {
	lo, hi := usualTime(processor)
	if hi == 0 {
		return timeRange{Text: "no documented time for this processor"}
	}
	scale := 1000 / (1.25 * hi.Seconds())
	r := timeRange{
		Known: true, Text: "usually " + latency(lo, hi), MaxSeconds: int(hi.Seconds()),
		Low: int(lo.Seconds() * scale), High: int(hi.Seconds() * scale),
		Now: int(math.Min(elapsed.Seconds()*scale, 1000)),
	}
	r.Span = r.High - r.Low
	if elapsed > hi {
		r.Text = "longer than usual (" + latency(lo, hi) + ")"
	}
	return r
}
