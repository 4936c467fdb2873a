// Command taskyard is a self-hosted playground for Parallel's Task API.
package main

import (
	"os"

	"github.com/taskyard/taskyard/internal/cli"
)

func main() { os.Exit(cli.Run(os.Args[1:], os.Stdout, os.Stderr)) }
