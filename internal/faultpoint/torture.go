//go:build torture

package faultpoint

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// point is where the process is to die: at the left-th pass from now.
var point, left = func() (string, *atomic.Int64) {
	name, times, _ := strings.Cut(os.Getenv("TORTURE_POINT"), ":")
	n, err := strconv.ParseInt(times, 10, 64)
	if name != "" && (err != nil || n < 1) {
		panic("TORTURE_POINT must be a point and the number of a pass, as inbound/before-commit:7")
	}
	var a atomic.Int64
	a.Store(n)
	return name, &a
}()

// offset is how far the clock is off, in nanoseconds.
var offset = func() *atomic.Int64 {
	var a atomic.Int64
	step, err := time.ParseDuration(os.Getenv("TORTURE_CLOCK"))
	if err != nil {
		return &a
	}
	a.Store(int64(step))
	heard := make(chan os.Signal, 16)
	signal.Notify(heard, syscall.SIGUSR1, syscall.SIGUSR2)
	go func() {
		for s := range heard {
			if s == syscall.SIGUSR1 {
				a.Add(int64(step))
			} else {
				a.Add(-int64(step))
			}
		}
	}()
	return &a
}()

var losesPower = os.Getenv("TORTURE_POWER") != ""

// isDue says whether the process is to die at this pass.
func isDue(name string) bool { return name == point && left.Add(-1) == 0 }

func die() {
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {}
}

// Hit passes a point, or dies.
func Hit(name string) {
	if isDue(name) {
		die()
	}
}

// Offset is how far the clock is off.
func Offset() time.Duration { return time.Duration(offset.Load()) }

// File is a file whose unsynced bytes are lost with the process. It is used by one goroutine at a time.
type File = *file

type file struct {
	*os.File
	name   string
	cached []byte // written and not synced
}

// Wrap makes a File of a file. The name is of the point in the middle of a write.
func Wrap(name string, f *os.File) File { return &file{File: f, name: name} }

// Write writes, or dies in the middle of it.
func (f *file) Write(b []byte) (int, error) {
	if isDue(f.name) {
		_, _ = f.File.Write(append(f.cached, b[:len(b)/2]...))
		die()
	}
	if losesPower {
		f.cached = append(f.cached, b...)
		return len(b), nil
	}
	return f.File.Write(b)
}

func (f *file) flush() error {
	b := f.cached
	f.cached = nil
	if len(b) == 0 {
		return nil
	}
	_, err := f.File.Write(b)
	return err
}

// Sync brings what was written to the disk.
func (f *file) Sync() error {
	if err := f.flush(); err != nil {
		return fmt.Errorf("write what was cached: %w", err)
	}
	return f.File.Sync()
}

// Close closes the file. What was not synced is the system's to write, and comes to the disk unless the power goes before.
func (f *file) Close() error { return errors.Join(f.flush(), f.File.Close()) }
