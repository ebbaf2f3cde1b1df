package graph_test

import (
	"testing"

	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/testkit"
)

// PROD-2, PROD-6, PROD-7: rules, modules and working hours through the API: made, read by node and in lists, changed and deleted by
// administrators, refused to others, and told of in the log.
func TestAutomationOperations(t *testing.T) {
	t.Parallel()
	testkit.Each(t, func(t *testing.T, dialect string) {
		b := newBook(t, dialect)
		cursor := b.must(t, b.admin, "events.cursor", `{ events { cursor } }`, nil)
		module := b.must(t, b.admin, "botModuleCreate.module", `mutation { botModuleCreate(input: {name: "menu", messages: [{text: "hi", buttons: [{label: "A person", kind: PERSON}]}]}) {
			module { id version postbackData messages { text imageUploadId buttons { label kind moduleId url } } } userErrors { message } } }`, nil)
		if got := show(at(t, module, "messages")); got != `[{"buttons":[{"kind":"PERSON","label":"A person","moduleId":null,"url":null}],"imageUploadId":null,"text":"hi"}]` {
			t.Errorf("the module says %s", got)
		}
		rule := b.must(t, b.admin, "keywordRuleCreate.rule", `mutation($m: ID!) { keywordRuleCreate(input: {name: "menu", keywords: [{text: "menu"}, {text: "hi", match: EXACT}], moduleId: $m}) {
			rule { id version position isEnabled keywords { text match } moduleId statuses channelIds assignToAgentId } userErrors { message } } }`, map[string]any{"m": at(t, module, "id")})
		if at(t, rule, "moduleId") != at(t, module, "id") || show(at(t, rule, "statuses")) != `["PENDING","ENDED"]` || show(at(t, rule, "keywords")) != `[{"match":"CONTAINS","text":"menu"},{"match":"EXACT","text":"hi"}]` {
			t.Errorf("the rule is %s", show(rule))
		}
		const update = `mutation($in: KeywordRuleUpdateInput!) { keywordRuleUpdate(input: $in) { rule { version moduleId messages { text } } userErrors { code field } cursor } }`
		swap := map[string]any{"in": map[string]any{"ruleId": at(t, rule, "id"), "moduleId": nil, "messages": []any{map[string]any{"text": "here"}}}}
		supervisor := auth.Principal{TeamID: b.admin.TeamID, AgentID: 3, Role: auth.Supervisor, Permissions: []auth.Permission{auth.SendMessages}}
		if got := show(b.must(t, supervisor, "keywordRuleUpdate", update, swap)); got != `{"cursor":null,"rule":null,"userErrors":[{"code":"FORBIDDEN","field":null}]}` {
			t.Errorf("a supervisor changes it: %s", got)
		}
		if got := b.must(t, b.admin, "keywordRuleUpdate", update, swap); at(t, got, "rule.moduleId") != nil || at(t, got, "rule.messages.0.text") != "here" || at(t, got, "cursor") == nil {
			t.Errorf("changed to %s", show(got))
		}
		if got := b.must(t, b.admin, "keywordRuleUpdate.userErrors.0.field", update, map[string]any{"in": map[string]any{"ruleId": at(t, rule, "id"), "messages": []any{}}}); got != "messages" {
			t.Errorf("a rule that does nothing names %v", got)
		}
		hours := b.must(t, b.admin, "workingHoursCreate.workingHours", `mutation { workingHoursCreate(input: {name: "office", days: [SUNDAY, MONDAY], startsAt: "09:00", endsAt: "18:00", holidays: ["2026-12-25"]}) {
			workingHours { id timeZone days startsAt endsAt holidays agentIds } userErrors { message } } }`, nil)
		if got := show(at(t, hours, "days")); got != `["MONDAY","SUNDAY"]` || at(t, hours, "timeZone") != "Asia/Taipei" || at(t, hours, "endsAt") != "18:00" {
			t.Errorf("the hours are %s", show(hours))
		}
		if on := b.must(t, b.admin, "automationSettingsUpdate.settings.isAssigning", `mutation { automationSettingsUpdate(input: {isAssigning: true}) { settings { isAssigning } userErrors { message } } }`, nil); on != true {
			t.Errorf("switched on it is %v", on)
		}
		told := b.must(t, b.admin, "events.events", `query($after: Cursor) { events(after: $after) { events { __typename cause { actor } } } }`, map[string]any{"after": cursor}).([]any)
		if len(told) != 5 || at(t, told[0], "__typename") != "AutomationChanged" {
			t.Errorf("the log tells %s", show(told))
		}
		all := b.must(t, supervisor, "keywordRules", `{ keywordRules(first: 1) { nodes { id } pageInfo { hasNextPage } } botModules { nodes { id } } workingHours { nodes { id } } botEntries { nodes { id } } automationSettings { isAssigning } }`, nil)
		if at(t, all, "nodes.0.id") != at(t, rule, "id") || at(t, all, "pageInfo.hasNextPage") != false {
			t.Errorf("the list is %s", show(all))
		}
		for _, x := range []struct {
			id          any
			typ, remove string
		}{
			{at(t, rule, "id"), "KeywordRule", `mutation($id: ID!) { keywordRuleDelete(input: {ruleId: $id}) { deletedRuleId userErrors { code } } }`},
			{at(t, module, "id"), "BotModule", `mutation($id: ID!) { botModuleDelete(input: {moduleId: $id}) { deletedModuleId userErrors { code } } }`},
			{at(t, hours, "id"), "WorkingHours", `mutation($id: ID!) { workingHoursDelete(input: {workingHoursId: $id}) { deletedWorkingHoursId userErrors { code } } }`},
		} {
			if got := b.must(t, supervisor, "node.__typename", `query($id: ID!) { node(id: $id) { __typename } }`, map[string]any{"id": x.id}); got != x.typ {
				t.Errorf("%v is %v", x.id, got)
			}
			for _, want := range []string{"[]", `[{"code":"NOT_FOUND"}]`} {
				data, errs := b.ask(t, b.admin, x.remove, map[string]any{"id": x.id})
				for _, payload := range data {
					if got := show(at(t, payload, "userErrors")); errs != "" || got != want {
						t.Errorf("deleting %s: %s %s, not %s", x.typ, got, errs, want)
					}
				}
			}
		}
	})
}
