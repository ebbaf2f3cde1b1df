package e2e_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/switchyard-chat/switchyard/graph/schema"
	"github.com/switchyard-chat/switchyard/server/demo"
)

// samples are the sample apps that were built, by their folders, each once.
var samples = map[string]func() (string, error){
	"relay": sync.OnceValues(func() (string, error) {
		return buildSample("relay", []string{"-e", `require("fs").mkdirSync("src/__generated__")`}, []string{"node_modules/relay-compiler/cli.js", "relay.config.json"}, []string{"build.js"})
	}),
	"typed": sync.OnceValues(func() (string, error) {
		return buildSample("typed", []string{"node_modules/@graphql-codegen/cli/cjs/bin.js", "--config", "codegen.json"}, []string{"node_modules/typescript/bin/tsc"})
	}),
}

// buildSample copies a sample to a folder of its own, puts the schema into it as a server gives it, and runs the steps with node.
func buildSample(name string, steps ...[]string) (string, error) {
	folder, err := workshop()
	if err != nil {
		return "", err
	}
	folder = filepath.Join(folder, name)
	if err := os.Mkdir(folder, 0o700); err != nil {
		return "", err
	}
	from, err := filepath.Abs(name)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(filepath.Join(from, "node_modules", ".package-lock.json")); err != nil {
		return "", fmt.Errorf("the packages of e2e/%s are not installed: run .ci/setup, or `npm ci` there: %w", name, err)
	}
	text, err := schema.Text()
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(folder, "schema.graphql"), text, 0o600); err != nil {
		return "", err
	}
	entries, err := os.ReadDir(from)
	if err != nil {
		return "", err
	}
	for _, e := range entries {
		switch path := filepath.Join(from, e.Name()); {
		case e.Name() == "node_modules":
			err = os.Symlink(path, filepath.Join(folder, e.Name()))
		case e.IsDir():
			err = os.CopyFS(filepath.Join(folder, e.Name()), os.DirFS(path))
		default:
			var b []byte
			if b, err = os.ReadFile(path); err == nil {
				err = os.WriteFile(filepath.Join(folder, e.Name()), b, 0o600)
			}
		}
		if err != nil {
			return "", err
		}
	}
	for _, step := range steps {
		cmd := exec.Command("node", step...)
		cmd.Dir = folder
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("%v: %w\n%s", step, err, out)
		}
	}
	return folder, nil
}

// sample starts a sample app.
func sample(t *testing.T, name, path string, options map[string]any) *script {
	t.Helper()
	folder, err := samples[name]()
	if err != nil {
		t.Fatal(err)
	}
	o, err := json.Marshal(options)
	if err != nil {
		t.Fatal(err)
	}
	return nodeIn(t, folder, path, string(o))
}

// RT-1, MSG-2: an app in strict TypeScript on the types that GraphQL Code Generator makes of the schema compiles and works: it signs in, reads
// the inbox, follows, answers, and sees its answer sent.
func TestTypedApp(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		c := &customer{t: t, w: w, user: "Uabcdef0123456789abcdef01234567f0"}
		c.write(demo.Lines[0].Secret, c.event("960000000000000001", "typed?", nil))
		s := sample(t, "typed", "out/app.js", map[string]any{
			"url": w.URL + "/graphql", "team": demo.Team, "email": "agent@demo.example", "password": demo.Password, "from": "typed?", "text": "strictly",
		})
		said, complained, isWell := s.end()
		var got []string
		for _, line := range said {
			if !strings.HasPrefix(line, `{"unread":`) { // as often as the row changed
				got = append(got, line)
			}
		}
		want := []string{
			`{"rows":25,"wanted":"PENDING","unread":1}`, `{"followed":"IN_PROGRESS","isNewer":true}`, `{"recovered":true}`,
			`{"added":2,"sender":"AGENT","text":"strictly"}`, `{"sent":2}`,
		}
		if !isWell || len(got) == 0 || !strings.HasPrefix(got[0], `{"viewer":"`) || !slices.Equal(got[1:], want) {
			t.Errorf("it said %v and complained %s", said, complained)
		}
		if all := w.deliveries(t, c.user); len(all) != 1 || bodyText(t, all[0].Messages[0]) != "strictly" {
			t.Errorf("LINE got %+v", all)
		}
	})
}
