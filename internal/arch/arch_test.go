package arch_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/switchyard-chat/switchyard/internal/arch"
)

// The import rule of the architecture, and the things that one package alone does.
func TestArchitecture(t *testing.T) {
	t.Parallel()
	found, err := arch.Check(filepath.Join("..", ".."), arch.Table(), arch.Singles())
	if err != nil {
		t.Fatal(err)
	}
	for _, violation := range found {
		t.Error(violation)
	}
}

// check writes Go files, by their path, and gives what is found in them.
func check(t *testing.T, files map[string]string, singles ...arch.Single) []string {
	t.Helper()
	root := t.TempDir()
	for name, source := range files {
		name = filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if singles == nil {
		singles = arch.Singles()
		for i := range singles {
			singles[i].Except = nil // who has leave today is not what these tests are about
		}
	}
	found, err := arch.Check(root, arch.Table(), singles)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestImports(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file, to string
		allowed  bool
	}{
		"the desk may not know a platform":                     {"desk/delivery/d.go", "channels/line", false},
		"the desk knows the contract":                          {"desk/delivery/d.go", "channels", true},
		"the desk may not reach up to the API":                 {"desk/delivery/d.go", "graph", false},
		"not in a test either":                                 {"desk/delivery/d_test.go", "graph", false},
		"but a test may use a platform":                        {"desk/delivery/d_test.go", "channels/line", true},
		"and the test kit":                                     {"desk/delivery/d_test.go", "internal/testkit", true},
		"the test kit is for tests":                            {"desk/delivery/d.go", "internal/testkit", false},
		"for a package of tests too":                           {"internal/store/storetest/s.go", "internal/testkit", true},
		"the desk may use what is remembered":                  {"desk/delivery/d.go", "ent/gen/ent/message", true},
		"but not how it is declared":                           {"desk/delivery/d.go", "ent/schema", false},
		"a platform may not use what is remembered":            {"channels/line/l.go", "ent/gen/ent", false},
		"a platform may not know the rules":                    {"channels/line/l.go", "desk/delivery", false},
		"a platform may not know another":                      {"channels/line/l.go", "channels/telegram", false},
		"a platform knows the contract":                        {"channels/line/l.go", "channels", true},
		"and faults":                                           {"channels/line/l.go", "internal/fault", true},
		"but no other machinery":                               {"channels/line/l.go", "internal/store", false},
		"a fake platform may use the platform's wire format":   {"channels/fake/line/f.go", "channels/line", true},
		"machinery may not know the rules":                     {"internal/bus/b.go", "desk/conversation", false},
		"machinery may not know the contract of the platforms": {"internal/bus/b.go", "channels", false},
		"the declarations import nothing of ours":              {"ent/schema/s.go", "internal/fault", false},
		"the API calls the desk":                               {"graph/g.go", "desk/conversation", true},
		"the API does not speak to platforms":                  {"graph/g.go", "channels", false},
		"the server knows everything":                          {"server/s.go", "channels/line", true},
		"the command knows the server":                         {"cmd/switchyard/main.go", "server", true},
		"and nothing else":                                     {"cmd/switchyard/main.go", "desk/conversation", false},
		"automation works at the desk":                         {"automation/a.go", "desk/conversation", true},
		"the desk does not know automation":                    {"desk/delivery/d.go", "automation", false},
		"the judge knows nothing of what it judges":            {"e2e/torture/check/c.go", "internal/event", false},
		"who tortures knows everything":                        {"e2e/torture/t.go", "channels/fake/line", true},
		"a folder of another name is not the folder":           {"internal/b.go", "deskwork", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := check(t, map[string]string{c.file: "package p\n\nimport _ \"" + arch.Module + "/" + c.to + "\"\n"}, []arch.Single{}...)
			if (len(found) == 0) != c.allowed {
				t.Errorf("found %q", found)
			}
			if !c.allowed && (len(found) > 0 && !strings.HasPrefix(found[0], c.file+":3: ")) {
				t.Errorf("found it at %q", found)
			}
		})
	}
	t.Run("a new folder at the top needs a decision", func(t *testing.T) {
		t.Parallel()
		if found := check(t, map[string]string{"pkg/x/x.go": "package x\n"}); len(found) != 1 || !strings.Contains(found[0], "no folder") {
			t.Errorf("found %q", found)
		}
	})
}

func TestSingles(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file, imports, body string
		allowed             bool
	}{
		"the time":                          {"desk/d.go", `"time"`, `var at = time.Now()`, false},
		"the time under another name":       {"desk/d.go", `clock "time"`, `var at = clock.Now`, false},
		"the time in a test":                {"desk/d_test.go", `"time"`, `var at = time.Now()`, true},
		"the time in generated code":        {"graph/gen/g.go", `"time"`, `var at = time.Now()`, true},
		"the time in its home":              {"internal/clock/c.go", `"time"`, `var at = time.Now()`, true},
		"a moment that is given":            {"desk/d.go", `"time"`, `var at time.Time`, true},
		"a ticker":                          {"server/s.go", `"time"`, `func f() { time.NewTicker(1) }`, false},
		"a client of one's own":             {"channels/line/l.go", `"net/http"`, `var c = &http.Client{}`, false},
		"a client as a variable":            {"channels/line/l.go", `"net/http"`, `var c http.Client`, false},
		"a client by new":                   {"channels/line/l.go", `"net/http"`, `func f() any { return new(http.Client) }`, false},
		"a platform's own client":           {"channels/line/l.go", `"github.com/line/line-bot-sdk-go/v8/linebot/messaging_api"`, `var c messaging_api.MessagingApiAPI`, false},
		"a platform's own client in a test": {"channels/line/l_test.go", `"github.com/line/line-bot-sdk-go/v8/linebot/messaging_api"`, `var c messaging_api.MessagingApiAPI`, true},
		"a client that is given":            {"channels/line/l.go", `"net/http"`, `func f(c *http.Client) {}`, true},
		"the default client":                {"channels/line/l.go", `"net/http"`, `func f() { http.Get("") }`, false},
		"a raw connection":                  {"server/s.go", `"net"`, `func f() { net.Dial("", "") }`, false},
		"listening is not dialling":         {"server/s.go", `"net"`, `func f() { net.Listen("", "") }`, true},
		"a socket to somebody":              {"server/s.go", `"github.com/coder/websocket"`, `var d = websocket.Dial`, false},
		"randomness":                        {"desk/d.go", `"crypto/rand"`, `var r = rand.Reader`, false},
		"weak randomness":                   {"desk/d.go", `"math/rand/v2"`, `var r = rand.Int()`, false},
		"an id":                             {"desk/d.go", `"github.com/google/uuid"`, `var id = uuid.NewString()`, false},
		"the form of an id":                 {"desk/d.go", `"github.com/google/uuid"`, `var id, _ = uuid.Parse("")`, true},
		"a file":                            {"desk/d.go", `"os"`, `func f() { os.WriteFile("", nil, 0) }`, false},
		"the environment is no file":        {"server/s.go", `"os"`, `var s = os.Stderr`, true},
		"the log of events by SQL":          {"desk/d.go", `"fmt"`, "var _ = fmt.Sprint(`\n  INSERT INTO\n \"events\" (team_id) VALUES ($1)`)", false},
		"the position of the log":           {"desk/d.go", `"fmt"`, "var _ = fmt.Sprint(`update streams set seq = seq + 1`)", false},
		"another table":                     {"desk/d.go", `"fmt"`, "var _ = fmt.Sprint(`INSERT INTO events_archive VALUES ($1)`)", true},
		"the log of events by the client":   {"desk/d.go", `"fmt"`, "func f(tx tx) { fmt.Print(tx.Event.Create()) }", false},
		"the log of events in its home":     {"internal/store/s.go", `"fmt"`, "func f(tx tx) { fmt.Print(tx.Event.Create()) }", true},
		"reading the log of events":         {"graph/g.go", `"fmt"`, "func f(tx tx) { fmt.Print(tx.Event.Query()) }", true},
		"a local name is not the package's": {"desk/d.go", `"fmt"`, "func f(time clock) { fmt.Print(time.Now()) }", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := check(t, map[string]string{c.file: "package p\n\nimport " + c.imports + "\n\n" + c.body + "\n"})
			if (len(found) == 0) != c.allowed {
				t.Errorf("found %q", found)
			}
		})
	}
	rule := arch.Single{What: "ask", Home: "internal/clock", Uses: []string{"time.Now"}, Except: map[string]string{"desk": "a reason"}}
	t.Run("leave is leave", func(t *testing.T) {
		t.Parallel()
		if found := check(t, map[string]string{"desk/d.go": "package d\n\nimport \"time\"\n\nvar at = time.Now()\n"}, rule); len(found) != 0 {
			t.Errorf("found %q", found)
		}
	})
	t.Run("leave that nobody needs is reported", func(t *testing.T) {
		t.Parallel()
		if found := check(t, map[string]string{"desk/d.go": "package d\n"}, rule); len(found) != 1 || !strings.Contains(found[0], "not needed") {
			t.Errorf("found %q", found)
		}
	})
	t.Run("leave for a package that does not exist yet is not", func(t *testing.T) {
		t.Parallel()
		if found := check(t, map[string]string{"graph/g.go": "package g\n"}, rule); len(found) != 0 {
			t.Errorf("found %q", found)
		}
	})
}
