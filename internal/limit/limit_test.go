package limit

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/taskyard/taskyard"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestLimitsAreReadAsTheyAreWritten(t *testing.T) {
	defaults := Limits{Pace: 20, Tasks: 50, Streams: 100}
	for text, want := range map[string]Limits{
		"":                           defaults,
		"pace=0":                     {0, 50, 100},
		" tasks=7 , streams=9":       {20, 7, 9},
		"pace=1,tasks=2,streams=3":   {1, 2, 3},
		Limits{4, 5, 6}.String():     {4, 5, 6},
		"pace=1000000,tasks=1000000": {1000000, 1000000, 100},
	} {
		if got, err := defaults.Parse(text); err != nil || got != want {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"pace", "pace=", "pace=-1", "pace=1.5", "pace=1000001", "speed=1", "=1", "pace=1;tasks=2", "PACE=1"} {
		if got, err := defaults.Parse(text); err == nil {
			t.Errorf("%q is taken: %+v", text, got)
		}
	}
}

func TestAClientIsWhoeverATrustedProxyHeard(t *testing.T) {
	proxies, err := ParseProxies([]string{"127.0.0.1", "10.0.0.0/8", "fd00::/8"})
	if err != nil {
		t.Fatal(err)
	}
	l := New(Config{Proxies: proxies, Logger: slog.New(slog.DiscardHandler)})
	for _, c := range []struct {
		remote string
		heard  []string // X-Forwarded-For
		want   string
	}{
		{"192.0.2.1:5", nil, "192.0.2.1"},
		{"192.0.2.1:5", []string{"198.51.100.9"}, "192.0.2.1"}, // a stranger's word
		{"127.0.0.1:5", nil, "127.0.0.1"},
		{"127.0.0.1:5", []string{""}, "127.0.0.1"},
		{"127.0.0.1:5", []string{"198.51.100.9"}, "198.51.100.9"},
		{"127.0.0.1:5", []string{"203.0.113.7, 198.51.100.9"}, "198.51.100.9"}, // what it says itself is left of what was heard
		{"127.0.0.1:5", []string{"203.0.113.7", "198.51.100.9, 10.1.2.3"}, "198.51.100.9"},
		{"127.0.0.1:5", []string{"10.9.9.9, 10.1.2.3"}, "10.9.9.9"},
		{"127.0.0.1:5", []string{"198.51.100.9, nonsense"}, "127.0.0.1"},
		{"127.0.0.1:5", []string{"nonsense, 10.1.2.3"}, "10.1.2.3"},
		{"127.0.0.1:5", []string{"198.51.100.9:4711"}, "198.51.100.9"},
		{"127.0.0.1:5", []string{"[2001:db8:1:2:3::4]:4711"}, "2001:db8:1:2::/64"},
		{"[::ffff:127.0.0.1]:5", []string{"::ffff:198.51.100.9"}, "198.51.100.9"},
		{"[fd00::1]:5", []string{"2001:db8:1:2:aaaa::"}, "2001:db8:1:2::/64"},
		{"[2001:db8:1:2:3:4:5:6%eth0]:5", nil, "2001:db8:1:2::/64"},
		{"@", nil, "invalid IP"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = c.remote
		r.Header[forwardedFor] = c.heard
		if got := clientOf(l.address(r)); got != c.want {
			t.Errorf("from %s with %q: %s, want %s", c.remote, c.heard, got, c.want)
		}
	}
	for _, bad := range []string{"", "localhost", "10.0.0.0/33", "10.0.0.0/8/8", "*"} {
		if _, err := ParseProxies([]string{bad}); err == nil {
			t.Errorf("the proxy %q is taken", bad)
		}
	}
}

// server asks a limiter for each request, as the API and the pages do, and answers streams when it is told to.
type server struct {
	*testing.T
	limiter *Limiter
	finish  chan struct{}
}

func newServer(t *testing.T, visitors, tokens Limits) *server {
	return &server{T: t, finish: make(chan struct{}), limiter: New(Config{
		Visitors: visitors, Tokens: tokens, Logger: slog.New(slog.DiscardHandler),
		Stream:    func(pattern string) bool { return pattern == "/events" },
		Pseudonym: func(address string) string { return "name of " + address },
	})}
}

// ask sends a request and returns its status and how long it must wait; a token "wrong" is not known.
func (s *server) ask(method, path, from, token string) (status int, wait string) {
	inner := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Pattern = path
		if token == "wrong" {
			s.limiter.Wrong(r)
		}
		if err := s.limiter.Admit(r); err != nil {
			w.Header().Set("Retry-After", taskyard.RetryAfter(err))
			w.WriteHeader(map[taskyard.Code]int{taskyard.CodeRateLimited: 429, taskyard.CodeUnavailable: 503}[taskyard.CodeOf(err)])
			return
		}
		if path != "/" {
			<-s.finish
		}
	})
	r := httptest.NewRequest(method, path, nil)
	r.RemoteAddr = from + ":1"
	if token != "" && token != "wrong" {
		r = r.WithContext(taskyard.WithViewer(r.Context(), taskyard.Viewer{ID: token, Role: taskyard.RoleRun}))
	}
	w := httptest.NewRecorder()
	s.limiter.Handler(inner).ServeHTTP(w, r)
	return w.Code, w.Header().Get("Retry-After")
}

// served asks until it is refused, n times at most, and returns how often it was not.
func (s *server) served(n int, method, from, token string) int {
	for i := range n {
		if status, _ := s.ask(method, "/", from, token); status != http.StatusOK {
			return i
		}
	}
	return n
}

func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, Limits{Pace: 2}, Limits{Pace: 10})
		if n := s.served(100, http.MethodGet, "192.0.2.1", ""); n != 2*burst {
			t.Errorf("a visitor asked %d times at once", n)
		}
		if status, wait := s.ask(http.MethodGet, "/", "192.0.2.1", ""); status != 429 || wait != "1" {
			t.Error(status, wait)
		}
		if status, wait := s.ask(http.MethodPost, "/", "192.0.2.1", ""); status != 429 || wait != "5" {
			t.Error(status, wait)
		}
		if n := s.served(1000, http.MethodPost, "192.0.2.1", "tok_1"); n != 10*burst {
			t.Errorf("a token at the same address changed something %d times at once", n)
		}
		if n := s.served(100, http.MethodPost, "192.0.2.2", ""); n != 2*burst/changeCost {
			t.Errorf("another visitor changed something %d times at once", n)
		}
		time.Sleep(5 * time.Second)
		if n := s.served(100, http.MethodGet, "192.0.2.1", taskyard.VisitorPrefix+"cookie"); n != 10 {
			t.Errorf("after 5 seconds a visitor asked %d times", n)
		}
	})
}

func TestWrongTokensCostTheirAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, Limits{Pace: 21}, Limits{Pace: 21})
		if n := s.served(1000, http.MethodGet, "192.0.2.1", "wrong"); n != burst {
			t.Errorf("%d tries at once", n)
		}
		for range 1000 { // debts do not grow
			s.ask(http.MethodGet, "/", "192.0.2.1", "wrong")
		}
		if n := s.served(3, http.MethodGet, "192.0.2.1", "tok_1"); n != 3 {
			t.Error("somebody with a token is held up by somebody without one")
		}
		time.Sleep(time.Second)
		if n := s.served(1, http.MethodGet, "192.0.2.1", ""); n != 1 {
			t.Error("a second later the address is still refused")
		}
	})
}

// While some streams or requests of a client are open, further ones are refused; when they have ended, they are not.
func TestWhatIsUnderWayIsBounded(t *testing.T) {
	for path, most := range map[string]int{"/events": 3, "/slow": visitorRequests} {
		synctest.Test(t, func(t *testing.T) {
			s := newServer(t, Limits{Streams: 3}, Limits{Streams: 3})
			for range most {
				go s.ask(http.MethodGet, path, "192.0.2.1", "")
			}
			synctest.Wait()
			if status, wait := s.ask(http.MethodGet, path, "192.0.2.1", ""); status != 429 || wait == "" {
				t.Error(path, status, wait)
			}
			if status, _ := s.ask(http.MethodGet, "/", "192.0.2.2", ""); status != 200 {
				t.Error("another client is refused", status)
			}
			for range most {
				s.finish <- struct{}{}
			}
			synctest.Wait()
			go s.ask(http.MethodGet, path, "192.0.2.1", "")
			s.finish <- struct{}{}
			synctest.Wait()
			if len(s.limiter.held) != 0 || s.limiter.streams != 0 {
				t.Errorf("%d clients are remembered, %d streams", len(s.limiter.held), s.limiter.streams)
			}
		})
	}
}

// A flood of requests is a line in the log, and no flood of lines.
func TestTheLogIsToldSparsely(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told strings.Builder
		s := newServer(t, Limits{Pace: 1}, Limits{})
		s.limiter.cfg.Logger = slog.New(slog.NewTextHandler(&told, nil))
		for range 2 {
			for range 1000 {
				s.ask(http.MethodGet, "/", "192.0.2.1", "")
			}
			time.Sleep(tellEvery)
		}
		if lines := strings.Count(told.String(), "\n"); lines != 2 || !strings.Contains(told.String(), "192.0.2.1") {
			t.Errorf("%d lines:\n%s", lines, told.String())
		}
	})
}

// What all have sent together is bounded, and what a request has sent is forgotten when it ends.
func TestBodiesAreBoundedTogether(t *testing.T) {
	s := newServer(t, Limits{}, Limits{})
	send := func(bytes int64) (read int64, err error) {
		r := httptest.NewRequest(http.MethodPost, "/", io.LimitReader(endless{}, bytes))
		s.limiter.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			read, err = io.Copy(io.Discard, r.Body)
		})).ServeHTTP(httptest.NewRecorder(), r)
		return read, err
	}
	if n, err := send(allBodies); n != allBodies || err != nil {
		t.Errorf("%d bytes are read: %v", n, err)
	}
	if n, err := send(allBodies + 1); n > allBodies || taskyard.CodeOf(err) != taskyard.CodeUnavailable {
		t.Errorf("%d bytes are read: %v", n, err)
	}
	if s.limiter.bodies != 0 {
		t.Errorf("%d bytes are held by nobody", s.limiter.bodies)
	}
}

// endless is a body without an end.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestAllStreamsAreBounded(t *testing.T) {
	s := newServer(t, Limits{}, Limits{})
	s.limiter.streams = allStreams
	if status, wait := s.ask(http.MethodGet, "/events", "127.0.0.1", ""); status != 503 || wait == "" {
		t.Error(status, wait)
	}
}

func TestAnAddressIsStoredByAPseudonymAlone(t *testing.T) {
	s := newServer(t, Limits{Tasks: 5}, Limits{Tasks: 7})
	for token, want := range map[string]taskyard.Allotment{
		"":                                {Client: "name of 192.0.2.1", Most: 5},
		taskyard.VisitorPrefix + "cookie": {Client: "name of 192.0.2.1", Most: 5},
		"tok_1":                           {Client: "token tok_1", Most: 7},
	} {
		s.limiter.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if r.RemoteAddr != "192.0.2.1" {
				t.Errorf("the log would have %s", r.RemoteAddr)
			}
			if got := s.limiter.Allotment(taskyard.WithViewer(r.Context(), taskyard.Viewer{ID: token})); got != want {
				t.Errorf("%q: %+v", token, got)
			}
		})).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	}
	if got := newServer(t, Limits{}, Limits{}).limiter.Allotment(t.Context()); got != (taskyard.Allotment{}) {
		t.Errorf("without a limit: %+v", got)
	}
}

func TestConnectionsOfAnAddressAreBounded(t *testing.T) {
	for from, want := range map[string]int{"192.0.2.1": clientConnections, "2001:db8::1": clientConnections, "127.0.0.1": allConnections, "10.0.0.1": allConnections} {
		l := New(Config{Visitors: Limits{Pace: 1}, Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
		var leave func()
		n := 0
		for ; n <= allConnections; n++ {
			left, ok := l.enter(netip.MustParseAddr(from))
			if !ok {
				break
			}
			leave = left
		}
		if n != want {
			t.Errorf("%s has %d connections", from, n)
		}
		leave()
		if _, ok := l.enter(netip.MustParseAddr(from)); !ok {
			t.Errorf("%s: one has ended, and there is no room for another", from)
		}
	}
}

// A connection too many is closed at once, and one that ends makes room, however often it is closed.
func TestTheListenerClosesWhatIsTooMuch(t *testing.T) {
	l := New(Config{})
	l.connections = allConnections - 1
	inner, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener := l.Listener(inner)
	accepted, ended := make(chan net.Conn), make(chan error)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				ended <- err
				return
			}
			accepted <- conn
		}
	}()
	dial := func() net.Conn {
		conn, err := net.Dial("tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		return conn
	}
	dial()
	first := <-accepted
	if _, err := io.ReadAll(dial()); err != nil && !strings.Contains(err.Error(), "reset") {
		t.Error("the second is not closed:", err)
	}
	_, _ = first.Close(), first.Close()
	l.mu.Lock()
	if l.connections != allConnections-1 || len(l.connected) != 0 {
		t.Errorf("%d connections, of %d addresses", l.connections, len(l.connected))
	}
	l.mu.Unlock()
	dial()
	_ = (<-accepted).Close()
	_ = listener.Close()
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
}
