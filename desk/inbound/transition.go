package inbound

import (
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
)

// arrival is what came in, as far as CONV-3 tells arrivals apart. A text button set in LINE's own console arrives as a plain message. Codes and
// keywords become rows when they are built.
type arrival string

const (
	plainMessage arrival = "message" // text that triggers nothing; image, video, audio, file, sticker
	groupMessage arrival = "group message"
	botButton    arrival = "button" // of a rich menu or of a bot's card
)

// stand is where the conversation was when it came.
type stand string

const (
	none       stand = "none"
	human      stand = "PENDING/HUMAN"
	bot        stand = "PENDING/BOT"
	inProgress stand = "IN_PROGRESS"
	ended      stand = "ENDED"
)

// outcome is where it is then.
type outcome string

const (
	unchanged outcome = "unchanged"
	toHuman   outcome = "HUMAN"
	toBot     outcome = "BOT"
)

// transitions is the table of CONV-3, and for groups what is said below it and in GRP-20.
var transitions = map[arrival]map[stand]outcome{
	plainMessage: {none: toHuman, human: unchanged, bot: toHuman, inProgress: unchanged, ended: toHuman},
	botButton:    {none: toBot, human: unchanged, bot: unchanged, inProgress: unchanged, ended: toBot},
	groupMessage: {none: toHuman, human: unchanged, bot: toHuman, inProgress: unchanged, ended: toHuman},
}

// standOf says where a conversation is; nil is none.
func standOf(c *ent.Conversation) stand {
	switch {
	case c == nil:
		return none
	case c.Status == conversation.StatusIN_PROGRESS:
		return inProgress
	case c.Status == conversation.StatusENDED:
		return ended
	case c.Queue == conversation.QueueBOT:
		return bot
	}
	return human
}

// move brings a copy of a conversation to an outcome: back to pending it has no follower, and nobody has followed it since.
func move(c *ent.Conversation, o outcome) {
	if o == unchanged {
		return
	}
	c.Status, c.Queue = conversation.StatusPENDING, conversation.QueueHUMAN
	if o == toBot {
		c.Queue = conversation.QueueBOT
	}
	c.FollowerID, c.FollowedAt, c.EndedAt = nil, nil, nil
}
