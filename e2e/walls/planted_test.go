//go:build !torture

package walls_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Built with the tag torture and with the guard leaving contacts out (internal/planted), this suite fails, and says where: that it passes means
// that there is no such hole.
func TestMissingGuardIsFound(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), "go", "test", "-vet=off", "-count=1", "-tags", "torture", "-run", "^TestTeamsAreWalledOff$/^sqlite$", ".")
	cmd.Env = append(os.Environ(), "TORTURE_BUG=tenant-filter-missing")
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Fatalf("a guard that leaves contacts out is not found:\n%s", out)
	}
	for _, want := range []string{"--- FAIL: TestTeamsAreWalledOff/sqlite", "Query.contact(id) with cobalt's @contact.ann shows "} {
		if !strings.Contains(string(out), want) {
			t.Errorf("%v, and %q is not said:\n%.4000s", err, want, out)
		}
	}
}
