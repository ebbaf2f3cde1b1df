package channels

import "time"

// Foreseen is what the types of channel can do whose adapter is yet to come: the product's rules with the platforms' own limits (MSG-5, MSG-7, MSG-9, MSG-10,
// PROD-5). An adapter gives its row as its Capability, and adds what only it knows; the desk's rules hold on the row already.
func Foreseen() map[Type]Capability {
	pictures := []string{"image/jpeg", "image/png"}
	films := []string{"video/mp4", "video/quicktime"}
	sounds := []string{"audio/mpeg", "audio/mp4", "audio/x-m4a", "audio/aac", "audio/amr", "audio/ogg"}
	papers := []string{
		"application/pdf", "text/plain", "text/csv", "application/zip", "application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint",
		"application/vnd.openxmlformats-officedocument.wordprocessingml.document", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
		"application/vnd.openxmlformats-officedocument.presentationml.presentation",
	}
	day, week := 24*time.Hour, 7*24*time.Hour
	meta := []Window{{For: day, Takes: TakesAll}, {For: week, Takes: TakesNoPromotion}, {Takes: TakesNothing}}
	all := []MessageKind{Text, Image, Video, Audio, File}
	const mb = 1 << 20
	return map[Type]Capability{
		Facebook: {Type: Facebook, CanRemind: true, SendKinds: append([]MessageKind{Template}, all...), TextLimit: 2000, TextUnits: CodePoints, SavedFiles: true, SavedModules: true, Windows: meta,
			Media: map[MessageKind]MediaRule{Image: {Types: pictures, MaxBytes: 25 * mb}, Video: {Types: films, MaxBytes: 25 * mb}, Audio: {Types: sounds, MaxBytes: 25 * mb},
				File: {Types: papers, MaxBytes: 25 * mb}}},
		Instagram: {Type: Instagram, CanRemind: true, SendKinds: []MessageKind{Template, Text, Image}, TextLimit: 1000, TextUnits: CodePoints, SavedModules: true, Windows: meta,
			Media: map[MessageKind]MediaRule{Image: {Types: pictures, MaxBytes: 8 * mb}}},
		WhatsApp: {Type: WhatsApp, CanRemind: true, StartsByPhone: true, SendKinds: append([]MessageKind{Template, Sticker, Location}, all...), TextLimit: 4096, TextUnits: CodePoints, CanQuote: true, QuoteKinds: all,
			SavedFiles: true, SavedModules: true, Windows: []Window{{For: day, Takes: TakesAll}, {Takes: TakesTemplates}},
			Media: map[MessageKind]MediaRule{Image: {Types: pictures, MaxBytes: 5 * mb}, Video: {Types: films[:1], MaxBytes: 16 * mb}, Audio: {Types: sounds, MaxBytes: 16 * mb},
				File: {Types: papers, MaxBytes: 100 * mb}}},
		WeChat: {Type: WeChat, SendKinds: []MessageKind{Text, Image, Video, Audio}, TextLimit: 2048, TextUnits: CodePoints, Windows: []Window{{For: 2 * day, Takes: TakesAll}, {Takes: TakesNothing}},
			Media: map[MessageKind]MediaRule{Image: {Types: pictures, MaxBytes: 10 * mb}, Video: {Types: films[:1], MaxBytes: 10 * mb}, Audio: {Types: sounds[:1], MaxBytes: 2 * mb, NeedsDuration: true}}},
		Telegram: {Type: Telegram, SendKinds: all, TextLimit: 4096, TextUnits: CodePoints, CanQuote: true, QuoteKinds: all,
			Media: map[MessageKind]MediaRule{Image: {Types: pictures, MaxBytes: 10 * mb}, Video: {Types: films, MaxBytes: 50 * mb}, Audio: {Types: sounds, MaxBytes: 50 * mb},
				File: {Types: papers, MaxBytes: 50 * mb}}},
	}
}
