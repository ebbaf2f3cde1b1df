package config_test

import (
	"strings"
	"testing"

	"github.com/switchyard-chat/switchyard/internal/config"
)

func TestDefaults(t *testing.T) {
	t.Parallel()
	c, err := config.Read(nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.Port != 8080 || c.PublicURL != "http://localhost:8080" || c.DataDir != "data" || c.Address() != ":8080" {
		t.Errorf("read %+v", c)
	}
}

func TestAllErrorsAtOnce(t *testing.T) {
	t.Parallel()
	_, err := config.Read([]string{
		"PORT=http", "DATABASE_URL=mysql://root:hunter2@db/x", "REDIS_URL=nonsense", "SECRET_KEY=short", "ALLOWED_ORIGINS=https://a.example/path",
		"TRUSTED_PROXIES=everybody", "LOG_FORMAT=xml", "IDLE_TIMEOUT=1s", "WORKERS=0", "SMTP_URL=smtp://mail.example", "PUBLIC_URL=chat.example.com",
	})
	if err == nil {
		t.Fatal("nothing was wrong")
	}
	for _, name := range []string{"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "ALLOWED_ORIGINS", "TRUSTED_PROXIES", "LOG_FORMAT", "IDLE_TIMEOUT", "WORKERS", "MAIL_FROM", "PUBLIC_URL", "PORT must be a whole number"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not named in:\n%v", name, err)
		}
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a password is repeated:\n%v", err)
	}
}

func TestPostgresNeedsAKey(t *testing.T) {
	t.Parallel()
	if _, err := config.Read([]string{"DATABASE_URL=postgres://db/x"}); err == nil || !strings.Contains(err.Error(), "SECRET_KEY") {
		t.Errorf("several servers would seal with different keys: %v", err)
	}
	if _, err := config.Read([]string{"DATABASE_URL=postgres://db/x", "SECRET_KEY=" + strings.Repeat("A", 43) + "="}); err != nil {
		t.Error(err)
	}
}

func TestEverySettingIsDocumented(t *testing.T) {
	t.Parallel()
	for _, s := range config.Settings() {
		if s.Name == "" || s.Doc == "" {
			t.Errorf("%+v has no name or no documentation", s)
		}
	}
}
