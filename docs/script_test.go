package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var scriptBlock = regexp.MustCompile("(?s)(?:<!-- script: (\\S+) -->\n)?```js\n(.*?)```")

// RT-3: the code that docs/api/reconnect.md gives for stock clients is the code that the end-to-end tests run with them: every line, in its order.
func TestReconnectCodeIsTheScripts(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("api/reconnect.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := scriptBlock.FindAllStringSubmatch(string(page), -1)
	if len(blocks) < 5 {
		t.Fatalf("there are %d blocks of code", len(blocks))
	}
	for _, b := range blocks {
		if b[1] == "" {
			t.Errorf("no script is named for:\n%s", b[2])
			continue
		}
		script, err := os.ReadFile(filepath.Join("../e2e", b[1]))
		if err != nil {
			t.Fatal(err)
		}
		rest := strings.Split(string(script), "\n")
		for line := range strings.Lines(b[2]) {
			line = strings.TrimSuffix(line, "\n")
			at := slices.Index(rest, line)
			if at < 0 {
				t.Errorf("%s has no line, in this place, that is\n%s", b[1], line)
				break
			}
			rest = rest[at+1:]
		}
	}
}
