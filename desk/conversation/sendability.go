package conversation

import (
	"slices"
	"time"
	"unicode/utf8"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/internal/text"
)

// Outlet is what decides whether the platform takes a message: the channel, what its type can do, and the group where it is one.
type Outlet struct {
	// ChannelState is CONNECTED, PAUSED or DISCONNECTED; IsDeleted: the channel was deleted.
	ChannelState string
	IsDeleted    bool
	Capability   channels.Capability
	// IsGroup, HasLeft and MemberCount are a group's.
	IsGroup, HasLeft bool
	MemberCount      int
	// CustomerAt is when the customer wrote last; nil where it never did. Now is the present moment.
	CustomerAt *time.Time
	Now        time.Time
}

// Sendability says whether anything may be sent, and what of it.
type Sendability struct {
	Allowed bool
	// Code is a code of the API's user errors; empty where it is allowed. Reason is one of the catalogue of texts, with its values: why not, or what is
	// limited; empty for neither.
	Code, Reason string
	Params       map[string]string
	// Window is what the platform takes now by the time since the customer wrote, Until when that ends by itself, and ClosedAt when it was closed (MSG-9). Until
	// is nil where the platform sets no window and where only the customer can open it again, ClosedAt where it is open or the customer never wrote.
	Window             channels.Takes
	Until, ClosedAt    *time.Time
	RequiresTemplate   bool
	PromotionalAllowed bool
	// CostPerMessage is how many messages one counts as with the platform: a group's members (GRP-12); nil where that is not known.
	CostPerMessage *int
	// TextLimit is the most a text may count, by Capability.TextUnits (MSG-10).
	TextLimit int
	// Media are the rules of the kinds of file that may be sent, always in the same order; none where files cannot be (MSG-7).
	Media []MediaRule
}

// MediaRule is what a type of channel takes of one kind of file.
type MediaRule struct {
	Kind channels.MessageKind
	channels.MediaRule
}

// SendabilityOf decides it: the API's sendability and what sending asks before it queues anything (CHAN-4, GRP-5, MSG-9, MSG-10). Templates are not sent from here
// yet, so that a window that takes nothing else takes nothing.
func SendabilityOf(o Outlet) Sendability {
	s := Sendability{Allowed: true, PromotionalAllowed: true, TextLimit: o.Capability.TextLimit}
	s.Window, s.Until = WindowOf(o.Capability, o.CustomerAt, o.Now)
	s.RequiresTemplate = s.Window == channels.TakesTemplates
	for _, kind := range []channels.MessageKind{channels.Image, channels.Video, channels.Audio, channels.File} {
		if rule, has := o.Capability.Media[kind]; has {
			s.Media = append(s.Media, MediaRule{kind, rule})
		}
	}
	one := 1
	switch {
	case !o.IsGroup:
		s.CostPerMessage = &one
	case o.MemberCount > 0:
		n := o.MemberCount
		s.CostPerMessage = &n
	}
	refuse := func(code, reason string) Sendability {
		s.Allowed, s.PromotionalAllowed, s.Code, s.Reason = false, false, code, reason
		return s
	}
	switch {
	case o.IsDeleted:
		return refuse("CHANNEL_UNAVAILABLE", "refusal.channel_deleted")
	case o.HasLeft:
		return refuse("STATE_CONFLICT", "refusal.group_left")
	case o.ChannelState == "PAUSED":
		return refuse("CHANNEL_UNAVAILABLE", "refusal.channel_paused")
	case o.ChannelState != "CONNECTED":
		return refuse("CHANNEL_UNAVAILABLE", "refusal.channel_disconnected")
	}
	s.Reason, s.Params = windowReason(o.Capability, s.Window)
	switch s.Window {
	case channels.TakesNoPromotion:
		s.PromotionalAllowed = false
	case channels.TakesNothing, channels.TakesTemplates:
		s.ClosedAt = closedAt(o.Capability, o.CustomerAt)
		return refuse("WINDOW_CLOSED", s.Reason)
	case channels.TakesAll:
	}
	return s
}

// Count counts a text as the platform does (MSG-10).
func Count(c channels.Capability, s string) int {
	if c.TextUnits == channels.UTF16Units {
		return text.UTF16(s)
	}
	return utf8.RuneCountInString(s)
}

// canSend says whether the type of channel takes a kind of message (MSG-7).
func canSend(c channels.Capability, k channels.MessageKind) bool {
	return slices.Contains(c.SendKinds, k)
}

// KeyHolds says whether a request that first went out with its retry key at that time may go out with it again, because the platform still knows
// it (CHAN-11). That ends a little before the platform says: the request travels, and clocks differ.
func KeyHolds(c channels.Capability, firstUsed *time.Time, now time.Time) bool {
	holds := c.RetryKeyFor - min(10*time.Minute, c.RetryKeyFor/10)
	return c.RetryKeyFor > 0 && (firstUsed == nil || now.Before(firstUsed.Add(holds)))
}

// MayArriveTwice says whether sending a failed message again could make it arrive twice, so that it needs the agent's word: it is not
// certain whether it arrived, and the platform does not, or no longer, recognise the request (MSG-6). A request that went out under a retry
// key and was given up without the platform's definite refusal may have arrived: it was safe to repeat only while the key held.
func MayArriveTwice(c channels.Capability, failureCode string, keyFirstUsed *time.Time, now time.Time) bool {
	if KeyHolds(c, keyFirstUsed, now) {
		return false
	}
	switch failureCode {
	case channels.CodeDeliveryUncertain:
		return true
	case channels.CodeUnreachable, channels.CodePlatformError, channels.CodeRateLimited, channels.CodeCredentialsRevoked, channels.CodeChannelUnavailable:
		return c.RetryKeyFor > 0
	}
	return false
}
