package seal_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/seal"
)

const (
	oldKey = "1111111111111111111111111111111111111111111111111111111111111111"
	newKey = "2222222222222222222222222222222222222222222222222222222222222222"
)

func ring(t *testing.T, keys string) *seal.Keyring {
	t.Helper()
	k, err := seal.NewKeyring(seal.Hide(keys), random.New())
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestSeal(t *testing.T) {
	t.Parallel()
	k := ring(t, newKey)
	plain := []byte("channel access token")
	a, b := k.Seal(plain, "channel:1:2"), k.Seal(plain, "channel:1:2")
	if bytes.Equal(a, b) {
		t.Error("the same secret looks the same twice")
	}
	if bytes.Contains(a, plain) {
		t.Error("the secret can be read")
	}
	if got, err := k.Open(a, "channel:1:2"); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("it opens as %q: %v", got, err)
	}
	for _, place := range []string{"channel:1:3", "channel:2:2", ""} {
		if _, err := k.Open(a, place); !errors.Is(err, seal.ErrBroken) {
			t.Errorf("it opens at %q", place)
		}
	}
	for i := range a {
		changed := bytes.Clone(a)
		changed[i] ^= 1
		if _, err := k.Open(changed, "channel:1:2"); !errors.Is(err, seal.ErrBroken) {
			t.Errorf("it opens with byte %d changed", i)
		}
	}
	for _, n := range []int{0, 1, 5, 29, len(a) - 1} {
		if _, err := k.Open(a[:n], "channel:1:2"); !errors.Is(err, seal.ErrBroken) {
			t.Errorf("its first %d bytes open", n)
		}
	}
}

func TestRotation(t *testing.T) {
	t.Parallel()
	sealed := ring(t, oldKey).Seal([]byte("x"), "p")
	both := ring(t, newKey+", "+oldKey)
	if got, err := both.Open(sealed, "p"); err != nil || string(got) != "x" {
		t.Errorf("the old key does not open: %v", err)
	}
	if both.IsCurrent(sealed) || !both.IsCurrent(both.Seal([]byte("x"), "p")) {
		t.Error("the new key does not seal")
	}
	if _, err := ring(t, newKey).Open(sealed, "p"); !errors.Is(err, seal.ErrBroken) {
		t.Error("a key that was removed still opens")
	}
}

func TestSign(t *testing.T) {
	t.Parallel()
	text := []byte("agent 5, file 7")
	mark := ring(t, oldKey).Sign(text, "file")
	if !ring(t, oldKey).IsSigned(text, mark, "file") || !ring(t, newKey+","+oldKey).IsSigned(text, mark, "file") {
		t.Error("a mark of ours is not known")
	}
	if ring(t, newKey).IsSigned(text, mark, "file") || ring(t, oldKey).IsSigned(text, mark, "fil") || ring(t, oldKey).IsSigned([]byte("agent 5, file 8"), mark, "file") ||
		ring(t, oldKey).IsSigned(text, mark[:31], "file") || ring(t, oldKey).IsSigned(text, nil, "file") {
		t.Error("another mark is taken")
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	raw := bytes.Repeat([]byte{0xfb}, 32)
	for _, keys := range []string{base64.StdEncoding.EncodeToString(raw), base64.RawURLEncoding.EncodeToString(raw), newKey} {
		ring(t, keys)
	}
	for _, keys := range []string{"", "too-short-a-key", newKey + ",", newKey[:62], newKey + "33"} {
		_, err := seal.NewKeyring(seal.Hide(keys), random.New())
		if err == nil {
			t.Errorf("%q is taken for a key", keys)
		} else if keys != "" && strings.Contains(err.Error(), keys) {
			t.Errorf("the error repeats the key: %v", err)
		}
	}
}

func TestSecretIsNotShown(t *testing.T) {
	t.Parallel()
	s := seal.Hide("canary")
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "secret", s, "inside", struct{ S seal.Secret }{s})
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "secret", s, "inside", struct{ S seal.Secret }{s})
	b, err := json.Marshal(map[string]any{"s": s, "all": []seal.Secret{s}})
	if err != nil {
		t.Fatal(err)
	}
	shown := log.String() + string(b)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		shown += fmt.Sprintf(verb, s) + fmt.Sprintf(verb, struct{ S seal.Secret }{s}) + fmt.Sprintf(verb, &s)
	}
	if strings.Contains(shown, "canary") || strings.Contains(shown, fmt.Sprintf("%x", "canary")) {
		t.Errorf("the secret is shown: %s", shown)
	}
	if s.Reveal() != "canary" || s.IsEmpty() {
		t.Error("the secret is lost")
	}
}
