package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// results are what a run of the harness found, and where.
type results struct {
	Command string   `json:"command"`
	Date    string   `json:"date"`
	Machine machine  `json:"machine"`
	Figures []figure `json:"figures"`
}

// machine is what it was measured on.
type machine struct {
	CPU    string  `json:"cpu"`
	Cores  int     `json:"cores"`
	Memory float64 `json:"memory"` // GiB
	Kernel string  `json:"kernel"`
	Go     string  `json:"go"`
	Files  int     `json:"files"` // that one process may open
}

func (b *bench) results() (results, error) {
	m, err := thisMachine()
	m.Files = b.files
	command := "make bench"
	if b.full {
		command = "make bench/full"
	}
	return results{Command: command, Date: b.begun.UTC().Format(time.DateOnly), Machine: m, Figures: b.figures}, err
}

var (
	cpuModel    = regexp.MustCompile(`(?m)^model name\s*:\s*(.+)$`)
	memoryTotal = regexp.MustCompile(`(?m)^MemTotal:\s+(\d+) kB$`)
)

func thisMachine() (machine, error) {
	m := machine{CPU: runtime.GOARCH, Cores: runtime.NumCPU(), Go: runtime.Version()}
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return m, err
	}
	if found := cpuModel.FindSubmatch(info); found != nil {
		m.CPU = string(found[1])
	}
	kernel, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return m, err
	}
	m.Kernel = strings.TrimSpace(string(kernel))
	memory, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return m, err
	}
	if found := memoryTotal.FindSubmatch(memory); found != nil {
		size, err := strconv.ParseFloat(string(found[1]), 64)
		m.Memory = size / (1 << 20)
		return m, err
	}
	return m, nil
}

func (r *results) write(path string) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(r); err != nil {
		return err
	}
	return os.WriteFile(path, b.Bytes(), 0o644)
}

func readResults(path string) (r results, err error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(content, &r); err != nil {
		return r, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}
