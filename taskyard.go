// Package taskyard is the domain of a self-hosted playground for Parallel's Task API: the task a user
// submits, the log of everything that was heard of it, and the contract of the store that keeps both.
//
// Every event takes one road: heard, appended, committed, announced, read. The log of a task is gapless,
// holds each event exactly once, and is the only thing that readers read, so history and live are one query.
//
// The package depends on the standard library alone; the adapters under internal depend on it and never on
// each other.
package taskyard
