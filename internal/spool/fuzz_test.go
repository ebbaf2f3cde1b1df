package spool_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/switchyard-chat/switchyard/internal/spool"
)

// A file of the spool that a crash or a bad disk left in any state is opened or refused; what was whole before it comes out in its order, and what is
// written afterwards comes out too.
func FuzzSpoolFile(f *testing.F) {
	dir := f.TempDir()
	s, err := spool.Open(dir, 1<<20)
	if err != nil {
		f.Fatal(err)
	}
	for _, r := range []string{"one", "two", "three"} {
		if err := s.Append([]byte(r)); err != nil {
			f.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		f.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		f.Fatal(err)
	}
	name, whole := "", []byte(nil)
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			f.Fatal(err)
		}
		if len(b) > len(whole) {
			name, whole = e.Name(), b
		}
	}
	if len(whole) == 0 {
		f.Fatal("the spool wrote no file")
	}
	f.Add(whole)
	f.Add(whole[:len(whole)-1])
	f.Add(append(bytes.Clone(whole), 0xff, 0xff, 0xff, 0x7f))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, file []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, name), file, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := spool.Open(dir, 1<<20)
		if err != nil {
			return
		}
		defer s.Close()
		if s.Append([]byte("new")) != nil {
			return
		}
		var got [][]byte
		if err := s.Drain(t.Context(), func(_ context.Context, r []byte) error {
			got = append(got, bytes.Clone(r))
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if n := len(got); n == 0 || string(got[n-1]) != "new" {
			t.Errorf("what was written last is not there: %q", got)
		}
		if bytes.HasPrefix(file, whole) && (len(got) < 4 || string(got[0]) != "one" || string(got[1]) != "two") {
			t.Errorf("what was whole is not there: %q", got)
		}
	})
}
