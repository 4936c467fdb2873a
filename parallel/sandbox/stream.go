package sandbox

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/taskyard/taskyard/parallel"
)

// streamAge is how long upstream keeps a stream open, whether or not the run has ended (its documentation,
// "Streaming Events").
const streamAge = 570 * time.Second

var (
	errCut   = errors.New("cut")          // break the connection
	errClose = errors.New("end properly") // end the answer without a final state
)

// stream serves the events of a run.
func (s *Sandbox) stream(w http.ResponseWriter, r *http.Request, run *run) {
	now := time.Now()
	run.cancelled.tell(now)
	p := run.play()
	fault := p.nextStream(now)
	refused, silent := run.broken.nextStream()
	switch {
	case refused:
		fault.Refuse = http.StatusServiceUnavailable
	case silent:
		fault = Stream{Fault: FallSilent}
	}
	if fault.Refuse != 0 {
		s.refuse(w, fault.Refuse, "The simulator was told to refuse this stream", nil)
		return
	}
	ctx, cancel := s.untilClosing(r.Context())
	defer cancel()
	cut := run.broken.watch()
	go func() { // ends with the stream
		select {
		case <-cut:
			cancel()
		case <-ctx.Done():
		}
	}()
	c := &connection{
		play: p, fault: fault, ctx: ctx, opened: now, until: now.Add(time.Duration(float64(streamAge) / run.Scale)),
		out: &frameWriter{w: w, rc: http.NewResponseController(w), framing: fault.Framing},
	}
	if err := c.serve(); err != nil && !errors.Is(err, errClose) {
		panic(http.ErrAbortHandler) // the way to break a connection without a clean end
	}
	c.out.extend() // for the end of the answer
}

// nextStream returns how the stream that is opened now is to be served.
func (p *play) nextStream(now time.Time) Stream {
	faults, opened := p.Live, &p.run.live
	if p.ended(now) {
		faults, opened = p.Ended, &p.run.ended
	}
	stream, _ := nth(faults, turn(opened))
	return stream
}

// connection is one event stream.
type connection struct {
	*play
	fault  Stream
	ctx    context.Context
	out    *frameWriter
	opened time.Time
	until  time.Time // when it is closed in any case
}

// serve sends events until the stream ends. It ends properly with nil or errClose, and is cut with any other error.
func (c *connection) serve() error {
	if c.fault.Fault == NoHeaders {
		return c.hold()
	}
	if err := c.out.open(); err != nil {
		return err
	}
	if err := c.strike(); err != nil {
		return err
	}
	ended := c.ended(c.opened)
	if err := c.send(parallel.EventState, c.opening(ended)); err != nil {
		return err
	}
	next, err := c.replay(ended)
	if err != nil {
		return err
	}
	if err := c.follow(next); err != nil {
		return err
	}
	return c.send(parallel.EventState, c.final(true))
}

func (c *connection) opening(ended bool) []byte {
	if ended {
		return c.final(false)
	}
	return c.state(c.status(c.opened))
}

// replay sends the trace up to the moment of opening, then the latest stats, and returns the number of the first
// event that is still to come.
func (c *connection) replay(ended bool) (next int, err error) {
	stats := -1
	skip := c.skipped(ended)
	total := c.play.len()
	for ; next < total && !c.due(next).After(c.opened); next++ {
		switch _, kind := c.trace.Peek(next); {
		case kind == parallel.EventStats:
			stats = next
		case next >= skip || !replayed(kind):
		default:
			if err := c.sendEvent(next); err != nil {
				return next, err
			}
		}
		if err := c.ctx.Err(); err != nil {
			return next, err
		}
	}
	if stats >= 0 {
		err = c.sendEvent(stats)
	}
	return next, errors.Join(err, c.out.flush())
}

// skipped is the number of the event from which the trace is not replayed.
func (c *connection) skipped(ended bool) int {
	n := c.play.len()
	switch {
	case !ended || c.Replay == ReplayAll:
		return n
	case c.Replay == ReplayHalf:
		return n / 2
	case c.Replay == ReplayUnlessSent && !c.run.sent.Load():
		return n
	}
	return 0
}

// follow sends events when they happen, until the run ends.
func (c *connection) follow(next int) error {
	for total := c.play.len(); next < total; {
		switch err := c.sendDue(next); {
		case err == nil:
			next++
		case errors.Is(err, errCancelled):
			total = c.revise()
		default:
			return err
		}
	}
	err := c.awaitEnd()
	if errors.Is(err, errCancelled) {
		c.revise()
		return c.follow(next) // a run is cancelled once
	}
	if err == nil {
		c.run.sent.Store(true)
	}
	return err
}

// revise goes on with the run as it is now that it was cancelled. Up to here it has the same events, so that their
// numbers stay. It returns how many there are.
func (c *connection) revise() int {
	c.play = c.run.play()
	return c.play.len()
}

// sendDue sends event i when it happens.
func (c *connection) sendDue(i int) error {
	if err := c.await(c.due(i)); err != nil {
		return err
	}
	if err := c.sendEvent(i); err != nil {
		return err
	}
	return c.out.flush()
}

func (c *connection) awaitEnd() error {
	if !c.ends() {
		return c.wait(c.until)
	}
	return c.await(c.when(c.End.At))
}

// await waits until a time at which something happens that is then told, unless a cancel has come before it.
func (c *connection) await(at time.Time) error {
	if err := c.wait(at); err != nil {
		return err
	}
	if c.run.cancelled.tell(at) && !c.isCancelled {
		return errCancelled
	}
	return nil
}

// wait sleeps until a time, or until the stream's own end or a cancel, which are errors.
func (c *connection) wait(until time.Time) error {
	if until.Before(c.until) {
		return c.sleepUntil(c.ctx, until)
	}
	if err := c.sleepUntil(c.ctx, c.until); err != nil {
		return err
	}
	return errClose
}

func (c *connection) sendEvent(i int) error {
	e := c.trace.Event(i)
	return c.send(e.Type, c.data(e))
}

// send sends an event, and does what goes wrong within it or after it.
func (c *connection) send(kind string, data []byte) error {
	if c.fault.Fault == CutInside && c.out.sent >= c.fault.After {
		return errors.Join(c.out.send(kind, data, 0.5), c.out.flush(), errCut)
	}
	if err := c.out.send(kind, data, 1); err != nil {
		return err
	}
	return c.strike()
}

// strike does what goes wrong between two events, if it is time.
func (c *connection) strike() error {
	if c.out.sent < c.fault.After {
		return nil
	}
	switch c.fault.Fault {
	case Cut:
		return errors.Join(c.out.flush(), errCut)
	case EndEarly:
		return errClose
	case FallSilent:
		return errors.Join(c.out.flush(), c.hold())
	}
	return nil
}

// hold says nothing for as long as the fault has it, then cuts the connection.
func (c *connection) hold() error {
	if c.fault.Hold == 0 {
		<-c.ctx.Done()
		return errCut
	}
	return errors.Join(sleepUntil(c.ctx, c.opened.Add(time.Duration(float64(c.fault.Hold)/c.run.Scale)), nil), errCut)
}

// untilClosing is a context that also ends with the sandbox.
func (s *Sandbox) untilClosing(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(s.life, cancel)
	return ctx, func() { stop(); cancel() }
}

// sleepUntil is the function of that name, but returns errCancelled as soon as the play is no longer the run's.
func (p *play) sleepUntil(ctx context.Context, at time.Time) error {
	if p.isCancelled {
		return sleepUntil(ctx, at, nil)
	}
	return sleepUntil(ctx, at, p.run.cancelled.done)
}

// sleepUntil returns at a time, with the error of the context, or with errCancelled when a channel is closed.
func sleepUntil(ctx context.Context, at time.Time, cancelled <-chan struct{}) error {
	wait := time.Until(at)
	if wait <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-cancelled:
		return errCancelled
	case <-ctx.Done():
		return ctx.Err()
	}
}
