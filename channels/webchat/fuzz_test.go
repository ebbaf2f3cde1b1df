package webchat_test

import (
	"testing"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/channels/webchat"
)

// What was kept for a replay is read or refused, and what is read is a message with a key.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"key":"k","visitor":"v","text":"你好","occurredAt":"2026-01-02T03:04:05Z"}`))
	f.Add([]byte(`{"key":"k","visitor":"v","uploadId":7,"occurredAt":"2026-01-02T03:04:05Z"}`))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		events, err := webchat.New().Parse(channels.Account{}, body)
		if err != nil {
			return
		}
		for _, e := range events {
			if e.DedupeKey == "" || e.Peer == nil || e.Content == nil || e.OccurredAt.IsZero() {
				t.Errorf("%s is %+v", body, e)
			}
		}
	})
}
