package row

import "github.com/switchyard-chat/switchyard/internal/catalogue"

// PreviewText is a message on one line, in the reader's language: its text, or what it holds.
func PreviewText(language, kind, text string, isUnsent bool) string {
	switch {
	case isUnsent:
		return catalogue.Text(language, "message.unsent", nil)
	case text != "":
		return text
	case kind == "TEXT" || kind == "SYSTEM":
		return ""
	}
	return catalogue.Text(language, "preview."+kind, nil)
}
