// Package service starts a private PostgreSQL and a private Redis for tests, on free ports and in folders of their own, and leaves
// nothing behind: neither after Stop nor when the process that started them is killed.
package service

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// start is how long a server may take until it answers; it is a limit for broken machines, not what is usual (under a second).
const start = 60 * time.Second

// attempts is how often a server is started on another port because somebody was faster on the first.
const attempts = 3

//go:embed guard.sh
var guard string

// Server is a running server of a test.
type Server struct {
	// URL is where it listens: postgres://… or redis://….
	URL string

	name    string
	dir     string
	quit    syscall.Signal
	program func() *exec.Cmd            // the server's program, ready to start
	ready   func(context.Context) error // whether it answers
	cmd     *exec.Cmd
	exited  chan struct{} // closed when the server's process is gone
	guard   *exec.Cmd
	leash   io.WriteCloser
	once    sync.Once
}

// Stop ends the server and removes its folder. The second time does nothing.
func (s *Server) Stop() {
	s.once.Do(func() {
		if s.cmd != nil && s.cmd.Process != nil {
			_ = s.cmd.Process.Signal(s.quit)
			<-s.exited
		}
		_ = os.RemoveAll(s.dir)
		s.release()
	})
}

// Kill ends the server as the power would and keeps its folder: Restart brings it back at the same address with what it has on the disk.
func (s *Server) Kill() {
	_ = s.cmd.Process.Kill()
	<-s.exited
}

// Restart starts a server that was killed, or has ended by itself, and returns when it answers.
func (s *Server) Restart(ctx context.Context) error {
	for try := 1; ; try++ {
		s.release()
		if err := s.launch(s.program()); err != nil {
			return err
		}
		err := s.await(ctx, s.ready)
		// The processes that a killed PostgreSQL leaves end by themselves, and hold on to the folder until then.
		if err == nil || try == 100 || !errors.Is(err, errGone) {
			return err
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Freeze stops the server's process where it stands: connections stay open and nothing is answered until Thaw. Of PostgreSQL only the
// process that accepts connections stands still.
func (s *Server) Freeze() error { return s.cmd.Process.Signal(syscall.SIGSTOP) }

// Thaw lets a frozen server go on.
func (s *Server) Thaw() error { return s.cmd.Process.Signal(syscall.SIGCONT) }

// release lets the guard go without a deed: a line tells it that there is nothing left to do; the closed pipe alone would tell it to end the
// server.
func (s *Server) release() {
	if s.guard == nil {
		return
	}
	_, _ = io.WriteString(s.leash, "done\n")
	_ = s.leash.Close()
	_ = s.guard.Wait()
	s.guard = nil
}

// launch starts the server's program and the guard that ends it when this process dies before Stop.
func (s *Server) launch(cmd *exec.Cmd) error {
	log, err := os.OpenFile(s.log(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	// A session of its own: an interrupt from the keyboard must reach the tests, not the database under them.
	cmd.SysProcAttr.Setsid = true
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", s.name, err)
	}
	s.cmd, s.exited = cmd, make(chan struct{})
	go func() {
		_ = cmd.Wait()
		close(s.exited)
	}()
	g := exec.Command("sh", "-c", guard, "guard", strconv.Itoa(cmd.Process.Pid), strconv.Itoa(int(s.quit)), s.dir)
	g.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if s.leash, err = g.StdinPipe(); err != nil {
		return err
	}
	if err := g.Start(); err != nil {
		return fmt.Errorf("start the guard of %s: %w", s.name, err)
	}
	s.guard = g
	return nil
}

func (s *Server) log() string { return filepath.Join(s.dir, "log") }

var errGone = errors.New("it ended by itself")

// await returns once the server answers, or with the end of its log once it is clear that it will not.
func (s *Server) await(ctx context.Context, ready func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, start)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-tick.C:
			continue
		case <-s.exited:
			err = errGone
		case <-ctx.Done():
		}
		log, _ := os.ReadFile(s.log())
		return fmt.Errorf("%s does not answer: %w\n%s", s.name, err, tail(string(log), 20))
	}
}

func tail(text string, lines int) string {
	all := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// folder makes the folder of a server.
func folder(name string) (string, error) { return os.MkdirTemp("", "switchyard-"+name+"-") }

// become gives the folder to a user and says how to start a program as that user, where this process is root's; everybody else starts
// programs as himself.
func become(as, dir string) (*syscall.SysProcAttr, error) {
	if os.Geteuid() != 0 {
		return &syscall.SysProcAttr{}, nil
	}
	u, err := user.Lookup(as)
	if err != nil {
		return nil, fmt.Errorf("as root, a system user named %s is needed to run it: %w", as, err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	credential := &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return &syscall.SysProcAttr{Credential: credential}, os.Chown(dir, int(uid), int(gid))
}

// port asks the kernel for a TCP port on loopback that is free now.
func port() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, p, err := net.SplitHostPort(l.Addr().String())
	return p, err
}

// environment is all that a server is given of ours: its messages in English, its times in UTC, and nothing of the caller's settings.
func environment() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8", "TZ=UTC"}
}
