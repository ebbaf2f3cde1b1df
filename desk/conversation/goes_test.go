package conversation_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/channels/line"
	"github.com/switchyard-chat/switchyard/channels/webchat"
	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
)

// MSG-7: what each channel takes as what it is, as a link or not at all, and why.
func TestGoes(t *testing.T) {
	t.Parallel()
	const mb = 1 << 20
	onLine, onWebchat := line.New(&http.Client{}).Capability(), webchat.New().Capability()
	for name, c := range map[string]struct {
		can  channels.Capability
		file channels.Media
		want string // "" as what it is, "link", or the reason
		max  int64
	}{
		"LINE: a picture":                              {onLine, channels.Media{Name: "a.jpg", ContentType: "image/jpeg", Size: 10 * mb}, "", 0},
		"LINE: a picture of the other type":            {onLine, channels.Media{Name: "a.png", ContentType: "image/png", Size: 1}, "", 0},
		"LINE: a picture a byte too large":             {onLine, channels.Media{Name: "a.jpg", ContentType: "image/jpeg", Size: 10*mb + 1}, "refusal.media_size", 10 * mb},
		"LINE: a picture of another type":              {onLine, channels.Media{Name: "a.gif", ContentType: "image/gif", Size: 1}, "refusal.media_type", 0},
		"LINE: a film":                                 {onLine, channels.Media{Name: "a.mp4", ContentType: "video/mp4", Size: 50 * mb}, "", 0},
		"LINE: a MOV":                                  {onLine, channels.Media{Name: "a.mov", ContentType: "video/quicktime", Size: 1}, "link", 0},
		"LINE: a larger film":                          {onLine, channels.Media{Name: "a.mp4", ContentType: "video/mp4", Size: 50*mb + 1}, "link", 0},
		"LINE: a film too large for a link":            {onLine, channels.Media{Name: "a.mp4", ContentType: "video/mp4", Size: 64*mb + 1}, "refusal.media_size", 64 * mb},
		"LINE: a sound":                                {onLine, channels.Media{Name: "a.m4a", ContentType: "audio/mp4", Size: 1, DurationMS: 1}, "", 0},
		"LINE: a sound of which no length is known":    {onLine, channels.Media{Name: "a.m4a", ContentType: "audio/mp4", Size: 1}, "link", 0},
		"LINE: a sound of another type":                {onLine, channels.Media{Name: "a.ogg", ContentType: "audio/ogg", Size: 1, DurationMS: 1}, "link", 0},
		"LINE: a file":                                 {onLine, channels.Media{Name: "a.pdf", ContentType: "application/pdf", Size: 64 * mb}, "link", 0},
		"LINE: a file without a name":                  {onLine, channels.Media{ContentType: "text/csv", Size: 1}, "link", 0},
		"LINE: a file too large":                       {onLine, channels.Media{Name: "a.pdf", ContentType: "application/pdf", Size: 64*mb + 1}, "refusal.media_size", 64 * mb},
		"LINE: a program":                              {onLine, channels.Media{Name: "Setup.EXE", ContentType: "application/octet-stream", Size: 1}, "refusal.media_banned", 0},
		"LINE: a program, written as Windows takes it": {onLine, channels.Media{Name: "setup.exe. ", ContentType: "application/octet-stream", Size: 1}, "refusal.media_banned", 0},
		"LINE: a picture that is called a program":     {onLine, channels.Media{Name: "photo.exe", ContentType: "image/jpeg", Size: 1}, "refusal.media_banned", 0},
		"LINE: a program that is called a document": {onLine,
			channels.Media{Name: "a.pdf", ContentType: "application/vnd.microsoft.portable-executable", Size: 1}, "refusal.media_banned", 0},
		"LINE: not quite a program":           {onLine, channels.Media{Name: "exe", ContentType: "text/plain", Size: 1}, "link", 0},
		"web chat: a picture":                 {onWebchat, channels.Media{Name: "a.png", ContentType: "image/png", Size: 10 * mb}, "", 0},
		"web chat: a picture too large":       {onWebchat, channels.Media{Name: "a.png", ContentType: "image/png", Size: 10*mb + 1}, "refusal.media_size", 10 * mb},
		"web chat: a picture of another type": {onWebchat, channels.Media{Name: "a.webp", ContentType: "image/webp", Size: 1}, "refusal.media_type", 0},
		"web chat: a film":                    {onWebchat, channels.Media{Name: "a.mp4", ContentType: "video/mp4", Size: 1}, "refusal.kind", 0},
		"web chat: a file":                    {onWebchat, channels.Media{Name: "a.pdf", ContentType: "application/pdf", Size: 1}, "refusal.kind", 0},
		"a channel without files":             {channels.Capability{}, channels.Media{ContentType: "image/png", Size: 1}, "refusal.kind", 0},
		"a channel whose sounds have no links": {channels.Capability{SendKinds: []channels.MessageKind{channels.Audio}, Media: map[channels.MessageKind]channels.MediaRule{
			channels.Audio: {Types: []string{"audio/mpeg"}, MaxBytes: 9, NeedsDuration: true}}}, channels.Media{ContentType: "audio/mpeg", Size: 1}, "refusal.media_duration", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			isLink, why := conversation.Goes(c.can, c.file)
			got, limit := "", int64(0)
			switch {
			case why != nil:
				got, limit = why.Reason, why.Limit
			case isLink:
				got = "link"
			}
			if got != c.want || limit != c.max {
				t.Errorf("got %q, at most %d bytes", got, limit)
			}
		})
	}
}

// MSG-8: the rule's own example, and the days around midnight.
func TestLinkEnds(t *testing.T) {
	t.Parallel()
	taipei := time.FixedZone("Asia/Taipei", 8*60*60)
	at := func(s string) time.Time {
		d, err := time.ParseInLocation("2006-01-02 15:04:05", s, taipei)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for uploaded, want := range map[string]string{
		"2025-09-15 11:49:00": "2025-10-16 08:00:00",
		"2025-09-16 07:59:59": "2025-10-16 08:00:00",
		"2025-09-16 08:00:00": "2025-10-17 08:00:00",
		"2024-01-31 12:00:00": "2024-03-02 08:00:00",
	} {
		if got := conversation.LinkEnds(at(uploaded), 30); got == nil || !got.Equal(at(want)) {
			t.Errorf("uploaded %s, it ends %v", uploaded, got)
		}
	}
	if got := conversation.LinkEnds(at("2025-09-15 11:49:00"), 0); got != nil {
		t.Errorf("where links are for ever, it ends %v", got)
	}
}

// MSG-8: the customer is told until when, in the team's language and by its clock.
func TestLinkText(t *testing.T) {
	t.Parallel()
	const address = "https://desk.example.com/d/k"
	ends := time.Date(2025, 10, 16, 0, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		team ent.Team
		a    ent.Attachment
		want string
	}{
		"in Chinese, in Taipei": {ent.Team{Language: "zh-Hant", TimeZone: "Asia/Taipei"}, ent.Attachment{Name: "報價單.pdf", ExpiresAt: &ends},
			"報價單.pdf\n" + address + "\n下載期限:2025-10-16 08:00 (UTC+08:00)"},
		"in English, nowhere": {ent.Team{Language: "en", TimeZone: "Mars/Olympus"}, ent.Attachment{Name: "offer.pdf", ExpiresAt: &ends},
			"offer.pdf\n" + address + "\nAvailable until 2025-10-16 00:00 (UTC+00:00)"},
		"for ever, without a name": {ent.Team{Language: "en"}, ent.Attachment{ContentType: "video/quicktime"}, "[Video]\n" + address},
		"with lines in its name":   {ent.Team{Language: "en"}, ent.Attachment{Name: "a\nhttps://evil.example\n.pdf"}, "a https://evil.example .pdf\n" + address},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := conversation.LinkText(&c.team, &c.a, address); got != c.want || strings.Contains(got, "{") {
				t.Errorf("got %q", got)
			}
		})
	}
}
