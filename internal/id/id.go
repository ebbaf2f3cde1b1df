// Package id makes the opaque, global ids of the API out of the database's numbers, and reads them back. An id says of what kind it is,
// so that one of the wrong kind is refused and node(id) knows where to look.
package id

import (
	"strconv"
	"strings"

	"github.com/switchyard-chat/switchyard/internal/fault"
)

// Kind is the prefix of an id.
type Kind string

// The kinds of object that have an id.
const (
	Team         Kind = "team"
	Agent        Kind = "agent"
	APIToken     Kind = "token"
	Channel      Kind = "chan"
	Contact      Kind = "cont"
	Company      Kind = "comp"
	Identity     Kind = "iden"
	Category     Kind = "fcat"
	CustomField  Kind = "field"
	Tag          Kind = "tag"
	Conversation Kind = "conv"
	Message      Kind = "msg"
	Attachment   Kind = "file"
	Upload       Kind = "upl"
	Group        Kind = "group"
	GroupMember  Kind = "memb"
	Activity     Kind = "act"
	Notification Kind = "note"
	Job          Kind = "job"
	InboundEvent Kind = "inev"
	KeywordRule  Kind = "kwr"
	BotModule    Kind = "bot"
	BotEntry     Kind = "entry"
	WorkingHours Kind = "shift"
	SavedReply   Kind = "reply"
	SavedView    Kind = "view"
	PushDevice   Kind = "push"
	PushDelivery Kind = "pdel"
)

// kinds are all kinds.
var kinds = map[Kind]bool{Team: true, Agent: true, APIToken: true, Channel: true, Contact: true, Company: true, Identity: true,
	Category: true, CustomField: true, Tag: true, Conversation: true, Message: true, Attachment: true, Group: true, GroupMember: true,
	Activity: true, Notification: true, Job: true, InboundEvent: true,
	Upload: true, KeywordRule: true, BotModule: true, BotEntry: true, WorkingHours: true, SavedReply: true, SavedView: true,
	PushDevice: true, PushDelivery: true}

// Format gives the id of the object of a kind with a number.
func Format(k Kind, n int64) string { return string(k) + "_" + strconv.FormatInt(n, 36) }

// Optional is Format of a number that may be missing: nil for nil.
func Optional(k Kind, n *int64) *string {
	if n == nil {
		return nil
	}
	s := Format(k, *n)
	return &s
}

// Split reads an id of any kind. It is false for what is no id of ours.
func Split(s string) (Kind, int64, bool) {
	k, n, ok := strings.Cut(s, "_")
	if !ok || !kinds[Kind(k)] {
		return "", 0, false
	}
	num, err := strconv.ParseInt(n, 36, 64)
	if err != nil || num <= 0 || Format(Kind(k), num) != s {
		return "", 0, false
	}
	return Kind(k), num, true
}

// Parse reads an id of one kind. What is no such id is a fault of kind NotFound, the same as an id that does not exist: field names the
// input it came in.
func Parse(k Kind, s string) (int64, error) {
	got, n, ok := Split(s)
	if !ok || got != k {
		return 0, fault.Missing(names[k])
	}
	return n, nil
}

// ParseAll is Parse of each.
func ParseAll(k Kind, all []string) ([]int64, error) {
	out := make([]int64, len(all))
	for i, s := range all {
		n, err := Parse(k, s)
		if err != nil {
			return nil, err
		}
		out[i] = n
	}
	return out, nil
}

// names are what faults call the kinds.
var names = map[Kind]string{Team: "the team", Agent: "the agent", APIToken: "the API token", Channel: "the channel", Contact: "the contact",
	Company: "the company", Identity: "the identity", Category: "the category", CustomField: "the custom field", Tag: "the tag",
	Conversation: "the conversation", Message: "the message", Attachment: "the attachment", Group: "the group", GroupMember: "the member",
	Activity: "the activity", Notification: "the notification", Job: "the job", InboundEvent: "the inbound event",
	Upload: "the upload", KeywordRule: "the keyword rule", BotModule: "the bot module", BotEntry: "the bot entry", WorkingHours: "the working hours", SavedReply: "the saved reply", SavedView: "the saved view",
	PushDevice: "the device", PushDelivery: "the delivery"}
