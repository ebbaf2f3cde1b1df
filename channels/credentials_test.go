package channels_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/switchyard-chat/switchyard/channels"
)

// CHAN-1
func TestCredentialsAreNotShown(t *testing.T) {
	t.Parallel()
	account := channels.Account{PlatformID: "U1", Credentials: channels.Credentials{"channelAccessToken": "canary"}}
	var shown bytes.Buffer
	for _, h := range []slog.Handler{slog.NewTextHandler(&shown, nil), slog.NewJSONHandler(&shown, nil)} {
		slog.New(h).Info("x", "account", account, "pointer", &account, "credentials", account.Credentials)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		fmt.Fprintf(&shown, verb, account)
		fmt.Fprintf(&shown, verb, &account)
		fmt.Fprintf(&shown, verb, account.Credentials)
	}
	b, err := json.Marshal(account)
	if err != nil {
		t.Fatal(err)
	}
	shown.Write(b)
	if strings.Contains(shown.String(), "canary") || strings.Contains(shown.String(), fmt.Sprintf("%x", "canary")) {
		t.Errorf("credentials are shown: %s", shown.String())
	}
}
