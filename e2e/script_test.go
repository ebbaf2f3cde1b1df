package e2e_test

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// script is a running script of e2e/clients or e2e/browser.
type script struct {
	t      *testing.T
	name   string
	mu     sync.Mutex
	lines  []string
	more   chan struct{} // closed and replaced at every line
	stdin  io.WriteCloser
	stderr bytes.Buffer
	done   chan struct{}
	err    error
}

// node starts a script with node; it is killed with the test.
func node(t *testing.T, path string, args ...string) *script {
	t.Helper()
	folder, _, _ := strings.Cut(path, "/")
	if _, err := os.Stat(filepath.Join(folder, "node_modules", ".package-lock.json")); err != nil {
		t.Fatalf("the packages of e2e/%s are not installed: run .ci/setup, or `npm ci` there (%v)", folder, err)
	}
	return nodeIn(t, "", path, args...)
}

// nodeIn starts a script in a folder; it is killed with the test.
func nodeIn(t *testing.T, folder, path string, args ...string) *script {
	t.Helper()
	s := &script{t: t, name: path, more: make(chan struct{}), done: make(chan struct{})}
	cmd := exec.CommandContext(t.Context(), "node", append([]string{path}, args...)...)
	cmd.Dir = folder
	cmd.WaitDelay = 5 * time.Second // Chromium's own children may keep the pipes open
	cmd.Stderr = &s.stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if s.stdin, err = cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("%s needs node: %v", path, err)
	}
	go func() {
		defer close(s.done)
		scan := bufio.NewScanner(out)
		scan.Buffer(nil, 1<<20)
		for scan.Scan() {
			s.mu.Lock()
			s.lines = append(s.lines, scan.Text())
			close(s.more)
			s.more = make(chan struct{})
			s.mu.Unlock()
		}
		s.err = cmd.Wait()
	}()
	t.Cleanup(func() { <-s.done })
	return s
}

// await waits for a line that holds all the words and gives it.
func (s *script) await(words ...string) string {
	s.t.Helper()
	limit := time.NewTimer(2 * time.Minute) // a loaded machine starts Chromium slowly
	defer limit.Stop()
	for {
		s.mu.Lock()
		more := s.more
		for _, l := range s.lines {
			if holds(l, words) {
				s.mu.Unlock()
				return l
			}
		}
		s.mu.Unlock()
		select {
		case <-more:
		case <-s.done:
			if slices.ContainsFunc(s.said(), func(l string) bool { return holds(l, words) }) {
				continue
			}
			s.t.Fatalf("%s ended (%v) before it said %q; at last it said %q and complained %s", s.name, s.err, words, s.last(), s.stderr.String())
		case <-limit.C:
			s.t.Fatalf("%s does not say %q; at last it said %q", s.name, words, s.last())
		}
	}
}

func holds(line string, words []string) bool {
	return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(line, w) })
}

func (s *script) said() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.lines...)
}

// last is the end of what it said.
func (s *script) last() []string {
	all := s.said()
	return all[max(0, len(all)-3):]
}

// end waits for the script's end, gives what it said and complained, and whether it ended well.
func (s *script) end() (said []string, complained string, isWell bool) {
	s.t.Helper()
	select {
	case <-s.done:
	case <-time.After(2 * time.Minute):
		s.t.Fatalf("%s does not end; at last it said %q", s.name, s.last())
	}
	return s.said(), s.stderr.String(), s.err == nil
}
