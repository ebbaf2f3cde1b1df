// Package topology starts what Dockerfile and compose.yaml describe without Docker: their build step, their database, their migration, their
// two servers with their environment, and a proxy that shares requests out as theirs does.
package topology_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	_ "github.com/lib/pq"

	"github.com/switchyard-chat/switchyard/internal/config"
	"github.com/switchyard-chat/switchyard/internal/testkit"
	"github.com/switchyard-chat/switchyard/internal/testkit/service"
)

func TestImage(t *testing.T) {
	t.Parallel()
	i := readDockerfile(t)
	if len(i.stages) != 2 || !strings.HasPrefix(i.stages[0], "golang:") || !strings.HasSuffix(i.stages[0], " AS build") {
		t.Errorf("it is built in stages %q", i.stages)
	}
	if i.user == "" || i.user == "root" || strings.HasPrefix(i.user, "0") {
		t.Errorf("it runs as %q", i.user)
	}
	if want := []string{"/usr/local/bin/switchyard", "serve"}; !slices.Equal(i.start, want) {
		t.Errorf("it starts %q", i.start)
	}
	if !slices.ContainsFunc(i.copies, func(c []string) bool {
		return slices.Equal(c, []string{"--from=build", "/out/switchyard", i.start[0]})
	}) {
		t.Errorf("the program is not copied to %s: %q", i.start[0], i.copies)
	}
}

func TestTopology(t *testing.T) {
	t.Parallel()
	const password = "0123456789abcdef"
	c := readCompose(t, map[string]string{
		"DATABASE_PASSWORD": password, "SECRET_KEY": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "PUBLIC_URL": "http://localhost:8080",
	})
	i := readDockerfile(t)
	program := build(t, i)
	at := map[string]string{"postgres:5432": postgres(t, c), "redis:6379": redis(t)}

	// The migration runs once, before any server.
	migrate := c.Services["migrate"]
	run(t, program, settings(i, migrate, at, t.TempDir()), migrate.Command...)

	p := readCaddyfile(t, c.Configs[c.Services["proxy"].Configs[0].Source].Content)
	var servers []*server
	for _, upstream := range p.upstreams {
		name, port, err := net.SplitHostPort(upstream)
		if err != nil {
			t.Fatal(err)
		}
		s, known := c.Services[name]
		if !known || s.Environment["PORT"] != port {
			t.Fatalf("the proxy sends to %s, which is no service that listens there", upstream)
		}
		if s.DependsOn["migrate"] != "service_completed_successfully" {
			t.Errorf("%s does not wait for the migration: %v", name, s.DependsOn)
		}
		command := s.Command
		if len(command) == 0 {
			command = i.start[1:]
		}
		servers = append(servers, start(t, program, command, settings(i, s, at, t.TempDir())))
	}
	if len(servers) != 2 {
		t.Fatalf("%d servers", len(servers))
	}
	for _, s := range servers {
		testkit.Await(t, s.url+" is ready", func() bool { return s.get(p.health) == http.StatusOK })
	}
	front := balance(t, p, servers)

	// Requests go to both in turn.
	for range 10 {
		if code := status(front + "/readyz"); code != http.StatusOK {
			t.Errorf("through the proxy: status %d", code)
		}
	}
	for _, s := range servers {
		if n := s.taken.Load(); n != 5 {
			t.Errorf("%s took %d of 10 requests", s.url, n)
		}
	}

	// What one process writes, all see: they share the database.
	out := run(t, program, settings(i, migrate, at, t.TempDir()), "team", "create", "--slug", "topology", "--name", "Topology", "--admin-email", "admin@example.com")
	if !strings.Contains(out, "http://localhost:8080") {
		t.Errorf("team create prints no link to PUBLIC_URL: %s", out)
	}

	// One server goes: it ends in good order, and nobody in front notices.
	gone := servers[0]
	ended := gone.stop(t)
	for range 10 {
		if code := status(front + "/healthz"); code != http.StatusOK {
			t.Errorf("while one server is gone: status %d", code)
		}
	}
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("the server that was told to stop: %v\n%s", err, gone.log.String())
		}
	case <-time.After(20 * time.Second):
		t.Error("the server does not stop within the grace period of compose.yaml")
	}
}

// build runs the build step of the image, with its output in a folder of the test.
func build(t *testing.T, i image) string {
	t.Helper()
	if i.build == "" {
		t.Fatal("the Dockerfile has no build step")
	}
	out := t.TempDir()
	c := exec.Command("sh", "-c", strings.ReplaceAll(i.build, "/out/", out+"/"))
	c.Dir = root
	if b, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", i.build, err, b)
	}
	return filepath.Join(out, "switchyard")
}

// postgres starts a server and sets it up with the statements of compose.yaml. It gives its address.
func postgres(t *testing.T, c compose) string {
	t.Helper()
	s, err := service.Postgres(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	db, err := sql.Open("postgres", s.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for statement := range strings.SplitSeq(c.Configs["database"].Content, ";") {
		if statement = strings.TrimSpace(statement); statement == "" {
			continue
		}
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	return host(t, s.URL)
}

func redis(t *testing.T) string {
	t.Helper()
	s, err := service.Redis(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return host(t, s.URL)
}

func host(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

// settings are the environment of a service as it would be in its container.
func settings(i image, s composeService, at map[string]string, data string) map[string]string {
	all := map[string]string{}
	for name, value := range i.environment {
		all[name] = value
	}
	for name, value := range s.Environment {
		all[name] = hosts(value, at)
	}
	all["DATA_DIR"] = data
	return all
}

// run runs a command of the program to its end and gives what it says.
func run(t *testing.T, program string, settings map[string]string, args ...string) string {
	t.Helper()
	c := exec.Command(program, args...)
	c.Env = environment(settings)
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("switchyard %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// server is one running server.
type server struct {
	url     string
	cmd     *exec.Cmd
	ended   chan error
	log     lockedBuffer
	taken   atomic.Int64
	leaving atomic.Bool
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func start(t *testing.T, program string, command []string, settings map[string]string) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	settings["PORT"] = port // in containers both listen on the same one
	s := &server{url: "http://127.0.0.1:" + port, cmd: exec.Command(program, command...), ended: make(chan error, 1)}
	s.cmd.Env = environment(settings)
	s.cmd.Stdout, s.cmd.Stderr = &s.log, &s.log
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan struct{})
	go func() {
		s.ended <- s.cmd.Wait()
		close(exited)
	}()
	t.Cleanup(func() {
		_ = s.cmd.Process.Kill()
		<-exited
		if t.Failed() {
			t.Logf("%s said:\n%s", s.url, s.log.String())
		}
	})
	return s
}

func (s *server) get(path string) int { return status(s.url + path) }

// stop asks the server to end and gives the channel that tells how it did.
func (s *server) stop(t *testing.T) <-chan error {
	t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	testkit.Await(t, s.url+" is no longer ready", func() bool { return s.get("/readyz") != http.StatusOK })
	s.leaving.Store(true)
	return s.ended
}

// balance starts a proxy like the one of compose.yaml: round robin over the servers that say they are ready.
func balance(t *testing.T, p proxy, servers []*server) string {
	t.Helper()
	var next atomic.Int64
	proxies := make([]*httputil.ReverseProxy, len(servers))
	for i, s := range servers {
		to, err := url.Parse(s.url)
		if err != nil {
			t.Fatal(err)
		}
		proxies[i] = &httputil.ReverseProxy{FlushInterval: -1, Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.SetXForwarded()
		}}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	front := &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for range servers {
			n := int(next.Add(1)) % len(servers)
			if s := servers[n]; !s.leaving.Load() || s.get(p.health) == http.StatusOK {
				s.taken.Add(1)
				proxies[n].ServeHTTP(w, r)
				return
			}
		}
		w.WriteHeader(http.StatusBadGateway)
	})}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = front.Serve(l)
	}()
	t.Cleanup(func() {
		_ = front.Close()
		<-done
	})
	return fmt.Sprintf("http://%s", l.Addr())
}

// status gets a page and gives the status; 0 is no answer.
func status(address string) int {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0
	}
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
	return res.StatusCode
}

// The settings of compose.yaml are settings of the program: a name that was mistyped would be ignored in silence.
func TestSettings(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, s := range config.Settings() {
		known[s.Name] = true
	}
	c := readCompose(t, map[string]string{"DATABASE_PASSWORD": "x", "SECRET_KEY": "x"})
	for _, all := range []map[string]string{readDockerfile(t).environment, c.Services["server-1"].Environment, c.Services["migrate"].Environment} {
		for name := range all {
			if !known[name] {
				t.Errorf("%s is no setting", name)
			}
		}
	}
}
