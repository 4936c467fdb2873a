package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/heapprofiler"
	cdpage "github.com/chromedp/cdproto/page"
	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// underBlank is the floor of pages.
const underBlank = "a blank page"

// pages measures what the pages cost a browser: scripts, first paint, long tasks, memory. The engine does not matter to it.
func (b *bench) pages(ctx context.Context) error {
	b.say("pages in a browser")
	return b.onServer(ctx, sqlite, b.pagesOf)
}

func (b *bench) pagesOf(ctx context.Context, s *server) error {
	finished, err := finishedTask(ctx, s, longTask)
	if err != nil {
		return err
	}
	for range 60 { // more than a page of the list shows
		if _, err := s.create(ctx, pace{every: time.Hour}); err != nil {
			return err
		}
	}
	running, err := s.create(ctx, pace{every: 50 * time.Millisecond})
	if err != nil {
		return err
	}
	return b.browse(ctx, s.base, finished, running)
}

func (b *bench) browse(ctx context.Context, base, finished, running string) error {
	blank, err := b.visit(ctx, "data:text/html,<!doctype html><title>blank</title><p>blank", 0)
	if err != nil {
		return err
	}
	for _, p := range []struct {
		name, address string
		stay          time.Duration
	}{
		{"home", base + "/", 0},
		{"list", base + "/tasks", 0},
		{"a finished task of 2,000 events", base + "/tasks/" + finished, 0},
		{"a live task of 20 events a second, watched for a while", base + "/tasks/" + running, b.window},
	} {
		v, err := b.visit(ctx, p.address, p.stay)
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		name := "page, " + p.name + ": "
		b.add(figure{Name: name + "scripts", Unit: "KiB", Value: v.Scripts / 1024})
		b.add(figure{Name: name + "first paint", Unit: "ms", Value: v.Paint, Floor: blank.Paint, Under: underBlank})
		b.add(figure{Name: name + "tasks over 50 ms, together", Unit: "ms", Value: v.Long})
		b.add(figure{Name: name + "heap", Unit: "MiB", Value: v.heap / (1 << 20), Floor: blank.heap / (1 << 20), Under: underBlank})
	}
	return nil
}

// visit is what a page cost.
type visit struct {
	Scripts float64 // bytes
	Paint   float64 // ms from the beginning of the navigation
	Long    float64 // ms
	heap    float64 // bytes
}

// collectLong notes long tasks from the beginning of a page.
const collectLong = `self.longTasks = []; new PerformanceObserver((list) => self.longTasks.push(...list.getEntries())).observe({ type: "longtask", buffered: true })`

const readVisit = `({
	Scripts: performance.getEntriesByType("resource").filter((e) => e.name.endsWith(".js")).reduce((n, e) => n + e.decodedBodySize, 0),
	Paint: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0,
	Long: self.longTasks.reduce((ms, e) => ms + e.duration, 0),
})`

// restTime is how long a page is given to come to rest.
const restTime = 2 * time.Second

// visit opens a page in a browser of its own, so that nothing is cached, and stays there for a while.
func (b *bench) visit(ctx context.Context, address string, stay time.Duration) (v visit, err error) {
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("disable-dev-shm-usage", true))
	alloc, stop := chromedp.NewExecAllocator(ctx, opts...)
	defer stop()
	tab, end := chromedp.NewContext(alloc)
	defer end()
	if err := chromedp.Do(tab, chromedp.Navigate("about:blank")); err != nil {
		return v, err
	}
	if _, err := chromedp.Call(tab, cdpage.AddScriptToEvaluateOnNewDocument, cdpage.AddScriptToEvaluateOnNewDocumentParams{Source: collectLong}); err != nil {
		return v, err
	}
	if err := chromedp.Do(tab, chromedp.Navigate(address)); err != nil {
		return v, err
	}
	if err := sleep(ctx, restTime+stay); err != nil {
		return v, err
	}
	if v, err = chromedp.Run(tab, chromedp.Evaluate[visit](readVisit)); err != nil {
		return v, err
	}
	if v.Paint == 0 {
		return v, errors.New("nothing was painted")
	}
	if _, err := chromedp.Call(tab, heapprofiler.CollectGarbage, cdp.Empty{}); err != nil {
		return v, err
	}
	heap, err := chromedp.Call(tab, cdpruntime.GetHeapUsage, cdp.Empty{})
	v.heap = heap.UsedSize
	return v, err
}
