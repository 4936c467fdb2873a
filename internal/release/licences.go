package main

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// licenceFile matches the files that licences want to go with every copy.
var licenceFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents)(\.(txt|md))?$`)

// licences joins what goes with the code of others in a program: that of Go's own library, and of each module.
func licences(ctx context.Context, env []string, program string) ([]byte, error) {
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return nil, err
	}
	root, err := output(ctx, env, "go", "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	list := []string{"list", "-m", "-f", "{{.Path}} {{.Version}}\t{{.Dir}}"}
	for _, module := range info.Deps {
		list = append(list, module.Path)
	}
	modules, err := output(ctx, env, "go", list...)
	if err != nil {
		return nil, err
	}
	var all bytes.Buffer
	for line := range strings.Lines(info.GoVersion + "\t" + root + modules) {
		name, folder, _ := strings.Cut(strings.TrimSpace(line), "\t")
		if err := addLicence(&all, name, folder); err != nil {
			return nil, err
		}
	}
	return all.Bytes(), nil
}

// addLicence adds the files of one folder, of which there is at least one.
func addLicence(all *bytes.Buffer, name, folder string) error {
	found, err := os.ReadDir(folder)
	if err != nil {
		return fmt.Errorf("licence of %s: %w", name, err)
	}
	none := true
	for _, f := range found {
		if !licenceFile.MatchString(f.Name()) || f.IsDir() {
			continue
		}
		text, err := os.ReadFile(filepath.Join(folder, f.Name()))
		if err != nil {
			return fmt.Errorf("licence of %s: %w", name, err)
		}
		none = false
		fmt.Fprintf(all, "==== %s: %s\n\n%s\n\n", name, f.Name(), bytes.TrimSpace(text))
	}
	if none {
		return fmt.Errorf("%s has no licence in %s", name, folder)
	}
	return nil
}
