package service_test

import (
	"bufio"
	"context"
	"database/sql"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/lib/pq"

	"github.com/switchyard-chat/switchyard/internal/testkit"
	"github.com/switchyard-chat/switchyard/internal/testkit/service"
)

// answers says whether something listens at the URL's address.
func answers(t *testing.T, address string) bool {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.DialTimeout("tcp", u.Host, 5*time.Second)
	if err != nil {
		return false
	}
	_ = c.Close()
	return true
}

// TestServers is not parallel: it looks at the folder for temporary files, which it sets to one of its own.
func TestServers(t *testing.T) {
	for name, start := range map[string]func(context.Context) (*service.Server, error){
		"PostgreSQL": service.Postgres,
		"Redis":      service.Redis,
	} {
		t.Run(name+" runs until Stop, and leaves nothing", func(t *testing.T) {
			temp := folder(t)
			s, err := start(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(s.Stop)
			if !answers(t, s.URL) {
				t.Errorf("%s does not answer", s.URL)
			}
			s.Stop()
			s.Stop()
			if answers(t, s.URL) {
				t.Errorf("%s still answers", s.URL)
			}
			if left := entries(t, temp); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
	t.Run("a start that is given up leaves nothing", func(t *testing.T) {
		temp := folder(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if s, err := service.Redis(ctx); err == nil {
			s.Stop()
			t.Error("it started")
		}
		if left := entries(t, temp); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	})
	t.Run("where nothing is installed the error says what to install", func(t *testing.T) {
		t.Setenv("PATH", t.TempDir())
		_, err := service.Redis(t.Context())
		if err == nil || !strings.Contains(err.Error(), "apt-get install redis-server") {
			t.Errorf("got %v", err)
		}
	})
}

func TestServe(t *testing.T) {
	temp := folder(t)
	serve := filepath.Join(t.TempDir(), "serve")
	if out, err := exec.Command("go", "build", "-o", serve, "github.com/switchyard-chat/switchyard/internal/testkit/serve").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	environment := func(extra ...string) []string {
		var kept []string
		for _, v := range os.Environ() {
			name, _, _ := strings.Cut(v, "=")
			switch name {
			case "TEST_POSTGRES_URL", "TEST_REDIS_URL", "DATABASE_URL", "REDIS_URL":
			default:
				kept = append(kept, v)
			}
		}
		return append(kept, extra...)
	}
	t.Run("servers end when the command that started them is killed", func(t *testing.T) {
		c := exec.Command(serve)
		c.Env = environment()
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		var urls []string
		for lines := bufio.NewScanner(out); len(urls) < 2 && lines.Scan(); {
			_, address, _ := strings.Cut(lines.Text(), "=")
			urls = append(urls, address)
			if !answers(t, address) {
				t.Errorf("%s does not answer", lines.Text())
			}
		}
		if err := c.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = c.Wait()
		if len(urls) != 2 {
			t.Fatalf("printed %v", urls)
		}
		for _, u := range urls {
			testkit.Await(t, u+" is gone", func() bool { return !answers(t, u) })
		}
		testkit.Await(t, "its folders are removed", func() bool { return len(entries(t, temp)) == 0 })
	})
	t.Run("a command gets the addresses, not the caller's databases, and its exit code is passed on", func(t *testing.T) {
		c := exec.Command(serve, "sh", "-c", `echo "$TEST_POSTGRES_URL $TEST_REDIS_URL run=$TEST_RUN db=$DATABASE_URL."; exit 7`)
		c.Env = environment("DATABASE_URL=" + testkit.Postgres(t))
		out, err := c.Output()
		if code := c.ProcessState.ExitCode(); code != 7 {
			t.Errorf("exit code %d, %v", code, err)
		}
		if s := string(out); !strings.HasPrefix(s, testkit.Postgres(t)+" redis://") || !strings.HasSuffix(s, " db=.\n") {
			t.Errorf("the command saw %q", s)
		}
	})
	t.Run("a server that was given is used and left clean", func(t *testing.T) {
		base := testkit.Postgres(t)
		db, err := sql.Open("postgres", base)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		run := "sweep" + filepath.Base(temp)
		for _, statement := range []string{
			"CREATE DATABASE test_" + run + "_1", "CREATE DATABASE template_" + run + "_1 IS_TEMPLATE true", "CREATE DATABASE test_" + run + "other",
		} {
			if _, err := db.ExecContext(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
		if err := service.Sweep(t.Context(), base, run); err != nil {
			t.Fatal(err)
		}
		var left string
		if err := db.QueryRowContext(t.Context(), "SELECT string_agg(datname, ' ') FROM pg_database WHERE datname LIKE '%'||$1||'%'", run).Scan(&left); err != nil {
			t.Fatal(err)
		}
		if left != "test_"+run+"other" {
			t.Errorf("left: %s", left)
		}
		if _, err := db.ExecContext(t.Context(), "DROP DATABASE test_"+run+"other"); err != nil {
			t.Fatal(err)
		}
	})
}

// folder makes temporary files of this test go to a folder of its own, which other users may enter.
func folder(t *testing.T) string {
	t.Helper()
	testkit.Postgres(t) // started before, so that its own folder is elsewhere
	temp, err := os.MkdirTemp("", "services")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(temp) })
	if err := os.Chmod(temp, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", temp)
	return temp
}

func entries(t *testing.T, dir string) (names []string) {
	t.Helper()
	found, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range found {
		if strings.HasPrefix(e.Name(), "switchyard-") { // Go's own build keeps files here too
			names = append(names, e.Name())
		}
	}
	return names
}
