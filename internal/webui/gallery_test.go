package webui

import "github.com/taskyard/taskyard/internal/webui/gallery"

// galleryPages are the addresses that show all there is. The same list is checked for size, contrast and barriers by
// the browser test.
func galleryPages() []string { return gallery.Pages() }
