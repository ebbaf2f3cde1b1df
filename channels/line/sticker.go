package line

import (
	_ "embed"
	"strconv"
	"strings"

	"github.com/switchyard-chat/switchyard/channels"
)

// stickerList has the stickers that LINE lets bots send: of each pack its id, its first and its last sticker, whose ids are all in between, its English title and, where it has one, the one in Traditional
// Chinese (https://developers.line.biz/en/docs/messaging-api/sticker-list/, read 2026-12-01).
//
//go:embed stickers.tsv
var stickerList string

// stickers are the packs of the list, in its order.
var stickers = readStickers(stickerList)

func readStickers(list string) []channels.StickerPack {
	var all []channels.StickerPack
	for line := range strings.Lines(list) {
		f := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if len(f) < 4 {
			continue
		}
		p := channels.StickerPack{ID: f[0], Titles: map[string]string{"en": f[3]}}
		if len(f) > 4 {
			p.Titles["zh-Hant"] = f[4]
		}
		first, err := strconv.Atoi(f[1])
		last, wrong := strconv.Atoi(f[2])
		if err != nil || wrong != nil {
			continue
		}
		for n := first; n <= last; n++ {
			p.Stickers = append(p.Stickers, strconv.Itoa(n))
		}
		all = append(all, p)
	}
	return all
}
