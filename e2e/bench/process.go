package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Process is a program whose cost is measured: our server, a limit, a peer.
type Process struct {
	Name string
	// URL is where it answers, without a slash at the end.
	URL string

	cmd    *exec.Cmd
	log    *os.File
	exited chan struct{}
	once   sync.Once
}

// Start runs a program until Stop. Its output goes to a file in folder. ready is asked until it is nil or the program has ended.
func Start(ctx context.Context, folder, name, url string, env []string, ready func(context.Context) error, argv ...string) (*Process, error) {
	log, err := os.Create(filepath.Join(folder, name+".log"))
	if err != nil {
		return nil, err
	}
	p := &Process{Name: name, URL: url, log: log, exited: make(chan struct{})}
	p.cmd = exec.Command(argv[0], argv[1:]...)
	p.cmd.Stdout, p.cmd.Stderr = log, log
	p.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + folder, "TZ=UTC"}, env...)
	// It must not outlive this program, however that ends.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
	started := make(chan error, 1)
	go func() {
		// The kernel counts the end of the thread that started it as the end of its parent.
		runtime.LockOSThread()
		defer close(p.exited)
		err := p.cmd.Start()
		if started <- err; err == nil {
			_ = p.cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", name, err), log.Close())
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := ready(ctx)
		if err == nil {
			return p, nil
		}
		select {
		case <-tick.C:
			continue
		case <-p.exited:
		case <-ctx.Done():
		}
		said, _ := os.ReadFile(log.Name())
		p.Stop()
		return nil, fmt.Errorf("%s does not answer: %w\n%s", name, err, said)
	}
}

// Stop ends the program. The second time it does nothing.
func (p *Process) Stop() {
	p.once.Do(func() {
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-p.exited:
		case <-time.After(20 * time.Second):
			_ = p.cmd.Process.Kill()
			<-p.exited
		}
		_ = p.log.Close()
	})
}

// PID is the process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// CPU is the time the process has had of processors since it began.
func (p *Process) CPU() (time.Duration, error) { return cpuOf(p.PID()) }

// Resident is the memory of the process, in bytes.
func (p *Process) Resident() (int64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.PID()))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(b))
	if len(fields) < 2 {
		return 0, fmt.Errorf("statm of %s says %q", p.Name, b)
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	return pages * int64(os.Getpagesize()), err
}

// Answers asks a page of a program until it answers 200.
func Answers(url string) func(context.Context) error {
	return func(ctx context.Context) error {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		a, err := http.DefaultClient.Do(r)
		if err != nil {
			return err
		}
		defer a.Body.Close()
		if a.StatusCode != http.StatusOK {
			said, _ := io.ReadAll(io.LimitReader(a.Body, 500))
			return fmt.Errorf("%s: %s", a.Status, said)
		}
		return nil
	}
}

// Port is a port of loopback that is free now.
func Port() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// cpuOf sums the time of a process's threads in nanoseconds, where the kernel tells it, else in ticks of a hundredth of a second.
func cpuOf(pid int) (time.Duration, error) {
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil {
		return 0, err
	}
	var sum int64
	for _, t := range tasks {
		b, err := os.ReadFile(t)
		if err != nil {
			continue // the thread has ended
		}
		first, _, _ := strings.Cut(string(b), " ")
		n, err := strconv.ParseInt(first, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("%s says %q", t, b)
		}
		sum += n
	}
	if sum > 0 {
		return time.Duration(sum), nil
	}
	s, err := statOf(pid)
	return s.own, err
}

// stat is what /proc/PID/stat tells of processor time.
type stat struct {
	parent        int
	own, children time.Duration // children that have ended and were waited for
}

func statOf(pid int) (stat, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return stat{}, err
	}
	// The name is in brackets and may hold anything.
	_, rest, ok := strings.Cut(string(b), ") ")
	if i := strings.LastIndex(string(b), ") "); i >= 0 {
		rest = string(b)[i+2:]
	}
	f := strings.Fields(rest)
	if !ok || len(f) < 15 {
		return stat{}, fmt.Errorf("/proc/%d/stat says %q", pid, b)
	}
	n := func(i int) int64 {
		x, _ := strconv.ParseInt(f[i], 10, 64)
		return x
	}
	const tick = 10 * time.Millisecond // USER_HZ is 100 on every Linux that Go knows
	return stat{parent: int(n(1)), own: time.Duration(n(11)+n(12)) * tick, children: time.Duration(n(13)+n(14)) * tick}, nil
}

// familyCPU is the time of a process, of its children, and of those of them that have ended: of PostgreSQL and its backends.
func familyCPU(pid int) (time.Duration, error) {
	s, err := statOf(pid)
	if err != nil {
		return 0, err
	}
	own, err := cpuOf(pid)
	if err != nil {
		return 0, err
	}
	sum := own + s.children
	all, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return 0, err
	}
	for _, folder := range all {
		child, err := strconv.Atoi(filepath.Base(folder))
		if err != nil {
			continue
		}
		if s, err := statOf(child); err != nil || s.parent != pid {
			continue
		}
		if d, err := cpuOf(child); err == nil {
			sum += d
		}
	}
	return sum, nil
}
