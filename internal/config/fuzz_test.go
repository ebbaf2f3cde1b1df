package config_test

import (
	"strings"
	"testing"

	"github.com/switchyard-chat/switchyard/internal/config"
)

// Settings of any form are read or refused, and a refusal repeats no password.
func FuzzRead(f *testing.F) {
	for _, s := range config.Settings() {
		f.Add(s.Name, s.Default)
	}
	for name, value := range map[string]string{
		"TRUSTED_PROXIES": "10.0.0.0/8,::1", "FILES_URL": "s3://bucket/prefix?endpoint=https://s3.example.com&region=x", "DATABASE_URL": "postgres://u:p@h/d",
		"OTEL_EXPORTER_OTLP_HEADERS": "a=b,c=d", "SECRET_KEY": strings.Repeat("1", 64), "ALLOWED_ORIGINS": "https://a.example,http://b.example:8080",
	} {
		f.Add(name, value)
	}
	f.Fuzz(func(t *testing.T, name, value string) {
		if strings.ContainsAny(name+value, "\x00\n") {
			return // no environment has them
		}
		c, err := config.Read([]string{name + "=" + value})
		if err != nil {
			if name == "SECRET_KEY" && len(value) > 16 && strings.Contains(err.Error(), value) {
				t.Errorf("the refusal repeats the key: %v", err)
			}
			return
		}
		if _, err := c.Proxies(); err != nil || c.Port < 0 || c.Address() == "" {
			t.Errorf("%s=%q was taken, and is not right: %v", name, value, err)
		}
	})
}
