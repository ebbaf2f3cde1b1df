package e2e_test

import (
	"strings"
	"testing"

	"github.com/switchyard-chat/switchyard/internal/testkit"
)

// The words of a command that are wrong end it with 2 and show the right ones; what fails for another reason ends with 1.
func TestUsage(t *testing.T) {
	t.Parallel()
	env := empty(t, "sqlite")
	for _, args := range [][]string{
		{}, {"fly"}, {"serve", "--fast"}, {"serve", "now"}, {"team"}, {"team", "destroy"}, {"team", "create"}, {"team", "create", "--slug", "tea"},
		{"demo", "--rate", "0"}, {"demo", "--rate", "many"}, {"version", "2"}, {"migrate", "down"},
	} {
		if code, said := call(t, env, args...); code != 2 || !strings.Contains(said, "usage: switchyard COMMAND") {
			t.Errorf("%q ended with %d: %s", args, code, said)
		}
	}
	for _, args := range [][]string{{"help"}, {"version"}, {"settings"}, {"migrate"}} {
		if code, said := call(t, env, args...); code != 0 || said == "" {
			t.Errorf("%q ended with %d: %s", args, code, said)
		}
	}
	if code, said := call(t, env, "demo", "--url", "http://127.0.0.1:9"); code != 1 || !strings.Contains(said, "no server answers") {
		t.Errorf("demo without a server ended with %d: %s", code, said)
	}
	if code, said := call(t, env, "inbox", "retry", "--team", "nobody"); code != 1 || strings.Contains(said, "goroutine") {
		t.Errorf("an unknown team ended with %d: %s", code, said)
	}
}

// Everything that is wrong with the settings is named at once, and no secret with it.
func TestWrongSettings(t *testing.T) {
	t.Parallel()
	code, said := call(t, []string{
		"PORT=seventy", "DATABASE_URL=mysql://root:hunter2@db/x", "REDIS_URL=nonsense", "SECRET_KEY=short-and-secret", "TRUSTED_PROXIES=everybody", "WORKERS=0", "LOG_LEVEL=LOUD",
	}, "serve")
	if code != 1 {
		t.Errorf("it ended with %d", code)
	}
	for _, name := range []string{"PORT", "DATABASE_URL", "REDIS_URL", "SECRET_KEY", "TRUSTED_PROXIES", "WORKERS", "LOG_LEVEL"} {
		if !strings.Contains(said, name) {
			t.Errorf("%s is not named: %s", name, said)
		}
	}
	for _, secret := range []string{"hunter2", "short-and-secret"} {
		if strings.Contains(said, secret) {
			t.Errorf("a secret is repeated: %s", said)
		}
	}
}

// A server that is not for trying out refuses the demo team, whose secrets are public.
func TestProductionRefusesDemoData(t *testing.T) {
	t.Parallel()
	testkit.Each(t, func(t *testing.T, dialect string) {
		if code, said := call(t, environment(t, dialect), "serve"); code != 1 || !strings.Contains(said, "demo team") || !strings.Contains(said, "--demo") {
			t.Errorf("it ended with %d: %s", code, said)
		}
	})
}

// A PostgreSQL is migrated by intent alone; until then a server refuses it and says how.
func TestProductionRefusesAnOldDatabase(t *testing.T) {
	t.Parallel()
	env := settings(t, t.TempDir(), testkit.Database(t, testkit.Template{}))
	if code, said := call(t, env, "serve"); code != 1 || !strings.Contains(said, "switchyard migrate") {
		t.Errorf("it ended with %d: %s", code, said)
	}
	for range 2 {
		if code, said := call(t, env, "migrate"); code != 0 {
			t.Fatalf("migrate ended with %d: %s", code, said)
		}
	}
	if p := launch(t, env, "serve"); !isReady(p.URL) {
		t.Error("it is not ready")
	}
}

// Two servers on one folder would each think the database their own.
func TestOneServerAFolder(t *testing.T) {
	t.Parallel()
	env := empty(t, "sqlite")
	first := launch(t, env, "serve")
	for _, args := range [][]string{{"serve"}, {"team", "create", "--slug", "tea", "--admin-email", "boss@tea.example"}} {
		if code, said := call(t, env, args...); code != 1 || !strings.Contains(said, "another") {
			t.Errorf("%q beside a running server ended with %d: %s", args, code, said)
		}
	}
	if !isReady(first.URL) {
		t.Error("the first was disturbed")
	}
	first.kill()
	if p := launch(t, env, "serve"); !isReady(p.URL) {
		t.Error("what the dead one left is in the way")
	}
}
