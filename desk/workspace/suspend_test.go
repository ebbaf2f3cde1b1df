package workspace_test

import (
	"testing"

	"github.com/switchyard-chat/switchyard/desk/workspace"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
)

// RT-7: a team is suspended by who runs the servers; live connections are told, and it works again where it is resumed.
func TestSuspend(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		boss, other := w.team("shop"), w.team("other")
		set := func(isSuspended, isChange bool) {
			t.Helper()
			if got, err := w.Suspend(ctx, "shop", isSuspended); err != nil || got != isChange {
				t.Errorf("suspended %v: a change %v, %v", isSuspended, got, err)
			}
		}
		if _, err := w.Suspend(ctx, "nowhere", true); !fault.Is(err, fault.NotFound) {
			t.Errorf("a team that is not there: %v", err)
		}
		set(false, false)
		set(true, true)
		set(true, false)
		_, _, err := w.Authenticate(ctx, boss.AccessToken.Reveal(), office)
		wantCode(t, "a request", err, "TEAM_SUSPENDED")
		if at, _, err := w.Check(ctx, boss.Principal, office); err != nil || at != workspace.Suspended {
			t.Errorf("a live stream stands at %v: %v", at, err)
		}
		w.principal(other.Grant)
		set(false, true)
		w.principal(boss.Grant)
		if at, _, err := w.Check(ctx, boss.Principal, office); err != nil || at != workspace.Valid {
			t.Errorf("a live stream stands at %v: %v", at, err)
		}
		if told := w.events(boss.Principal.TeamID, event.TeamChanged); len(told) != 2 || told[1].ObjectVersion != 3 {
			t.Errorf("told %+v", told)
		}
	})
}
