//go:build browser

package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/taskyard/taskyard/internal/pgtest"
	"github.com/taskyard/taskyard/parallel/sandbox"
)

// proxy is what stands before several nodes: it gives each request to the next one that takes the connection.
type proxy struct {
	addrs []string
	turn  atomic.Int64
}

func (p *proxy) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	var all error
	for range p.addrs {
		addr := p.addrs[int(p.turn.Add(1))%len(p.addrs)]
		conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		if err == nil {
			return conn, nil
		}
		all = errors.Join(all, err)
	}
	return nil, all
}

func (p *proxy) serve(t *testing.T) string {
	transport := &http.Transport{DialContext: p.dial, DisableKeepAlives: true}
	server := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "http", Host: "127.0.0.1"})
			r.Out.Host = r.In.Host
		},
		Transport: transport, FlushInterval: -1,
	})
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	return server.URL
}

// Three nodes are restarted one after the other while tabs watch tasks, and then one is killed: each tab goes on by
// itself on another node, and shows each event once.
func TestNodesAreRestartedUnderTabs(t *testing.T) {
	t.Parallel()
	w := newWorldOn(t, pgtest.Database(t), sandbox.WithScale(10))
	front := &proxy{}
	nodes := make([]*process, 3)
	startNode := func(i int) {
		nodes[i] = start(t, envFor(w.database), "serve", "--addr", front.addrs[i], "--database", w.database, "--upstream", w.upstream, "--simulator=false", "--database-connections", "8")
	}
	for i := range nodes {
		front.addrs = append(front.addrs, freeAddr(t))
		startNode(i)
	}
	cluster := &process{t: t, base: front.serve(t)}
	first := openBrowser(t)
	tabs := []*tab{first, first.another(), first.another()}
	for i, b := range tabs {
		b.open(cluster.base + "/tasks/" + cluster.submit(task(i, "duplicates")))
		b.wait(status + ` === "running" && document.querySelectorAll(".event").length > 5`)
	}
	for i, node := range nodes {
		if err := node.terminate(); err != nil {
			t.Errorf("the end of a node: %v\n%s", err, node.said)
		}
		startNode(i)
		for _, b := range tabs {
			b.wait(`["live", "ended"].includes(document.querySelector(".conn").dataset.state)`)
		}
	}
	nodes[0].kill()
	for _, b := range tabs {
		b.wait(status + ` === "completed" && document.querySelector("#result .value-field")`)
		b.checkSequence(cluster)
	}
	first.picture("after-restarts")
	if n := w.box.Creates(); n != int64(len(tabs)) {
		t.Errorf("%d runs for %d tasks", n, len(tabs))
	}
	for _, l := range cluster.list() {
		w.checkLog(cluster, l)
	}
}
