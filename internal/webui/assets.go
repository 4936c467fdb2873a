package webui

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"
)

//go:embed templates/*.html assets/css/*.css assets/js/*.js assets/js/lib/*.js assets/js/el/*.js assets/*.svg
var embedded embed.FS

// assets serves scripts and styles under /assets/<hash>/, where hash is that of all of them together. Relative
// imports therefore need no import map, and everything can be cached for good.
type assets struct {
	files fs.FS
	dev   bool
	hash  string
	byURL map[string][]byte // by path below the hash
}

// stylesheet is the address of all style sheets in one: they are joined in the order of their names.
const stylesheet = "app.css"

func newAssets(files fs.FS, dev bool) (*assets, error) {
	a := &assets{files: files, dev: dev}
	byURL, err := readAssets(files)
	if err != nil {
		return nil, err
	}
	a.byURL, a.hash = byURL, hashOf(byURL)
	return a, nil
}

func readAssets(files fs.FS) (map[string][]byte, error) {
	byURL := map[string][]byte{}
	var css bytes.Buffer
	// WalkDir goes in lexical order, which is the cascade's: the files are numbered.
	err := fs.WalkDir(files, "assets", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		switch rel := strings.TrimPrefix(name, "assets/"); path.Ext(name) {
		case ".css":
			css.Write(body)
		case ".js", ".svg":
			byURL[rel] = body
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read assets: %w", err)
	}
	byURL[stylesheet] = css.Bytes()
	return byURL, nil
}

func hashOf(byURL map[string][]byte) string {
	h := sha256.New()
	for _, name := range sortedKeys(byURL) {
		fmt.Fprintf(h, "%s %d\n", name, len(byURL[name]))
		h.Write(byURL[name])
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// url is the address of an asset; one that does not exist is an error of the template that names it.
func (a *assets) url(name string) (string, error) {
	if _, ok := a.byURL[name]; !ok && !a.dev {
		return "", fmt.Errorf("no asset %q", name)
	}
	return "/assets/" + a.hash + "/" + name, nil
}

// modules are the addresses of all modules, for preloading: without it the browser finds them level by level.
func (a *assets) modules() []string {
	var list []string
	for _, name := range sortedKeys(a.byURL) {
		if strings.HasPrefix(name, "js/lib/") || strings.HasPrefix(name, "js/el/") {
			list = append(list, "/assets/"+a.hash+"/"+name)
		}
	}
	return list
}

// ServeHTTP answers an unknown hash with what it has, but uncached: while versions are rolled a page of the
// other version must not stand there without its scripts.
func (a *assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	byURL := a.byURL
	if a.dev {
		if fresh, err := readAssets(a.files); err == nil {
			byURL = fresh
		}
	}
	secure(w.Header())
	name := r.PathValue("path")
	body, ok := byURL[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", contentTypes[path.Ext(name)])
	w.Header().Set("Cache-Control", "no-cache")
	if r.PathValue("hash") == a.hash && !a.dev {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

var contentTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml; charset=utf-8",
}
