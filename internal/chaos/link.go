package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
)

// link is a node's way to the database: a proxy that can be cut, hold everything up, take no connections, and lose
// notifications. It knows how PostgreSQL's messages are framed: a byte that says what it is, and four for its length.
type link struct {
	to       string
	listener net.Listener
	running  sync.WaitGroup

	mu      sync.Mutex // guards below
	conns   map[net.Conn]struct{}
	moving  chan struct{} // closed while bytes go through
	refuses bool
	deaf    bool
}

func newLink(to string) (*link, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	l := &link{to: to, listener: listener, conns: make(map[net.Conn]struct{}), moving: make(chan struct{})}
	close(l.moving)
	l.running.Go(l.accept)
	return l, nil
}

func (l *link) addr() string { return l.listener.Addr().String() }

func (l *link) accept() {
	for {
		client, err := l.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		l.running.Go(func() { l.carry(client) })
	}
}

// carry carries one connection until either end closes it, or it is cut.
func (l *link) carry(client net.Conn) {
	defer client.Close()
	if l.isRefusing() {
		return
	}
	database, err := net.Dial("tcp", l.to)
	if err != nil {
		return
	}
	defer database.Close()
	l.mu.Lock()
	l.conns[client], l.conns[database] = struct{}{}, struct{}{}
	l.mu.Unlock()
	defer func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.conns, client)
		delete(l.conns, database)
	}()
	var up sync.WaitGroup
	up.Go(func() {
		_, _ = io.Copy(gated{database, l}, client)
		_ = database.Close()
	})
	_ = l.answers(client, database)
	_ = client.Close()
	up.Wait()
}

// answers carries the database's messages, but for notifications while the link is deaf.
func (l *link) answers(client io.Writer, database io.Reader) error {
	in, out := bufio.NewReader(database), bufio.NewWriter(gated{client, l})
	for {
		head, err := in.Peek(5)
		if err != nil {
			return err
		}
		length := int64(binary.BigEndian.Uint32(head[1:])) + 1
		to := io.Writer(out)
		if head[0] == 'A' && l.isDeaf() {
			to = io.Discard
		}
		if _, err := io.CopyN(to, in, length); err != nil {
			return err
		}
		if in.Buffered() == 0 {
			if err := out.Flush(); err != nil {
				return err
			}
		}
	}
}

// gated writes only while the link lets bytes through.
type gated struct {
	io.Writer
	link *link
}

func (g gated) Write(p []byte) (int, error) {
	g.link.mu.Lock()
	moving := g.link.moving
	g.link.mu.Unlock()
	<-moving
	return g.Writer.Write(p)
}

func (l *link) isRefusing() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.refuses
}

func (l *link) isDeaf() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.deaf
}

func (l *link) setDeaf(deaf bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.deaf = deaf
}

// cut closes all connections.
func (l *link) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.conns {
		_ = c.Close()
	}
}

// stall holds everything up until the returned function is called. If it refuses, new connections are closed at once.
func (l *link) stall(refuse bool) (resume func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	gate := make(chan struct{})
	l.moving, l.refuses = gate, refuse
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.refuses = false
		close(gate)
	}
}

func (l *link) close() error {
	err := l.listener.Close()
	l.cut()
	l.running.Wait()
	return err
}
