package inbound

import (
	"strings"
	"testing"

	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
)

// oracle is CONV-3's table as the rule has it, with what follows below it: an ended collaboration (COLL-3, GRP-20), asking for a person (CONV-5), and
// groups (GRP-2, GRP-20). Behind an outcome stands who may assign: k a keyword rule, t the order of turns. In IN_PROGRESS nobody does, in a
// collaboration no keyword rule, in a group neither; a button is no message, so that nothing is assigned for it.
const oracle = `
arrival                                                | none     | PENDING/HUMAN | PENDING/BOT | IN_PROGRESS | ENDED    | ENDED with collaborators
a button of a rich menu or of a bot's card             | BOT      | unchanged     | BOT         | unchanged   | BOT      | IN_PROGRESS
a text button of a rich menu, set here                 | BOT k    | unchanged kt  | BOT k       | unchanged   | BOT k    | IN_PROGRESS
a text button of a rich menu, set in LINE's console    | HUMAN kt | unchanged kt  | HUMAN kt    | unchanged   | HUMAN kt | IN_PROGRESS
a subscription's six-digit code                        | BOT k    | unchanged kt  | BOT k       | unchanged   | BOT k    | IN_PROGRESS
Get Started                                            | BOT      | unchanged     | BOT         | unchanged   | BOT      | IN_PROGRESS
a persistent menu                                      | BOT      | unchanged     | BOT         | unchanged   | BOT      | IN_PROGRESS
an ice breaker                                         | BOT      | unchanged     | BOT         | unchanged   | BOT      | IN_PROGRESS
a text that triggers a keyword reply                   | BOT k    | unchanged kt  | BOT k       | unchanged   | BOT k    | IN_PROGRESS
a text that triggers none                              | HUMAN kt | unchanged kt  | HUMAN kt    | unchanged   | HUMAN kt | IN_PROGRESS
image, video, audio, file, sticker                     | HUMAN t  | unchanged t   | HUMAN t     | unchanged   | HUMAN t  | IN_PROGRESS
a person is asked for                                  | HUMAN t  | unchanged t   | HUMAN t     | unchanged   | HUMAN t  | IN_PROGRESS
a group's message                                      | HUMAN    | unchanged     | HUMAN       | unchanged   | HUMAN    | IN_PROGRESS
`

// CONV-3, CONV-5, CONV-8, COLL-3, COLL-16, GRP-2, GRP-20, PROD-1: every arrival in every state.
func TestDecision(t *testing.T) {
	t.Parallel()
	lines := strings.Split(strings.TrimSpace(oracle), "\n")
	cells := func(line string) []string {
		all := strings.Split(line, "|")
		for i := range all {
			all[i] = strings.TrimSpace(all[i])
		}
		return all
	}
	head := cells(lines[0])
	seen := map[Arrival]bool{}
	for _, line := range lines[1:] {
		row := cells(line)
		arrival := Arrival(row[0])
		seen[arrival] = true
		if len(transitions[arrival]) != len(head)-1 {
			t.Errorf("%s has %d states, the rule %d", arrival, len(transitions[arrival]), len(head)-1)
		}
		for i, want := range row[1:] {
			was := stand(head[i+1])
			o, who, _ := strings.Cut(want, " ")
			if got := transitions[arrival][was]; got != outcome(o) {
				t.Errorf("%s in %s: %q, the rule says %q", arrival, was, got, o)
			}
			byKeyword, byTurn := assigners(arrival, was)
			if byKeyword != strings.Contains(who, "k") || byTurn != strings.Contains(who, "t") {
				t.Errorf("%s in %s: a keyword rule assigns %v, the order of turns %v; the rule says %q", arrival, was, byKeyword, byTurn, who)
			}
		}
	}
	for arrival := range transitions {
		if !seen[arrival] {
			t.Errorf("the rule knows no %s", arrival)
		}
	}
}

// CONV-2, CONV-3, COLL-3: what an outcome makes of a conversation.
func TestMove(t *testing.T) {
	t.Parallel()
	agent := int64(7)
	states := map[stand]*ent.Conversation{
		human:         {Status: conversation.StatusPENDING, Queue: conversation.QueueHUMAN},
		bot:           {Status: conversation.StatusPENDING, Queue: conversation.QueueBOT},
		inProgress:    {Status: conversation.StatusIN_PROGRESS, Queue: conversation.QueueHUMAN, FollowerID: &agent},
		ended:         {Status: conversation.StatusENDED, Queue: conversation.QueueHUMAN, FollowerID: &agent},
		endedTogether: {Status: conversation.StatusENDED, Queue: conversation.QueueHUMAN, FollowerID: &agent, CollaboratorIds: []int64{8}},
	}
	if standOf(nil) != none {
		t.Error("no conversation stands somewhere")
	}
	for was, c := range states {
		if got := standOf(c); got != was {
			t.Errorf("%s reads as %s", was, got)
		}
		for o, want := range map[outcome]stand{unchanged: was, toHuman: human, toBot: bot, resumed: inProgress} {
			after := *c
			move(&after, o)
			if got := standOf(&after); got != want {
				t.Errorf("%s moved to %s is %s", was, o, got)
			}
			if isPending := after.Status == conversation.StatusPENDING; isPending && after.FollowerID != nil {
				t.Errorf("%s moved to %s is pending with a follower", was, o)
			}
			if o == resumed && c.FollowerID != nil && (after.FollowerID == nil || *after.FollowerID != agent) {
				t.Errorf("%s moved to %s has lost its follower", was, o)
			}
		}
	}
}
