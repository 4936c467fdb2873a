package main

import (
	"errors"
	"os"
	"os/exec"
	"strings"
)

// searchDisk looks for API keys in every file of the server. Another program does it: if this process opened and closed
// the database's file itself, the system would take away the locks that it holds on it through SQLite.
func (u *users) searchDisk() {
	args := []string{"-rlF", "--exclude=" + fatName}
	for _, key := range apiKeys {
		args = append(args, "-e", key)
	}
	var said strings.Builder
	cmd := exec.Command("grep", append(args, "--", u.w.storage)...)
	cmd.Stderr = &said
	found, err := cmd.Output()
	if len(found) > 0 {
		u.w.wrong.add("an API key is in %s", strings.ReplaceAll(strings.TrimSpace(string(found)), "\n", ", "))
	}
	exit, ok := errors.AsType[*exec.ExitError](err)
	nothing := ok && exit.ExitCode() == 1
	if err != nil && !nothing && !strings.Contains(said.String(), "No such file") { // files come and go meanwhile
		u.w.wrong.add("search the disk: %v %s", err, &said)
	}
}

// commitFault is what the program says when it lets a commit fail.
const commitFault = "chaos: a commit fails"

// searchLog looks through what the servers said: for API keys, and for what a sound program never says.
func (u *users) searchLog() {
	for _, node := range u.w.nodes {
		u.searchLogOf(node)
	}
}

func (u *users) searchLogOf(node *server) {
	content, err := os.ReadFile(node.said.Name())
	if err != nil {
		u.w.wrong.add("search the log: %v", err)
		return
	}
	log := string(content)
	u.w.sum.commits += strings.Count(log, commitFault)
	for _, key := range apiKeys {
		if strings.Contains(log, key) {
			u.w.wrong.add("an API key is in the server's log")
		}
	}
	for _, word := range []string{"panic", "goroutine ", "fatal error", "DATA RACE"} {
		if at := strings.Index(log, word); at >= 0 {
			u.w.wrong.add("the server's log says: %.600s", log[max(0, at-100):])
		}
	}
}
