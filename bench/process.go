package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// process is a program that was started, and what the system says of it.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
	said *tail         // on standard error
}

// launch starts a program. Its standard output goes to out.
func launch(cmd *exec.Cmd, out io.Writer) (*process, error) {
	p := &process{cmd: cmd, done: make(chan struct{}), said: &tail{}}
	cmd.Stdout, cmd.Stderr = out, p.said
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go func() { // ends with the process
		_ = cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

// end sends a signal and waits until the process has ended.
func (p *process) end(how syscall.Signal, patience time.Duration) error {
	_ = p.cmd.Process.Signal(how) // it may have ended already
	return p.await(patience)
}

// await waits until the process has ended, and ends it if that takes too long.
func (p *process) await(patience time.Duration) error {
	select {
	case <-p.done:
		return nil
	case <-time.After(patience):
		_ = p.cmd.Process.Kill()
		<-p.done
		return fmt.Errorf("%s did not end within %s", filepath.Base(p.cmd.Path), patience)
	}
}

// cpu is how long a process has run on processors.
func (p *process) cpu() (time.Duration, error) { return cpuOf(p.cmd.Process.Pid) }

// memory is what a process holds of the machine's memory, in bytes, besides what it shares with others of its kind.
func (p *process) memory() (int64, error) { return memoryOf(p.cmd.Process.Pid) }

// hertz is the unit of times in /proc, which is this on every Linux machine.
const hertz = 100

// stat reads /proc/PID/stat: the parent, and processor time of its own and of children that have ended.
func stat(pid int) (parent int, own, ended time.Duration, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, 0, 0, err
	}
	// The name, in brackets, may hold anything. Behind it come the fields from the third on.
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(fields) < 15 {
		return 0, 0, 0, fmt.Errorf("/proc/%d/stat says %q", pid, text)
	}
	var n [15]int64
	for i := range n {
		n[i], _ = strconv.ParseInt(fields[i], 10, 64) // the first is a letter, and stays 0
	}
	ticks := func(t int64) time.Duration { return time.Duration(t) * time.Second / hertz }
	return int(n[1]), ticks(n[11] + n[12]), ticks(n[13] + n[14]), nil
}

func cpuOf(pid int) (time.Duration, error) {
	_, own, _, err := stat(pid)
	return own, err
}

// cpuOfAll is cpuOf for a process, all of its children and those of them that have ended: PostgreSQL's.
func cpuOfAll(pid int) (time.Duration, error) {
	_, own, ended, err := stat(pid)
	if err != nil {
		return 0, err
	}
	all := own + ended
	entries, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return 0, err
	}
	for _, entry := range entries {
		child, err := strconv.Atoi(filepath.Base(entry))
		if err != nil {
			continue
		}
		if parent, own, _, err := stat(child); err == nil && parent == pid { // some end meanwhile
			all += own
		}
	}
	return all, nil
}

var resident = regexp.MustCompile(`(?m)^Rss:\s+(\d+) kB$`)

func memoryOf(pid int) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0, err
	}
	found := resident.FindSubmatch(text)
	if found == nil {
		return 0, fmt.Errorf("/proc/%d/smaps_rollup says %q", pid, text)
	}
	kib, err := strconv.ParseInt(string(found[1]), 10, 64)
	return kib << 10, err
}

// tail keeps the end of what a process says.
type tail struct {
	mu  sync.Mutex // guards buf
	buf []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p...)
	t.buf = t.buf[max(0, len(t.buf)-4000):]
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.buf)
}

// raiseFiles lets this process and those that it starts open as many files as the system allows, and returns how many.
func raiseFiles() (int, error) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0, err
	}
	const plenty = 1 << 17
	more := syscall.Rlimit{Cur: max(limit.Max, plenty), Max: max(limit.Max, plenty)}
	if syscall.Setrlimit(syscall.RLIMIT_NOFILE, &more) == nil { // the hard limit is the administrator's to raise
		return int(more.Cur), nil
	}
	limit.Cur = limit.Max
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0, errors.Join(errors.New("raise the limit of open files"), err)
	}
	return int(limit.Cur), nil
}
