package e2e_test

import (
	"testing"

	"github.com/switchyard-chat/switchyard/server/demo"
)

// CONV-20, CONV-21, PROD-14: the demo team has a pin, which one agent alone is shown, a star, an archived conversation that its lists leave out, and a snoozed one.
func TestDemoTeamHasMarks(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		rows := func(a *agent, query, field string) int {
			t.Helper()
			of, _ := a.do(query, nil)["conversations"].(map[string]any)
			all, isList := of[field].([]any)
			if !isList {
				t.Fatalf("%s gave %v", query, of)
			}
			return len(all)
		}
		pinned := 0
		var boss *agent
		for _, x := range demo.Accounts {
			a := w.signIn(t, x.Email)
			if boss == nil {
				boss = a
			}
			pinned += rows(a, `{ conversations(view: MY_IN_PROGRESS, first: 1) { pinned { id } } }`, "pinned")
		}
		if pinned != 1 {
			t.Errorf("%d are pinned", pinned)
		}
		for what, filter := range map[string]string{"starred": "{isStarred: true}", "archived": "{isArchived: true}", "snoozed": "{isSnoozed: true}"} {
			if n := rows(boss, `{ conversations(view: ALL, filter: `+filter+`) { nodes { id } } }`, "nodes"); n != 1 {
				t.Errorf("%d are %s", n, what)
			}
		}
	})
}
