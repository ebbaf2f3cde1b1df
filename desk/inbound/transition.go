package inbound

import (
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
)

// Arrival is what came in, as far as CONV-3 tells arrivals apart.
type Arrival string

// The arrivals. ConsoleText, the text button set in LINE's own console, arrives as a plain text and nobody can tell; it has its row so that the table is
// the rule's.
const (
	CardButton       Arrival = "a button of a rich menu or of a bot's card"
	MenuText         Arrival = "a text button of a rich menu, set here"
	ConsoleText      Arrival = "a text button of a rich menu, set in LINE's console"
	SubscriptionCode Arrival = "a subscription's six-digit code"
	GetStarted       Arrival = "Get Started"
	PersistentMenu   Arrival = "a persistent menu"
	IceBreaker       Arrival = "an ice breaker"
	KeywordText      Arrival = "a text that triggers a keyword reply"
	OtherText        Arrival = "a text that triggers none"
	Media            Arrival = "image, video, audio, file, sticker"
	PersonAsked      Arrival = "a person is asked for" // CONV-5
	GroupMessage     Arrival = "a group's message"
)

// stand is where the conversation was when it came.
type stand string

const (
	none       stand = "none"
	human      stand = "PENDING/HUMAN"
	bot        stand = "PENDING/BOT"
	inProgress stand = "IN_PROGRESS"
	ended      stand = "ENDED"
	// endedTogether is ENDED with collaborators (COLL-3, GRP-20).
	endedTogether stand = "ENDED with collaborators"
)

// outcome is where it is then.
type outcome string

const (
	unchanged outcome = "unchanged"
	toHuman   outcome = "HUMAN"
	toBot     outcome = "BOT"
	// resumed is back in the progress of its follower and collaborators.
	resumed outcome = "IN_PROGRESS"
)

// The rows of CONV-3's table that are alike.
var (
	served = map[stand]outcome{none: toBot, human: unchanged, bot: toBot, inProgress: unchanged, ended: toBot, endedTogether: resumed}
	waits  = map[stand]outcome{none: toHuman, human: unchanged, bot: toHuman, inProgress: unchanged, ended: toHuman, endedTogether: resumed}
)

// transitions is the table of CONV-3, with CONV-5, COLL-3 and, for groups, GRP-2 and GRP-20.
var transitions = map[Arrival]map[stand]outcome{
	CardButton:       served,
	MenuText:         served,
	ConsoleText:      waits,
	SubscriptionCode: served,
	GetStarted:       served,
	PersistentMenu:   served,
	IceBreaker:       served,
	KeywordText:      served,
	OtherText:        waits,
	Media:            waits,
	PersonAsked:      waits,
	GroupMessage:     waits,
}

// assigners says who may give the conversation to an agent, by where it was: both in HUMAN, BOT and ENDED, nobody in IN_PROGRESS (CONV-3), and
// keyword rules not in a collaboration (COLL-16). A new one counts as HUMAN.
func assigners(a Arrival, was stand) (byKeyword, byTurn bool) {
	if a == GroupMessage {
		return false, false
	}
	switch was {
	case none, human, bot, ended:
		byKeyword = a == KeywordText || a == OtherText || a == MenuText || a == ConsoleText || a == SubscriptionCode
		// PROD-1: a conversation that is or becomes PENDING/HUMAN.
		o := transitions[a][was]
		byTurn = isSaid(a) && (o == toHuman || o == unchanged && was == human)
	}
	return byKeyword, byTurn
}

// isSaid says whether the customer wrote something, or asked for a person; a button alone is no message.
func isSaid(a Arrival) bool {
	switch a {
	case CardButton, GetStarted, PersistentMenu, IceBreaker:
		return false
	}
	return true
}

// standOf says where a conversation is; nil is none.
func standOf(c *ent.Conversation) stand {
	switch {
	case c == nil:
		return none
	case c.Status == conversation.StatusIN_PROGRESS:
		return inProgress
	case c.Status == conversation.StatusENDED && len(c.CollaboratorIds) > 0 && c.FollowerID != nil:
		return endedTogether
	case c.Status == conversation.StatusENDED:
		return ended
	case c.Queue == conversation.QueueBOT:
		return bot
	}
	return human
}

// move brings a copy of a conversation to an outcome: back to pending it has no follower, and nobody has followed it since; resumed it has who it had.
func move(c *ent.Conversation, o outcome) {
	switch o {
	case unchanged:
		return
	case resumed:
		c.Status, c.Queue, c.EndedAt = conversation.StatusIN_PROGRESS, conversation.QueueHUMAN, nil
		return
	}
	c.Status, c.Queue = conversation.StatusPENDING, conversation.QueueHUMAN
	if o == toBot {
		c.Queue = conversation.QueueBOT
	}
	c.FollowerID, c.FollowedAt, c.EndedAt = nil, nil, nil
}
