package line

import (
	"strings"
	"testing"

	"github.com/switchyard-chat/switchyard/channels"
)

// MSG-13: every line of the list is a pack of 24 or 40 stickers with a title, no two alike, and what is in it can be sent and nothing else.
func TestStickers(t *testing.T) {
	t.Parallel()
	if n := strings.Count(stickerList, "\n"); len(stickers) != n || n < 15 {
		t.Fatalf("%d packs of %d lines", len(stickers), n)
	}
	can := (&Adapter{}).Capability()
	seen := map[string]bool{}
	for _, p := range can.Stickers {
		if n := len(p.Stickers); p.Titles["en"] == "" || n != 24 && n != 40 {
			t.Errorf("pack %s is called %q and has %d stickers", p.ID, p.Titles["en"], n)
		}
		for _, s := range p.Stickers {
			if seen[s] || !can.TakesSticker(channels.StickerRef{PackageID: p.ID, StickerID: s}) {
				t.Errorf("sticker %s of pack %s cannot be sent, or is there twice", s, p.ID)
			}
			seen[s] = true
		}
	}
	for _, s := range []channels.StickerRef{{PackageID: "446", StickerID: "2028"}, {PackageID: "446", StickerID: "10855"}, {PackageID: "1", StickerID: "2"}, {PackageID: "30563", StickerID: "651698630"}} {
		if can.TakesSticker(s) {
			t.Errorf("%+v can be sent", s)
		}
	}
}
