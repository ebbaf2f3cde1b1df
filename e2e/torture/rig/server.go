package rig

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/switchyard-chat/switchyard/internal/random"
)

// Server is a server of the world as an operating system's process. It keeps its address over all its lives.
type Server struct {
	// URL is where it listens, without a slash at the end.
	URL string

	world *World
	port  string
	mu    sync.Mutex
	run   *life
}

// life is a server's process, from its start to its end.
type life struct {
	cmd  *exec.Cmd
	done chan struct{}
	mu   sync.Mutex
	said bytes.Buffer
}

// Write takes what the process says.
func (l *life) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.said.Write(b)
}

func (l *life) words() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.said.String()
}

// Server gives a server that was never started, with an address of its own.
func (w *World) Server() (*Server, error) {
	// Outside of the range from which the system takes the ports of outgoing connections, so that none takes it while the server is dead.
	// Not by the seed: what runs at once must not meet here.
	chance := random.New()
	for range 100 {
		port := strconv.Itoa(12000 + chance.Int(18000))
		l, err := net.Listen("tcp", "127.0.0.1:"+port)
		if err != nil {
			continue
		}
		if err := l.Close(); err != nil {
			return nil, err
		}
		s := &Server{URL: "http://127.0.0.1:" + port, world: w, port: port}
		w.atEnd(s.Kill)
		return s, nil
	}
	return nil, errors.New("no port is free")
}

// Start starts the world's program, with settings beside the world's own, and returns once it is ready to be asked.
func (s *Server) Start(ctx context.Context, env ...string) error {
	if err := s.Launch(s.world.program(), env...); err != nil {
		return err
	}
	return s.Ready(ctx)
}

// StartAt starts the tagged program, which dies at the n-th pass of a fault point. It returns once it is ready, or dead already.
func (s *Server) StartAt(ctx context.Context, point string, n int, env ...string) error {
	if err := s.Launch(s.world.Tagged, append(env, fmt.Sprintf("TORTURE_POINT=%s:%d", point, n))...); err != nil {
		return err
	}
	if err := s.Ready(ctx); err != nil && !errors.Is(err, ErrEnded) {
		return err
	}
	return nil
}

// Launch starts a program and does not wait.
func (s *Server) Launch(program Program, env ...string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.run != nil {
		select {
		case <-s.run.done:
		default:
			return errors.New("the server runs already")
		}
	}
	l := &life{cmd: exec.Command(string(program), "serve"), done: make(chan struct{})}
	l.cmd.Env = slices.Concat(s.world.environment(), []string{"PORT=" + s.port, "TORTURE_BUG=" + s.world.Bug}, env)
	l.cmd.Stdout, l.cmd.Stderr = l, l
	l.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := l.cmd.Start(); err != nil {
		return err
	}
	go func() {
		defer close(l.done)
		_ = l.cmd.Wait()
	}()
	s.run = l
	return nil
}

// ErrEnded says that a server's process is gone.
var ErrEnded = errors.New("the server ended")

// Ready returns once the server says that it is ready, and with an error where it ends instead.
func (s *Server) Ready(ctx context.Context) error {
	l := s.life()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !s.IsReady(ctx) {
		select {
		case <-tick.C:
		case <-l.done:
			return fmt.Errorf("%w: %s", ErrEnded, l.words())
		case <-ctx.Done():
			return fmt.Errorf("the server does not become ready: %w: %s", ctx.Err(), l.words())
		}
	}
	return nil
}

// IsReady asks /readyz.
func (s *Server) IsReady(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/readyz", nil)
	if err != nil {
		return false
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	_, _ = io.Copy(io.Discard, res.Body)
	return res.Body.Close() == nil && res.StatusCode == http.StatusOK
}

func (s *Server) life() *life {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.run
}

// Kill ends the process at once, as the power would, and waits for its end. A dead one stays dead.
func (s *Server) Kill() {
	if l := s.life(); l != nil {
		_ = l.cmd.Process.Kill()
		<-l.done
	}
}

// Stop asks the process to end, as an operator does, and says how it ended.
func (s *Server) Stop(ctx context.Context) error {
	l := s.life()
	if l == nil {
		return nil
	}
	_ = l.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-l.done:
	case <-ctx.Done():
		return ctx.Err()
	}
	if code := l.cmd.ProcessState.ExitCode(); code != 0 {
		return fmt.Errorf("the server ended with %d: %s", code, l.words())
	}
	return nil
}

// Signal sends a signal to the process.
func (s *Server) Signal(to syscall.Signal) error { return s.life().cmd.Process.Signal(to) }

// Ended is closed when the present process is gone.
func (s *Server) Ended() <-chan struct{} { return s.life().done }

// IsDead says whether the present process is gone.
func (s *Server) IsDead() bool {
	select {
	case <-s.Ended():
		return true
	default:
		return false
	}
}

// Said is all that the present process has said.
func (s *Server) Said() string { return s.life().words() }

// PID is the number of the present process.
func (s *Server) PID() int { return s.life().cmd.Process.Pid }

// Process is a command of a program with the world's settings, ready to start.
func (w *World) Process(ctx context.Context, program Program, env []string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, string(program), args...)
	c.Env = slices.Concat(w.environment(), env)
	return c
}
