package conversation

import "github.com/switchyard-chat/switchyard/channels"

// Content is what a message to be sent holds, in the words of the channels' contract.
type Content = channels.Content

// Button stands under a text that is sent without a person, in the words of the channels' contract.
type Button = channels.Button

// Text is a text to be sent.
func Text(s string) Content { return Content{Kind: channels.Text, Text: s} }

// Sticker is a platform's sticker to be sent.
func Sticker(packageID, stickerID string) Content {
	return Content{Kind: channels.Sticker, Sticker: &channels.StickerRef{PackageID: packageID, StickerID: stickerID}}
}

// Location is a place to be sent, in degrees north and east.
func Location(title, address string, latitude, longitude float64) Content {
	return Content{Kind: channels.Location, Location: &channels.LocationRef{Title: title, Address: address, Latitude: latitude, Longitude: longitude}}
}
