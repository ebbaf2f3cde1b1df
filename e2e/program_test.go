package e2e_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/internal/testkit"
)

// workshop is a folder for what is built once for all tests of this process.
var workshop = sync.OnceValues(func() (string, error) { return os.MkdirTemp("", "switchyard-e2e-") })

// built is the program as `make build` makes it.
var built = sync.OnceValues(func() (string, error) {
	folder, err := workshop()
	if err != nil {
		return "", err
	}
	path := filepath.Join(folder, "switchyard")
	cmd := exec.Command("go", "build", "-o", path, "../cmd/switchyard")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0") // also where the tests are under the race detector, which needs cgo
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if folder, err := workshop(); err == nil {
		_ = os.RemoveAll(folder)
	}
	os.Exit(code)
}

func program(t testing.TB) string {
	t.Helper()
	path, err := built()
	if err != nil {
		t.Fatalf("the program is not built: %v", err)
	}
	return path
}

// call runs the program to its end and gives its exit code and all it said.
func call(t testing.TB, env []string, args ...string) (code int, said string) {
	t.Helper()
	path := program(t) // the first who asks waits for it to be built, which takes minutes where nothing is
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = env
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if ctx.Err() != nil {
		t.Fatalf("switchyard %v does not end: %s", args, out)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

// process is a server as an operating system's process.
type process struct {
	t    testing.TB
	URL  string
	cmd  *exec.Cmd
	done chan struct{}
	mu   sync.Mutex
	said bytes.Buffer
}

var greeting = regexp.MustCompile(`(?m)^  GraphiQL   (\S+)/graphiql$`)

// begin starts the program. It is killed with the test.
func begin(t testing.TB, env []string, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(program(t), args...), done: make(chan struct{})}
	p.cmd.Env = env
	p.cmd.Stdout, p.cmd.Stderr = p, p
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.done)
		_ = p.cmd.Wait()
	}()
	t.Cleanup(p.kill)
	return p
}

// launch starts the program and waits until it is ready. It is killed with the test.
func launch(t testing.TB, env []string, args ...string) *process {
	t.Helper()
	p := begin(t, env, args...)
	testkit.Await(t, "the program greets", func() bool {
		if m := greeting.FindStringSubmatch(p.words()); m != nil {
			p.URL = m[1]
			return true
		}
		select {
		case <-p.done:
			t.Fatalf("the program ended: %s", p.words())
		default:
		}
		return false
	})
	return p
}

// Write takes what the program says.
func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.said.Write(b)
}

func (p *process) words() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.said.String()
}

// kill ends the process at once, as the power would, and waits for its end. The second time it does nothing.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// leave asks the process to end in order, as an operator's restart does, and waits for its end.
func (p *process) leave() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		p.t.Fatal(err)
	}
	<-p.done
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		p.t.Errorf("the program ended with %d: %s", code, p.words())
	}
}

// isReady asks /readyz.
func isReady(url string) bool {
	res, err := http.Get(url + "/readyz")
	if err != nil {
		return false
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, res.Body)
	return res.StatusCode == http.StatusOK
}

// BenchmarkStart measures from the process's start to its readiness, with demo data that it makes in a new folder.
func BenchmarkStart(b *testing.B) {
	program(b)
	var total time.Duration
	for b.Loop() {
		began := time.Now()
		p := launch(b, []string{"HOST=127.0.0.1", "PORT=0", "LOG_LEVEL=ERROR", "DATA_DIR=" + b.TempDir()}, "serve", "--demo")
		for !isReady(p.URL) {
			if time.Since(began) > time.Minute {
				b.Fatal("it does not become ready")
			}
		}
		total += time.Since(began)
		b.StopTimer()
		p.kill()
		b.StartTimer()
	}
	b.ReportMetric(float64(total.Milliseconds())/float64(b.N), "ms/start")
}
