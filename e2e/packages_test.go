package e2e_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// npm's lock files name no registry: whoever installs takes the packages from their own, and their hashes say that they are the same.
func TestLockFilesNameNoRegistry(t *testing.T) {
	t.Parallel()
	found := 0
	if err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "node_modules" || entry.Name() == ".git"):
			return fs.SkipDir
		case entry.Name() != "package-lock.json":
			return nil
		}
		found++
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var lock struct {
			Packages map[string]struct{ Version, Resolved, Integrity string }
		}
		if err := json.Unmarshal(text, &lock); err != nil || len(lock.Packages) < 2 {
			t.Errorf("%s is no lock file of npm's: %v", path, err)
		}
		for name, p := range lock.Packages {
			if p.Resolved != "" || name != "" && !strings.HasPrefix(p.Integrity, "sha512-") {
				t.Errorf("%s: %s is to come from %q with the hash %q", path, name, p.Resolved, p.Integrity)
			}
		}
		settings, err := os.ReadFile(filepath.Join(filepath.Dir(path), ".npmrc"))
		if err != nil || string(settings) != "omit-lockfile-registry-resolved=true\n" {
			t.Errorf("%s has no .npmrc beside it that keeps it so: %q, %v", path, settings, err)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if found < 3 {
		t.Errorf("there are %d lock files", found)
	}
}
