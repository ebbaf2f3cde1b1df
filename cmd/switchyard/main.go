// Switchyard runs the omnichannel customer-service backend.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/switchyard-chat/switchyard/server"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := server.Command(ctx, server.Process{Args: os.Args[1:], Environment: os.Environ(), Out: os.Stdout, Err: os.Stderr})
	if err == nil {
		return
	}
	var usage server.UsageError
	if errors.As(err, &usage) {
		fmt.Fprintln(os.Stderr, usage)
		os.Exit(2)
	}
	fmt.Fprintln(os.Stderr, "switchyard:", err)
	os.Exit(1)
}
