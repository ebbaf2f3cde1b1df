package spool_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/spool"
)

func open(t *testing.T, dir string, limit int64) *spool.Spool {
	t.Helper()
	s, err := spool.Open(dir, limit)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func add(t *testing.T, s *spool.Spool, records ...string) {
	t.Helper()
	for _, r := range records {
		if err := s.Append([]byte(r)); err != nil {
			t.Fatal(err)
		}
	}
}

// drained gives what is drained until failOn comes.
func drained(t *testing.T, s *spool.Spool, failOn string) string {
	t.Helper()
	var got []string
	stop := errors.New("stop")
	err := s.Drain(t.Context(), func(_ context.Context, r []byte) error {
		if string(r) == failOn {
			return stop
		}
		got = append(got, string(r))
		return nil
	})
	if err != nil && !errors.Is(err, stop) {
		t.Fatal(err)
	}
	return strings.Join(got, " ")
}

func TestOrder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir, 1<<20)
	if got := drained(t, s, ""); got != "" {
		t.Errorf("an empty spool gave %q", got)
	}
	add(t, s, "a", "b", "c")
	if got := drained(t, s, "b"); got != "a" || s.Len() != 2 {
		t.Errorf("drained %q, %d wait", got, s.Len())
	}
	add(t, s, "d")
	_ = s.Close()
	s = open(t, dir, 1<<20)
	if s.Len() != 3 {
		t.Errorf("%d wait after opening it again", s.Len())
	}
	add(t, s, "e")
	if got := drained(t, s, ""); got != "b c d e" || s.Len() != 0 || s.Bytes() != 0 {
		t.Errorf("drained %q; %d records and %d bytes are left", got, s.Len(), s.Bytes())
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(left) != 0 {
		t.Errorf("an empty spool keeps %v (%v)", left, err)
	}
}

// A crash may cut the last record anywhere: what was promised before it stays, and what comes after is whole.
func TestCutShort(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir, 1<<20)
	add(t, s, "first", "second")
	_ = s.Close()
	file := filepath.Join(dir, "0000000000000001.spool")
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	first := 8 + len("first")
	for cut := first; cut < len(whole); cut++ {
		if err := os.WriteFile(file, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		s := open(t, dir, 1<<20)
		add(t, s, "third")
		if got := drained(t, s, ""); got != "first third" {
			t.Errorf("cut at %d: %q", cut, got)
		}
		_ = s.Close()
	}
	// A flipped bit is as good as a cut.
	damaged := bytes.Clone(whole)
	damaged[len(damaged)-1] ^= 1
	if err := os.WriteFile(file, damaged, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := drained(t, open(t, dir, 1<<20), ""); got != "first" {
		t.Errorf("a damaged record gave %q", got)
	}
}

func TestFull(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir(), 30)
	add(t, s, "0123456789")
	if err := s.Append([]byte("0123456789")); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a full spool gave %v", err)
	}
	if got := drained(t, s, ""); got != "0123456789" {
		t.Errorf("drained %q", got)
	}
	add(t, s, "0123456789")
	if err := s.Append(nil); !fault.Is(err, fault.Invalid) {
		t.Errorf("an empty record gave %v", err)
	}
}

func TestManySegments(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir, 1<<30)
	var want []string
	for i := range 40 {
		r := fmt.Sprintf("%03d%s", i, strings.Repeat("x", 1<<20))
		add(t, s, r)
		want = append(want, r)
	}
	if files, err := filepath.Glob(filepath.Join(dir, "*.spool")); err != nil || len(files) < 3 {
		t.Errorf("%d files (%v)", len(files), err)
	}
	if got := drained(t, s, want[20]); got != strings.Join(want[:20], " ") {
		t.Error("the first half is not what was kept")
	}
	if got := drained(t, s, ""); got != strings.Join(want[20:], " ") {
		t.Error("the second half is not what was kept")
	}
}

// What comes while it is drained keeps its place behind what was there.
func TestAtOnce(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir(), 1<<30)
	var all sync.WaitGroup
	for w := range 4 {
		all.Go(func() {
			for i := range 50 {
				if err := s.Append(fmt.Appendf(nil, "%d %d", w, i)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	next := [4]int{}
	count := 0
	take := func(_ context.Context, r []byte) error {
		var w, i int
		if _, err := fmt.Sscan(string(r), &w, &i); err != nil {
			return err
		}
		if next[w] != i {
			t.Errorf("of %d came %d, not %d", w, i, next[w])
		}
		next[w]++
		count++
		return nil
	}
	if err := s.Drain(t.Context(), take); err != nil {
		t.Fatal(err)
	}
	all.Wait()
	if err := s.Drain(t.Context(), take); err != nil || count != 200 {
		t.Errorf("%d of 200 were drained (%v)", count, err)
	}
}
