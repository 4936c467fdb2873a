//go:build browser

package main

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/taskyard/taskyard/internal/webui/gallery"
)

// startGallery runs serve --dev and returns the address of its gallery.
func startGallery(t *testing.T) (base string) {
	t.Helper()
	p := start(t, nil, "serve", "--dev", "--addr", "127.0.0.1:0", "--database", t.TempDir()+"/dev.db")
	await(t, "the gallery's address", func() bool {
		if found := galleryAddress.FindStringSubmatch(p.said.String()); found != nil {
			base = found[1]
		}
		return base != ""
	}, p.said.String)
	return base
}

var galleryAddress = regexp.MustCompile(`Every part in every state is at (http://[^/\s]+)`)

// In every state, every page fits a phone, can be read, and keeps nobody out, in both themes.
func TestGalleryOfStates(t *testing.T) {
	t.Parallel()
	base := startGallery(t)
	for _, width := range []int64{1280, 320} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			t.Parallel()
			b := openBrowser(t)
			if width == 1280 {
				b.loadAxe()
			}
			b.screen(width, "light")
			for _, path := range append(gallery.Pages(), gallery.Connections()...) {
				b.open(base + path)
				b.wait(`document.readyState === "complete" && document.querySelector("ty-keys:not([hidden])")`)
				if over := b.text(`Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth)`); over != "0" {
					t.Errorf("%s at %d px is %s px too wide: %s", path, width, over, b.text(widest))
				}
				if width != 1280 {
					continue
				}
				b.run(`for (const row of document.querySelectorAll(".log .event:nth-child(n+100), tbody tr:nth-child(n+100)")) row.remove()`) // axe is slow, and they are all alike
				for _, theme := range []string{"light", "dark"} {
					b.screen(width, theme)
					if faint := b.text(faintest); faint != "" {
						t.Errorf("%s in %s has text of too little contrast: %s", path, theme, faint)
					}
					if found := b.barriers(theme); found != "" {
						t.Errorf("%s in %s:\n%.2000s", path, theme, found)
					}
				}
			}
		})
	}
}

// The link between browser and server has six states, and the gallery shows each.
func TestGalleryOfConnections(t *testing.T) {
	t.Parallel()
	base := startGallery(t)
	b := openBrowser(t)
	says := map[string]string{
		"connecting": "Connecting", "live": "Live", "waiting": "Reconnecting, attempt 3", "stale": "No contact with the server. Last update",
		"offline": "You are offline.", "ended": "Ended",
	}
	for _, width := range []int64{1280, 320} {
		for i, path := range gallery.Connections() {
			b.screen(width, []string{"light", "dark"}[i%2])
			b.open(base + path)
			state := path[strings.LastIndex(path, "/")+1:]
			if says[state] == "" {
				t.Fatalf("nothing is known of %s", state)
			}
			b.wait(`document.querySelector(".conn")?.dataset.state === "` + state + `" && document.querySelector(".conn").innerText.includes("` + says[state] + `")`)
			b.picture(state + fmt.Sprint(width))
		}
	}
}
