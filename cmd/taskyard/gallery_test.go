//go:build browser

package main

import (
	"regexp"
	"testing"

	"github.com/taskyard/taskyard/internal/webui/gallery"
)

var galleryAddress = regexp.MustCompile(`Every part in every state is at (http://[^/\s]+)`)

// In every state, every page fits a phone, can be read, and keeps nobody out, in both themes.
func TestGalleryOfStates(t *testing.T) {
	t.Parallel()
	p := start(t, nil, "serve", "--dev", "--addr", "127.0.0.1:0", "--database", t.TempDir()+"/dev.db")
	var base string
	await(t, "the gallery's address", func() bool {
		if found := galleryAddress.FindStringSubmatch(p.said.String()); found != nil {
			base = found[1]
		}
		return base != ""
	}, p.said.String)
	for _, theme := range []string{"light", "dark"} {
		t.Run(theme, func(t *testing.T) {
			t.Parallel()
			b := openBrowser(t)
			b.loadAxe()
			for _, width := range []int64{1280, 320} {
				b.screen(width, theme)
				for _, path := range gallery.Pages() {
					b.open(base + path)
					b.wait(`document.readyState === "complete" && document.querySelector("ty-keys:not([hidden])")`)
					if over := b.text(`Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth)`); over != "0" {
						t.Errorf("%s at %d px is %s px too wide: %s", path, width, over, b.text(widest))
					}
					if width != 1280 {
						continue
					}
					if faint := b.text(faintest); faint != "" {
						t.Errorf("%s has text of too little contrast: %s", path, faint)
					}
					if found := b.barriers(); found != "" {
						t.Errorf("%s:\n%.2000s", path, found)
					}
				}
			}
		})
	}
}
