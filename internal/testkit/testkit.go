// Package testkit gives tests real databases: a PostgreSQL with a database for each test, SQLite files, a Redis. Servers come from
// TEST_POSTGRES_URL and TEST_REDIS_URL (`make test` starts them once for the whole run), else from DATABASE_URL and REDIS_URL, else
// they are started on first use and end with the test's process. What cannot be had fails the test: nothing is skipped.
package testkit

import (
	"context"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/testkit/service"
)

// patience is how long anything here waits for a server or a condition; only what is broken takes that long.
const patience = 60 * time.Second

// making is how long a template of a database may take: one that is furnished, with the race detector on a busy machine, takes a minute.
const making = 5 * time.Minute

// Each runs a test on both dialects, in parallel: "sqlite" and "postgres".
func Each(t *testing.T, test func(t *testing.T, dialect string)) {
	t.Helper()
	for _, dialect := range []string{"sqlite", "postgres"} {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			test(t, dialect)
		})
	}
}

// Await returns once the condition holds, and fails the test where it does not come to hold. What says what is awaited, as in
// "the message is sent".
func Await(t testing.TB, what string, holds func() bool) {
	t.Helper()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-limit.C:
			t.Fatalf("%s: not so after %v", what, patience)
		}
	}
}

// Postgres gives the URL of the PostgreSQL server of this run. It is shared: a test that writes takes a Database of its own.
func Postgres(t testing.TB) string {
	t.Helper()
	return need(t, &postgres)
}

// shared is a server that all tests of this process use: one that was given by the environment, or one started on first use. A started
// one is never stopped here: its guard ends it with the process, however that ends.
type shared struct {
	names []string
	start func(context.Context) (*service.Server, error)
	once  sync.Once
	url   string
	err   error
}

// There is one of each in a test's process, and tests have no common place that could hand it to them.
var (
	postgres = shared{names: []string{"TEST_POSTGRES_URL", "DATABASE_URL"}, start: service.Postgres}
	redises  = shared{names: []string{"TEST_REDIS_URL", "REDIS_URL"}, start: service.Redis}
)

func need(t testing.TB, s *shared) string {
	t.Helper()
	s.once.Do(func() {
		for _, name := range s.names {
			if s.url = os.Getenv(name); s.url != "" {
				return
			}
		}
		var server *service.Server
		if server, s.err = s.start(context.Background()); s.err == nil {
			s.url = server.URL
		}
	})
	if s.err != nil {
		t.Fatalf("this test needs a server: %v", s.err)
	}
	return s.url
}

// nonce gives a few letters that no other test has.
func nonce() string { return random.New().UUID()[:8] + random.New().UUID()[9:13] }
