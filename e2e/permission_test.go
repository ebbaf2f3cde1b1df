package e2e_test

import (
	"strings"
	"testing"

	"github.com/switchyard-chat/switchyard/server/demo"
)

// permit gives an agent permissions of its own beside those of its role.
func (a *agent) permit(who *agent, permissions ...string) {
	a.t.Helper()
	r := a.do(`mutation($a: ID!, $p: [Permission!]) { agentUpdate(input: {agentId: $a, permissions: $p}) { agent { ownPermissions } userErrors { message } } }`,
		map[string]any{"a": who.ID, "p": append([]string{}, permissions...)})
	if all, _ := at(r, "agentUpdate.agent.ownPermissions").([]any); len(all) != len(permissions) {
		a.t.Fatalf("the agent has %v", r)
	}
}

// refusal is the code of a mutation's first user error; empty where it was done.
func (a *agent) refusal(mutation string, variables map[string]any) string {
	a.t.Helper()
	for _, field := range a.do(mutation, variables) {
		return str(field, "userErrors.0.code")
	}
	return "no answer"
}

// PROD-19: "send messages" is needed to be assigned to and enough to edit contact data; "assign and manage for others" shows the team's conversations (CONV-28),
// lets mark and answer there (CONV-22, CONV-23); "see personal data" shows what is masked for others (CONT-19). A role gives them, an agent may have more, and a
// change holds from the next request on.
func TestPermissions(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ada, amy, jess := w.signIn(t, "admin@demo.example"), w.signIn(t, "agent@demo.example"), w.signIn(t, "agent2@demo.example")
		role := func(permissions ...string) {
			t.Helper()
			if code := ada.refusal(`mutation($p: [Permission!]!) { roleUpdate(input: {role: AGENT, permissions: $p}) { userErrors { code } } }`,
				map[string]any{"p": append([]string{}, permissions...)}); code != "" {
				t.Fatalf("the role: %s", code)
			}
		}
		sees := func(a *agent, c string) bool {
			t.Helper()
			return str(a.do(`query($c: ID!) { conversation(id: $c) { id } }`, map[string]any{"c": c}), "conversation.id") == c
		}
		mark := func(a *agent, how, c string) string {
			t.Helper()
			return a.refusal(`mutation($c: ID!) { conversationMark`+how+`(input: {conversationId: $c}) { userErrors { code } } }`, map[string]any{"c": c})
		}
		sends := 0
		say := func(a *agent, c string) string {
			t.Helper()
			sends++
			return a.refusal(answer, map[string]any{"c": c, "t": "您好", "k": strings.Repeat("k", sends)})
		}
		// writes has somebody new write, and gives the conversation, its follower and its contact.
		writes := func(user string) (c, follower, contact string) {
			t.Helper()
			who := &customer{t: t, w: w, user: user}
			if code := who.write(demo.Lines[0].Secret, who.event("97000000000000000"+user[len(user)-1:], "我的電話是 0912-345-678", nil)); code != 200 {
				t.Fatalf("the webhook answered %d", code)
			}
			r := ada.do(`query { conversations(view: ALL, first: 1) { nodes { id follower { id } contact { id } } } }`, nil)
			return str(r, "conversations.nodes.0.id"), str(r, "conversations.nodes.0.follower.id"), str(r, "conversations.nodes.0.contact.id")
		}

		// Only Amy is on duty, all day, and her role gives nothing.
		role()
		hours := ada.do(`query { workingHours(first: 50) { nodes { id } } }`, nil)
		all, _ := at(hours, "workingHours.nodes").([]any)
		for _, x := range all {
			ada.do(`mutation($h: ID!) { workingHoursDelete(input: {workingHoursId: $h}) { userErrors { code } } }`, map[string]any{"h": str(x, "id")})
		}
		if code := ada.refusal(`mutation($a: ID!) { workingHoursCreate(input: {name: "always", startsAt: "00:00", endsAt: "00:00", agentIds: [$a],
			days: [MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY]}) { userErrors { code } } }`, map[string]any{"a": amy.ID}); code != "" {
			t.Fatalf("the hours: %s", code)
		}
		if code := ada.refusal(`mutation { automationSettingsUpdate(input: {isAssigning: true}) { userErrors { code } } }`, nil); code != "" {
			t.Fatalf("the settings: %s", code)
		}

		first, follower, person := writes("Uabcdef0123456789abcdef0123456701")
		if follower != "" {
			t.Error("a new enquiry was assigned to an agent who may not send messages")
		}
		rename := func(a *agent) string {
			t.Helper()
			return a.refusal(`mutation($c: ID!) { contactUpdate(input: {contactId: $c, note: "likes tea"}) { userErrors { code } } }`, map[string]any{"c": person})
		}
		amy.do(follow, map[string]any{"c": first})
		if code := say(amy, first); code != "FORBIDDEN" {
			t.Errorf("sending without the permission gives %q", code)
		}
		if code := rename(amy); code != "FORBIDDEN" {
			t.Errorf("editing contact data without the permission gives %q", code)
		}
		ada.permit(amy, "SEND_MESSAGES")
		if code := say(amy, first); code != "" {
			t.Errorf("sending with the permission gives %q", code)
		}
		if code := rename(amy); code != "" {
			t.Errorf("editing contact data with the permission gives %q", code)
		}
		second, follower, _ := writes("Uabcdef0123456789abcdef0123456702")
		if follower != amy.ID {
			t.Errorf("a new enquiry went to %q, not to the agent on duty who may send messages", follower)
		}

		// What is another's: unseen, seen, marked, answered.
		team := func() bool {
			t.Helper()
			r := jess.do(`query { conversations(view: TEAM_IN_PROGRESS, first: 1) { nodes { id } } }`, nil)
			return str(r, "conversations.nodes.0.id") == second
		}
		if sees(jess, second) || team() || mark(jess, "Unread", second) != "NOT_FOUND" {
			t.Error("an agent without the permission knows of another's conversation")
		}
		ada.do(`mutation { automationSettingsUpdate(input: {isAssigning: false}) { userErrors { code } } }`, nil)
		waiting, _, _ := writes("Uabcdef0123456789abcdef0123456703")
		if code := mark(jess, "Read", waiting); !sees(jess, waiting) || code != "FORBIDDEN" {
			t.Errorf("marking a pending one without the permission gives %q", code)
		}
		if code := mark(amy, "Unread", second); code != "" {
			t.Errorf("marking one's own needs no permission, and gives %q", code)
		}
		ada.permit(jess, "MANAGE_OTHERS")
		if !sees(jess, second) || !team() {
			t.Error("an agent who may manage for others does not see the team's conversations")
		}
		for _, c := range []string{second, waiting} {
			if read, unread := mark(jess, "Read", c), mark(jess, "Unread", c); read != "" || unread != "" {
				t.Errorf("marking with the permission gives %q and %q", read, unread)
			}
		}
		if code := say(jess, second); code != "FORBIDDEN" {
			t.Errorf("answering for another without the permission to send gives %q", code)
		}
		ada.permit(jess, "MANAGE_OTHERS", "SEND_MESSAGES")
		if code := say(jess, second); code != "" {
			t.Errorf("answering for another gives %q", code)
		}
		r := ada.do(`query($c: ID!) { conversation(id: $c) { status follower { id } } }`, map[string]any{"c": second})
		if str(r, "conversation.follower.id") != amy.ID || str(r, "conversation.status") != "IN_PROGRESS" {
			t.Errorf("after another's answer it stands %v", r)
		}
		sam := w.signIn(t, "supervisor@demo.example")
		if code := amy.refusal(`mutation($c: ID!, $a: ID!) { conversationCollaboratorsAdd(input: {conversationId: $c, agentIds: [$a]}) { userErrors { code } } }`,
			map[string]any{"c": second, "a": sam.ID}); code != "" {
			t.Fatalf("collaborating: %s", code)
		}
		if code := say(jess, second); code != "STATE_CONFLICT" {
			t.Errorf("answering in a collaboration of others gives %q", code)
		}
		ada.permit(jess)
		if sees(jess, second) || team() {
			t.Error("the team's conversations are seen after the permission is gone")
		}

		// What is masked, and shown.
		if code := ada.refusal(`mutation($c: ID!) { contactUpdate(input: {contactId: $c, identityNo: "A123456789", phones: ["0912345678"]}) { userErrors { code } } }`, map[string]any{"c": person}); code != "" {
			t.Fatalf("the contact: %s", code)
		}
		shown := func() string {
			t.Helper()
			r := amy.do(`query($p: ID!, $c: ID!) { contact(id: $p) { identityNo phones { typed e164 } } conversation(id: $c) { findings { phones { number written } } } }`,
				map[string]any{"p": person, "c": first})
			return strings.Join([]string{str(r, "contact.identityNo"), str(r, "contact.phones.0.typed"), str(r, "contact.phones.0.e164"),
				str(r, "conversation.findings.phones.0.number"), str(r, "conversation.findings.phones.0.written")}, " ")
		}
		const masked, plain = "*******789 *******678 +*********678 +*********678 ****-***-678", "A123456789 0912345678 +886912345678 +886912345678 0912-345-678"
		if s := shown(); s != masked {
			t.Errorf("without the permission it shows %s", s)
		}
		ada.permit(amy, "SEND_MESSAGES", "SEE_PERSONAL_DATA")
		if s := shown(); s != plain {
			t.Errorf("with the permission of its own it shows %s", s)
		}
		ada.permit(amy)
		if s := shown(); s != masked {
			t.Errorf("after the permission is gone it shows %s", s)
		}
		role("SEE_PERSONAL_DATA")
		if s := shown(); s != plain {
			t.Errorf("with the permission of the role it shows %s", s)
		}
	})
}
