package conversation_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
)

// MSG-13: a sticker of the platform's list goes out, also into a group (GRP-13); any other is refused before anything is queued. The last 16 that an agent sent are kept, each once, the newest first, and nobody else's.
func TestStickers(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy, ben := w.agents()
		chat, group := w.chat("Mia"), w.group(3)
		w.follow(amy, chat)
		w.follow(ben, group)
		n := 0
		send := func(p auth.Principal, at int64, pack, sticker string) error {
			n++
			w.clock.Advance(time.Second)
			_, _, _, err := w.actions.Send(t.Context(), p, conversation.SendInput{ConversationID: at, ClientMessageID: fmt.Sprint("s", n), Content: conversation.Sticker(pack, sticker)})
			w.Check()
			return err
		}
		recent := func(p auth.Principal) []string {
			t.Helper()
			all, err := w.actions.RecentStickers(t.Context(), p)
			if err != nil {
				t.Fatal(err)
			}
			ids := []string{}
			for _, s := range all {
				ids = append(ids, string(s.ChannelType)+" "+s.PackageID+" "+s.StickerID)
			}
			return ids
		}
		for _, x := range [][2]string{{"446", "2028"}, {"1", "2"}, {"446", "10855"}} {
			head := w.Head()
			f := w.refused("VALIDATION", head, send(amy, chat, x[0], x[1]))
			if f.Text != catalogue.Text(catalogue.English, "refusal.sticker", nil) {
				t.Errorf("%v is refused with %q", x, f.Text)
			}
		}
		if got := recent(amy); len(got) != 0 {
			t.Errorf("what was refused is kept: %v", got)
		}
		var want []string
		for i := range 20 {
			if err := send(amy, chat, "446", fmt.Sprint(1988+i)); err != nil {
				t.Fatal(err)
			}
			want = append([]string{"LINE 446 " + fmt.Sprint(1988+i)}, want...)
		}
		if got := recent(amy); !slices.Equal(got, want[:16]) {
			t.Errorf("of twenty are kept %v", got)
		}
		if err := send(amy, chat, "446", "2000"); err != nil {
			t.Fatal(err)
		}
		again := append([]string{"LINE 446 2000"}, slices.DeleteFunc(slices.Clone(want[:16]), func(s string) bool { return s == "LINE 446 2000" })...)
		if got := recent(amy); !slices.Equal(got, again) {
			t.Errorf("sent again, there are %v", got)
		}
		if err := send(ben, group, "11537", "52002734"); err != nil {
			t.Fatal(err)
		}
		if got := recent(ben); !slices.Equal(got, []string{"LINE 11537 52002734"}) {
			t.Errorf("another's are %v", got)
		}
		if got := recent(amy); !slices.Equal(got, again) {
			t.Errorf("then mine are %v", got)
		}
	})
}
