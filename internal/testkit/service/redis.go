package service

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"syscall"
)

// Databases is how many logical databases a Redis started here has.
const Databases = "256"

// Redis starts a Redis that stores nothing. The error says what to install where there is none. The context limits the start alone:
// the server runs until Stop.
func Redis(ctx context.Context) (*Server, error) {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		return nil, errors.New("no Redis is installed: run `make test`, or `apt-get install redis-server`, or set TEST_REDIS_URL")
	}
	for try := 1; ; try++ {
		s, err := startRedis(ctx, path)
		if err == nil || try == attempts || !errors.Is(err, errGone) {
			return s, err
		}
	}
}

func startRedis(ctx context.Context, path string) (s *Server, err error) {
	dir, err := folder("redis")
	if err != nil {
		return nil, err
	}
	s = &Server{name: "Redis", dir: dir, quit: syscall.SIGTERM}
	defer func() {
		if err != nil {
			s.Stop()
			s = nil
		}
	}()
	p, err := port()
	if err != nil {
		return nil, err
	}
	s.URL = "redis://127.0.0.1:" + p
	s.program = func() *exec.Cmd {
		c := exec.Command(path, "--port", p, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", dir, "--databases", Databases)
		c.Dir, c.SysProcAttr, c.Env = dir, &syscall.SysProcAttr{}, environment()
		return c
	}
	s.ready = func(ctx context.Context) error { return ping(ctx, "127.0.0.1:"+p) }
	if err := s.launch(s.program()); err != nil {
		return nil, err
	}
	return s, s.await(ctx, s.ready)
}

// ping asks a Redis whether it is ready to answer.
func ping(ctx context.Context, address string) error {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	defer c.Close()
	if deadline, ok := ctx.Deadline(); ok {
		if err := c.SetDeadline(deadline); err != nil {
			return err
		}
	}
	if _, err := io.WriteString(c, "PING\r\n"); err != nil {
		return err
	}
	answer, err := bufio.NewReader(c).ReadString('\n')
	if err != nil {
		return err
	}
	if answer != "+PONG\r\n" {
		return fmt.Errorf("it says %q", answer)
	}
	return nil
}
