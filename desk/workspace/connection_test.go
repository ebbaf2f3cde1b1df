package workspace_test

import (
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/desk/workspace"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
)

// RT-5: a team's limits of live connections are its ADMIN's to set, below the server's, and live connections are told.
func TestTeamsLimits(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		boss, other := w.team("shop"), w.team("other")
		mia := w.member(boss, "mia", auth.Supervisor)
		update := func(p auth.Principal, in workspace.TeamUpdateInput) (workspace.ConnectionLimits, error) {
			team, _, err := w.UpdateTeam(ctx, p, in)
			if err != nil {
				return workspace.ConnectionLimits{}, err
			}
			return w.ConnectionLimits(team), nil
		}
		told := func() int { return len(w.events(boss.Principal.TeamID, event.TeamChanged)) }
		n := func(n int) *int { return &n }
		_, err := update(mia.Principal, workspace.TeamUpdateInput{IdleMinutes: n(5)})
		wantCode(t, "by somebody else", err, "FORBIDDEN")
		for what, c := range map[string]struct {
			in   workspace.TeamUpdateInput
			code string
		}{
			"less than nothing":         {workspace.TeamUpdateInput{IdleMinutes: n(-1)}, "VALIDATION"},
			"longer than the server's":  {workspace.TeamUpdateInput{IdleMinutes: n(31)}, "LIMIT_EXCEEDED"},
			"more than the server's":    {workspace.TeamUpdateInput{IdleMinutes: n(5), ConnectionsPerAgent: n(11)}, "LIMIT_EXCEEDED"},
			"more than any server's is": {workspace.TeamUpdateInput{ConnectionsPerTeam: n(1 << 40)}, "LIMIT_EXCEEDED"},
		} {
			_, err := update(boss.Principal, c.in)
			wantCode(t, what, err, c.code)
		}
		if got, err := update(boss.Principal, workspace.TeamUpdateInput{}); err != nil || got.IdleMinutes != (workspace.Limit{Server: 30}) || got.PerAgent.Holds() != 10 || got.PerTeam.Holds() != 0 || told() != 0 {
			t.Errorf("at first there is %+v, told %d times: %v", got, told(), err)
		}
		got, err := update(boss.Principal, workspace.TeamUpdateInput{IdleMinutes: n(5), ConnectionsPerAgent: n(10), ConnectionsPerTeam: n(400)})
		if err != nil || got.IdleMinutes.Holds() != 5 || got.PerAgent != (workspace.Limit{Own: 10, Server: 10}) || got.PerTeam.Holds() != 400 || told() != 1 {
			t.Errorf("then there is %+v, told %d times: %v", got, told(), err)
		}
		// The principals of the team carry them, sessions and integrations, from the next request on.
		want := auth.Connections{Idle: 5 * time.Minute, PerAgent: 10, PerTeam: 400}
		if p := w.principal(mia.Grant); p.Connections != want {
			t.Errorf("Mia is bound by %+v", p.Connections)
		}
		made, err := w.CreateAPIToken(ctx, boss.Principal, workspace.TokenInput{Name: "CRM", Role: auth.AgentRole})
		if err != nil {
			t.Fatal(err)
		}
		if p, _, err := w.Authenticate(ctx, made.Token.Reveal(), office); err != nil || p.Connections != want {
			t.Errorf("the integration is bound by %+v: %v", p.Connections, err)
		}
		if p := w.principal(other.Grant); p.Connections != (auth.Connections{}) {
			t.Errorf("another team is bound by %+v", p.Connections)
		}
		at, fresh, err := w.Check(ctx, mia.Principal, office)
		if err != nil || at != workspace.Changed || fresh.Connections != want || fresh.AuthVersion != mia.Principal.AuthVersion {
			t.Errorf("a live stream stands at %v as %+v: %v", at, fresh, err)
		}
		if at, _, err := w.Check(ctx, fresh, office); err != nil || at != workspace.Valid {
			t.Errorf("and then at %v: %v", at, err)
		}
		// What is left out stays, nothing new tells nobody, and 0 takes a limit away.
		got, err = update(boss.Principal, workspace.TeamUpdateInput{IdleMinutes: n(5)})
		if err != nil || got.PerTeam.Own != 400 || told() != 1 {
			t.Errorf("the same again is %+v, told %d times: %v", got, told(), err)
		}
		got, err = update(boss.Principal, workspace.TeamUpdateInput{IdleMinutes: n(0), ConnectionsPerTeam: n(0)})
		if err != nil || got.IdleMinutes.Holds() != 30 || got.PerTeam.Own != 0 || got.PerAgent.Own != 10 || told() != 2 {
			t.Errorf("without them there is %+v, told %d times: %v", got, told(), err)
		}
	}, func(c *workspace.Config) { c.Connections = auth.Connections{Idle: 30 * time.Minute, PerAgent: 10} })
}
