// Command serve starts a private PostgreSQL and Redis, runs a command with their addresses in TEST_POSTGRES_URL and TEST_REDIS_URL, and
// stops them when it ends, is interrupted or killed:
//
//	go run ./internal/testkit/serve go test ./...
//
// Without a command it prints the addresses and waits for an interrupt. Where TEST_POSTGRES_URL, DATABASE_URL, TEST_REDIS_URL or
// REDIS_URL name a server, that one is used instead of a private one, and left clean. The command's exit code is passed on.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/testkit/service"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	code, err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "serve:", err)
	}
	os.Exit(code)
}

// run gives the exit code: the command's own, or 1 with an error of ours.
func run(ctx context.Context, command []string) (code int, err error) {
	postgres, stopPostgres, err := given(ctx, service.Postgres, "TEST_POSTGRES_URL", "DATABASE_URL")
	if err != nil {
		return 1, err
	}
	defer stopPostgres()
	redis, stopRedis, err := given(ctx, service.Redis, "TEST_REDIS_URL", "REDIS_URL")
	if err != nil {
		return 1, err
	}
	defer stopRedis()
	mark := random.New().UUID()[:8]
	defer func() {
		// The context may be over: that is when there is most to sweep.
		clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		if sweep := service.Sweep(clean, postgres, mark); sweep != nil {
			code, err = 1, errors.Join(err, fmt.Errorf("drop the databases of the tests: %w", sweep))
		}
	}()
	if len(command) == 0 {
		fmt.Printf("TEST_POSTGRES_URL=%s\nTEST_REDIS_URL=%s\n", postgres, redis)
		<-ctx.Done()
		return 0, nil
	}
	c := exec.CommandContext(ctx, command[0], command[1:]...)
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	c.WaitDelay = 20 * time.Second
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
	// Without DATABASE_URL and REDIS_URL: what is tested must not find a real database by itself.
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "DATABASE_URL=") && !strings.HasPrefix(v, "REDIS_URL=") {
			c.Env = append(c.Env, v)
		}
	}
	c.Env = append(c.Env, "TEST_POSTGRES_URL="+postgres, "TEST_REDIS_URL="+redis, "TEST_RUN="+mark)
	err = c.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() > 0 {
		return exit.ExitCode(), nil
	}
	if err != nil {
		return 1, fmt.Errorf("%s: %w", command[0], err)
	}
	return 0, nil
}

// given is the address of the server that the environment names, or of a private one, which stop ends.
func given(ctx context.Context, start func(context.Context) (*service.Server, error), names ...string) (url string, stop func(), err error) {
	for _, name := range names {
		if url = os.Getenv(name); url != "" {
			return url, func() {}, nil
		}
	}
	s, err := start(ctx)
	if err != nil {
		return "", nil, err
	}
	return s.URL, s.Stop, nil
}
