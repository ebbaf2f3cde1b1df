package service

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	_ "github.com/lib/pq" // the driver that asks the server whether it is ready
)

// Postgres starts a PostgreSQL that keeps nothing safe (no fsync) and trusts everybody on loopback. Its URL names the superuser
// postgres and the database postgres. The error says what to install where there is no PostgreSQL. The context limits the start
// alone: the server runs until Stop.
func Postgres(ctx context.Context) (*Server, error) { return PostgresWith(ctx) }

// PostgresWith is Postgres with settings of its own, as name=value; they win over those that keep nothing safe.
func PostgresWith(ctx context.Context, settings ...string) (*Server, error) {
	bin, err := postgresBin()
	if err != nil {
		return nil, err
	}
	for try := 1; ; try++ {
		s, err := startPostgres(ctx, bin, settings)
		if err == nil || try == attempts || !errors.Is(err, errGone) {
			return s, err
		}
	}
}

func startPostgres(ctx context.Context, bin string, settings []string) (s *Server, err error) {
	dir, err := folder("postgres")
	if err != nil {
		return nil, err
	}
	s = &Server{name: "PostgreSQL", dir: dir, quit: syscall.SIGQUIT}
	defer func() {
		if err != nil {
			s.Stop()
			s = nil
		}
	}()
	attr, err := become("postgres", dir) // PostgreSQL refuses to run as root
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "data")
	program := func(name string, args ...string) *exec.Cmd {
		c := exec.Command(filepath.Join(bin, name), args...)
		own := *attr
		c.Dir, c.SysProcAttr, c.Env = dir, &own, environment()
		return c
	}
	create := program("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
	if out, err := create.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	p, err := port()
	if err != nil {
		return nil, err
	}
	args := []string{"-D", data, "-p", p}
	for _, setting := range append([]string{
		"listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=300",
		"fsync=off", "synchronous_commit=off", "full_page_writes=off",
		// It would hold on to a template for a moment just when a test copies it. Who needs statistics asks for them with ANALYZE.
		"autovacuum=off",
	}, settings...) {
		args = append(args, "-c", setting)
	}
	s.URL = "postgres://postgres@127.0.0.1:" + p + "/postgres?sslmode=disable"
	s.program = func() *exec.Cmd { return program("postgres", args...) }
	s.ready = func(ctx context.Context) error {
		db, err := sql.Open("postgres", s.URL)
		if err != nil {
			return err
		}
		return errors.Join(db.PingContext(ctx), db.Close())
	}
	if err := s.launch(s.program()); err != nil {
		return nil, err
	}
	return s, s.await(ctx, s.ready)
}

// postgresBin finds the folder with the server's programs: Debian keeps them out of the path, one folder per version.
func postgresBin() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil {
		return "", err
	}
	version := func(path string) int {
		n, _ := strconv.Atoi(strings.Split(strings.TrimPrefix(path, "/usr/lib/postgresql/"), "/")[0])
		return n
	}
	if len(found) > 0 {
		return filepath.Dir(slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })), nil
	}
	path, err := exec.LookPath("initdb")
	if err != nil {
		return "", errors.New("no PostgreSQL is installed: run `make test`, or `apt-get install postgresql`, or set TEST_POSTGRES_URL")
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return "", err
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(path), "postgres")); err != nil {
		return "", fmt.Errorf("PostgreSQL's client is installed, its server is not: %w", err)
	}
	return filepath.Dir(path), nil
}
