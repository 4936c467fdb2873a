package limit

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"
)

// Whatever a request says of whom it comes from, only what trusted proxies have added counts: who speaks for others
// without being trusted is themselves, and what they claim changes nothing.
func FuzzAddress(f *testing.F) {
	for _, s := range []struct{ remote, claim, heard string }{
		{"192.0.2.1:5", "198.51.100.9", "198.51.100.9"}, {"127.0.0.1:5", "10.1.2.3, 127.0.0.1", "198.51.100.9:4711, 10.1.2.3"}, {"127.0.0.1:5", ",,", "nonsense"}, {"[::ffff:127.0.0.1]:5", "\x00", "[2001:db8::1]:1"}, {"[fd00::1%eth0]:5", "::1", "2001:db8::1%x"},
		{"@", "127.0.0.1", "127.0.0.1"}, {"127.0.0.1:5", "1", "127.0.0.1, [::ffff:10.0.0.1], fd00::2"}, {"10.0.0.1:80", "[[::1]]", "0x7f.1"},
	} {
		f.Add(s.remote, s.claim, s.heard)
	}
	proxies, err := ParseProxies([]string{"127.0.0.1", "10.0.0.0/8", "fd00::/8"})
	if err != nil {
		f.Fatal(err)
	}
	l := New(Config{Proxies: proxies, Logger: slog.New(slog.DiscardHandler)})
	f.Fuzz(func(t *testing.T, from, claim, heard string) {
		ask := func(headers ...string) string {
			return clientOf(l.address(&http.Request{RemoteAddr: from, Header: http.Header{forwardedFor: headers}}))
		}
		was := ask(heard)
		if !l.trusts(remote(from)) && was != ask() {
			t.Errorf("%q, who is not trusted, is %s by saying %q", from, was, heard)
		}
		if split := ask(strings.Split(heard, ",")...); split != was {
			t.Errorf("%q is %s in one line, and %s in several", heard, was, split)
		}
		last := heard[strings.LastIndexByte(heard, ',')+1:]
		if hop, err := parseHop(last); err != nil || l.trusts(hop) {
			return // the claim may be what a proxy heard
		}
		if told := ask(claim + "," + heard); told != was {
			t.Errorf("%q behind %q is %s and no more %s", claim, heard, told, was)
		}
	})
}

// Whatever limits are set, they are within their bounds and are read again as they are written.
func FuzzLimits(f *testing.F) {
	for _, text := range []string{"pace=20,tasks=50,streams=100", "", ",", "pace=0", " tasks = 1", "pace=-1", "streams=1000001", "pace=1,pace=2", "pace", "=1", "pace=1e3", "pace=+5"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		l, err := Limits{Pace: 1, Tasks: 2, Streams: 3}.Parse(text)
		for _, n := range []int{l.Pace, l.Tasks, l.Streams} {
			if n < 0 || n > most {
				t.Errorf("%q is %+v (%v)", text, l, err)
			}
		}
		if again, wrong := (Limits{}).Parse(l.String()); wrong != nil || again != l {
			t.Errorf("%+v is read as %+v: %v", l, again, wrong)
		}
	})
}
