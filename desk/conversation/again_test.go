package conversation_test

import (
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/conversation"
)

// MSG-6: the agent's word is needed where the platform may have the message and does not recognise it any more.
func TestMayArriveTwice(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	recent, old := now.Add(-time.Hour), now.Add(-25*time.Hour)
	keys, none := channels.Capability{RetryKeyFor: 24 * time.Hour}, channels.Capability{}
	for name, c := range map[string]struct {
		can   channels.Capability
		code  string
		first *time.Time
		want  bool
	}{
		"uncertain, without keys":                        {none, channels.CodeDeliveryUncertain, &recent, true},
		"uncertain, while the key holds":                 {keys, channels.CodeDeliveryUncertain, &recent, false},
		"uncertain, the key forgotten":                   {keys, channels.CodeDeliveryUncertain, &old, true},
		"given up as unreachable, while the key holds":   {keys, channels.CodeUnreachable, &recent, false},
		"given up as unreachable, the key forgotten":     {keys, channels.CodeUnreachable, &old, true},
		"given up with its channel, the key forgotten":   {keys, channels.CodeCredentialsRevoked, &old, true},
		"given up with its channel, never tried":         {keys, channels.CodeChannelUnavailable, nil, false},
		"given up as unreachable, on a platform without": {none, channels.CodeUnreachable, &old, false},
		"definitely refused, the key forgotten":          {keys, channels.CodeQuotaExceeded, &old, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := conversation.MayArriveTwice(c.can, c.code, c.first, now); got != c.want {
				t.Errorf("got %v", got)
			}
		})
	}
}
