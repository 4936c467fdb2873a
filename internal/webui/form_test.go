package webui

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// single is a listener of one connection.
type single struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (s *single) Accept() (net.Conn, error) {
	select {
	case c := <-s.conns:
		return c, nil
	case <-s.closed:
		return nil, net.ErrClosed
	}
}
func (s *single) Close() error   { close(s.closed); return nil }
func (s *single) Addr() net.Addr { return &net.IPAddr{} }

// A form that trickles in is not waited for without end, and its connection is given up.
func TestFormThatDoesNotArriveIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		l := &single{conns: make(chan net.Conn, 1), closed: make(chan struct{})}
		l.conns <- theirs
		server := &http.Server{Handler: newSite(t)}
		served := make(chan error)
		go func() { served <- server.Serve(l) }()
		begun := time.Now()
		done := make(chan struct{})
		gone := make(chan struct{})
		go func() { // it ends when the connection does, or the test
			defer close(gone)
			_, _ = fmt.Fprint(ours, "POST /tasks HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\n")
			for {
				if _, err := fmt.Fprint(ours, "a"); err != nil {
					return
				}
				select {
				case <-time.After(10 * time.Second):
				case <-done:
					return
				}
			}
		}()
		line, err := bufio.NewReader(ours).ReadString('\n')
		if err != nil || !strings.Contains(line, " 4") {
			t.Errorf("answered %q, %v", line, err)
		}
		if d := time.Since(begun); d != formTimeout {
			t.Errorf("it was given up after %s", d)
		}
		_ = ours.Close()
		close(done)
		<-gone
		_ = server.Close()
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("serve: %v", err)
		}
		time.Sleep(time.Second) // net/http gives the other end half of it to read the answer
	})
}
