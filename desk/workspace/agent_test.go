package workspace_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/switchyard-chat/switchyard/desk/workspace"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/agent"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/page"
)

func TestAgentsList(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		boss := w.team("shop")
		w.member(w.team("other"), "stranger", auth.AgentRole)
		for n, name := range []string{"amy", "美玲", "Ben", "carl", "100%_x"} {
			role := auth.AgentRole
			if n == 2 {
				role = auth.Supervisor
			}
			if _, err := w.Invite(ctx, boss.Principal, workspace.InviteInput{Email: fmt.Sprintf("a%d@shop.example", n), Name: name, Role: role}); err != nil {
				t.Fatal(err)
			}
		}
		names := func(f workspace.AgentFilter, win page.Window) ([]string, page.Result) {
			t.Helper()
			got, err := w.Agents(ctx, boss.Principal, f, win)
			if err != nil {
				t.Fatal(err)
			}
			var out []string
			for _, m := range got.Rows {
				out = append(out, m.Name)
			}
			return out, got.Result
		}
		all := []string{"100%_x", "amy", "Ben", "Boss", "carl", "美玲"}
		var forward []string
		win := page.Window{Limit: 2}
		for {
			part, r := names(workspace.AgentFilter{}, win)
			forward = append(forward, part...)
			if !r.HasNext {
				break
			}
			win.After = r.Cursors[len(r.Cursors)-1]
		}
		var backward []string
		win = page.Window{Limit: 4, IsBackward: true}
		for {
			part, r := names(workspace.AgentFilter{}, win)
			backward = append(slices.Clone(part), backward...)
			if !r.HasPrevious {
				break
			}
			win.Before = r.Cursors[0]
		}
		if !slices.Equal(forward, all) || !slices.Equal(backward, all) {
			t.Errorf("forwards %v, backwards %v", forward, backward)
		}
		for _, c := range []struct {
			f    workspace.AgentFilter
			want []string
		}{
			{workspace.AgentFilter{Text: "BE"}, []string{"Ben"}},
			{workspace.AgentFilter{Text: "美"}, []string{"美玲"}},
			{workspace.AgentFilter{Text: "%_"}, []string{"100%_x"}},
			{workspace.AgentFilter{Text: "A3@SHOP"}, []string{"carl"}},
			{workspace.AgentFilter{Roles: []auth.Role{auth.Supervisor, auth.Admin}}, []string{"Ben", "Boss"}},
			{workspace.AgentFilter{Statuses: []agent.Status{agent.StatusACTIVE}}, []string{"Boss"}},
			{workspace.AgentFilter{Text: "b", Roles: []auth.Role{auth.Supervisor}, Statuses: []agent.Status{agent.StatusINVITED}}, []string{"Ben"}},
			{workspace.AgentFilter{Roles: []auth.Role{}}, nil},
		} {
			if got, _ := names(c.f, page.Window{Limit: 10}); !slices.Equal(got, c.want) {
				t.Errorf("%+v gives %v, not %v", c.f, got, c.want)
			}
		}
		if _, err := w.Agents(ctx, boss.Principal, workspace.AgentFilter{}, page.Window{Limit: 2, After: "nonsense"}); fault.As(err).Field != "after" {
			t.Errorf("a wrong cursor gives %v", err)
		}
	})
}

func TestUpdateAgent(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		boss := w.team("shop")
		mia := w.member(boss, "mia", auth.AgentRole)
		stranger := w.team("other")
		set := func(p auth.Principal, in workspace.UpdateInput) (workspace.Member, error) {
			m, _, err := w.UpdateAgent(ctx, p, in)
			return m, err
		}
		name, role, empty, english, picture := "Mia Lin", auth.Supervisor, "", "en", "https://pictures.example/mia.png"
		own := []auth.Permission{auth.SeePersonalData, auth.SendMessages, auth.SeePersonalData}
		branch := "Taipei"
		// One's own name, language and picture, and nothing else of it, and nobody else's.
		m, err := set(mia.Principal, workspace.UpdateInput{AgentID: mia.Principal.AgentID, Name: &name, Language: &english, PictureURL: &picture})
		if err != nil || m.Name != name || m.Language != "en" || m.PictureURL != picture || m.Version < 3 {
			t.Errorf("changed to %+v: %v", m.Agent, err)
		}
		for what, in := range map[string]workspace.UpdateInput{
			"own role":        {AgentID: mia.Principal.AgentID, Role: &role},
			"own permissions": {AgentID: mia.Principal.AgentID, Permissions: &own},
			"own branch":      {AgentID: mia.Principal.AgentID, Name: &name, BranchID: &branch},
			"another's name":  {AgentID: boss.Principal.AgentID, Name: &name},
		} {
			_, err := set(mia.Principal, in)
			wantCode(t, what, err, "FORBIDDEN")
		}
		// Rights take effect at once, and live streams are told.
		before := len(w.events(boss.Principal.TeamID, event.AuthChanged))
		m, err = set(boss.Principal, workspace.UpdateInput{AgentID: mia.Principal.AgentID, Role: &role, Permissions: &own, BranchID: &branch})
		if err != nil || !slices.Equal(m.Rights, []auth.Permission{auth.SendMessages, auth.ManageOthers, auth.SeePersonalData}) {
			t.Errorf("changed to %v: %v", m.Rights, err)
		}
		if changed := w.events(boss.Principal.TeamID, event.AuthChanged)[before:]; len(changed) != 1 || changed[0].AgentID != mia.Principal.AgentID {
			t.Errorf("live streams are told %+v", changed)
		}
		if p := w.principal(mia.Grant); p.Role != auth.Supervisor || p.BranchID != branch || p.Language != "en" {
			t.Errorf("the next request is made as %+v", p)
		}
		at, fresh, err := w.Check(ctx, mia.Principal, office)
		if err != nil || at != workspace.Changed || fresh.Role != auth.Supervisor {
			t.Errorf("a live stream stands at %v as %+v: %v", at, fresh, err)
		}
		if at, _, err := w.Check(ctx, fresh, office); err != nil || at != workspace.Valid {
			t.Errorf("and then at %v: %v", at, err)
		}
		// The same again changes nothing.
		version := m.Version
		if m, err = set(boss.Principal, workspace.UpdateInput{AgentID: mia.Principal.AgentID, Role: &role, BranchID: &branch}); err != nil || m.Version != version {
			t.Errorf("the same again makes version %d of %d: %v", m.Version, version, err)
		}
		if m, err = set(boss.Principal, workspace.UpdateInput{AgentID: mia.Principal.AgentID, BranchID: &empty, PictureURL: &empty, Language: &empty}); err != nil || m.BranchID+m.PictureURL+m.Language != "" {
			t.Errorf("cleared to %+v: %v", m.Agent, err)
		}
		// Wrong input changes nothing of it.
		bad, wrongRole := "ftp://x", auth.Role("KING")
		for field, in := range map[string]workspace.UpdateInput{
			"name":       {AgentID: mia.Principal.AgentID, Name: &empty, BranchID: &branch},
			"role":       {AgentID: mia.Principal.AgentID, Role: &wrongRole, BranchID: &branch},
			"pictureUrl": {AgentID: mia.Principal.AgentID, PictureURL: &bad, BranchID: &branch},
			"language":   {AgentID: mia.Principal.AgentID, Language: &bad, BranchID: &branch},
		} {
			if _, err := set(boss.Principal, in); err == nil || fault.As(err).Field != field {
				t.Errorf("a wrong %s gives %v", field, err)
			}
		}
		if m, err := w.Agent(ctx, boss.Principal, mia.Principal.AgentID); err != nil || m.BranchID != "" {
			t.Errorf("wrong input left a branch: %v", err)
		}
		// Another team's agent does not exist.
		_, err = set(stranger.Principal, workspace.UpdateInput{AgentID: mia.Principal.AgentID, Name: &name})
		wantCode(t, "another team's agent", err, "NOT_FOUND")
		_, err = w.Agent(ctx, stranger.Principal, mia.Principal.AgentID)
		wantCode(t, "reading another team's agent", err, "NOT_FOUND")
		_, err = w.Deactivate(ctx, stranger.Principal, mia.Principal.AgentID)
		wantCode(t, "deactivating another team's agent", err, "NOT_FOUND")
		_, err = w.ResetLink(ctx, stranger.Principal, mia.Principal.AgentID)
		wantCode(t, "a link for another team's agent", err, "NOT_FOUND")
	})
}

func TestOnlyAdminsManage(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		boss := w.team("shop")
		for _, r := range auth.Roles[1:] {
			p := w.member(boss, "x"+string(r), r).Principal
			_, err := w.Invite(ctx, p, workspace.InviteInput{Email: "y@shop.example", Name: "Y", Role: auth.AgentRole})
			wantCode(t, string(r)+" invites", err, "FORBIDDEN")
			_, err = w.Deactivate(ctx, p, boss.Principal.AgentID)
			wantCode(t, string(r)+" deactivates", err, "FORBIDDEN")
			_, _, err = w.Reactivate(ctx, p, boss.Principal.AgentID)
			wantCode(t, string(r)+" reactivates", err, "FORBIDDEN")
			_, err = w.ResetLink(ctx, p, boss.Principal.AgentID)
			wantCode(t, string(r)+" makes a link", err, "FORBIDDEN")
			_, _, err = w.UpdateRole(ctx, p, r, []auth.Permission{auth.SeePersonalData})
			wantCode(t, string(r)+" changes roles", err, "FORBIDDEN")
			_, err = w.CreateAPIToken(ctx, p, workspace.TokenInput{Name: "x", Role: auth.Admin})
			wantCode(t, string(r)+" makes a token", err, "FORBIDDEN")
			_, _, err = w.RevokeAPIToken(ctx, p, 1)
			wantCode(t, string(r)+" revokes a token", err, "FORBIDDEN")
			if got, err := w.APITokens(ctx, p, page.Window{Limit: 5}); err != nil || len(got.Rows) != 0 {
				t.Errorf("%s sees integrations: %v", r, err)
			}
		}
	})
}

// GRP-1: a role that does not work with groups takes its agent out of them, at that moment and once.
func TestRoleWithoutGroups(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		boss := w.team("shop")
		mia := w.member(boss, "mia", auth.AgentRole)
		for _, step := range []struct {
			role auth.Role
			out  int
		}{{auth.Supervisor, 0}, {auth.Sales, 1}, {auth.SalesManager, 1}, {auth.CSManager, 1}, {auth.MarketingCS, 2}} {
			if _, _, err := w.UpdateAgent(t.Context(), boss.Principal, workspace.UpdateInput{AgentID: mia.Principal.AgentID, Role: &step.role}); err != nil {
				t.Fatal(err)
			}
			if len(w.ungrouped) != step.out {
				t.Errorf("as %s it was taken out %d times, not %d", step.role, len(w.ungrouped), step.out)
			}
		}
		if w.ungrouped[0] != mia.Principal.AgentID {
			t.Errorf("taken out is %d", w.ungrouped[0])
		}
	})
}

func TestDeactivate(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		boss := w.team("shop")
		mia := w.member(boss, "mia", auth.AgentRole)
		link, err := w.ResetLink(ctx, boss.Principal, mia.Principal.AgentID)
		if err != nil {
			t.Fatal(err)
		}
		w.principal(mia.Grant) // is kept for a second, but for what follows
		// COLL-17
		out, err := w.Deactivate(ctx, boss.Principal, mia.Principal.AgentID)
		if err != nil || out.Released != 3 || !slices.Equal(w.released, []int64{mia.Principal.AgentID}) || out.Status != agent.StatusDEACTIVATED {
			t.Errorf("deactivated %+v, released %v: %v", out.Agent, w.released, err)
		}
		if _, _, err := w.Authenticate(ctx, mia.AccessToken.Reveal(), office); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("the next request gives %v", err)
		}
		if at, _, err := w.Check(ctx, mia.Principal, office); err != nil || at != workspace.Revoked {
			t.Errorf("a live stream stands at %v: %v", at, err)
		}
		if changed := w.events(mia.Principal.TeamID, event.AuthChanged); len(changed) != 1 || changed[0].AgentID != mia.Principal.AgentID {
			t.Errorf("live streams are told %+v", changed)
		}
		_, err = w.Refresh(ctx, office, mia.RefreshToken)
		wantCode(t, "refreshing", err, "CREDENTIALS")
		_, err = w.CompleteReset(ctx, office, tokenOf(t, link), mia.AccessToken)
		wantCode(t, "an earlier link", err, "CREDENTIALS")
		_, err = w.ResetLink(ctx, boss.Principal, mia.Principal.AgentID)
		wantCode(t, "a new link", err, "CONFLICT")
		if again, err := w.Deactivate(ctx, boss.Principal, mia.Principal.AgentID); err != nil || again.Version != out.Version || len(w.released) != 1 {
			t.Errorf("a second time does something: %v", err)
		}
		m, _, err := w.Reactivate(ctx, boss.Principal, mia.Principal.AgentID)
		if err != nil || m.Status != agent.StatusACTIVE || m.DeactivatedAt != nil {
			t.Errorf("reactivated %+v: %v", m.Agent, err)
		}
		if _, _, err := w.Authenticate(ctx, mia.AccessToken.Reveal(), office); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("an old session is back: %v", err)
		}
		if _, err := w.signIn("shop", mia.email, password); err != nil {
			t.Errorf("signing in again: %v", err)
		}
		// Who never had a password is invited again.
		leo, err := w.Invite(ctx, boss.Principal, workspace.InviteInput{Email: "leo@shop.example", Name: "Leo", Role: auth.AgentRole})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Deactivate(ctx, boss.Principal, leo.ID); err != nil {
			t.Fatal(err)
		}
		if m, _, err = w.Reactivate(ctx, boss.Principal, leo.ID); err != nil || m.Status != agent.StatusINVITED {
			t.Errorf("reactivated %+v: %v", m.Agent, err)
		}
	})
}

func TestLastAdminStays(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		boss := w.team("shop")
		lower := auth.AgentRole
		_, err := w.Deactivate(ctx, boss.Principal, boss.Principal.AgentID)
		wantCode(t, "deactivating the last administrator", err, "CONFLICT")
		_, _, err = w.UpdateAgent(ctx, boss.Principal, workspace.UpdateInput{AgentID: boss.Principal.AgentID, Role: &lower})
		wantCode(t, "demoting the last administrator", err, "CONFLICT")
		// An invited administrator cannot sign in yet, so it does not count.
		if _, err := w.Invite(ctx, boss.Principal, workspace.InviteInput{Email: "b@shop.example", Name: "B", Role: auth.Admin}); err != nil {
			t.Fatal(err)
		}
		_, err = w.Deactivate(ctx, boss.Principal, boss.Principal.AgentID)
		wantCode(t, "deactivating the last administrator who can sign in", err, "CONFLICT")
		// Two take each other's place away at once: one stays.
		second := w.member(boss, "second", auth.Admin)
		var wg sync.WaitGroup
		errs := make([]error, 2)
		wg.Go(func() { _, errs[0] = w.Deactivate(ctx, boss.Principal, second.Principal.AgentID) })
		wg.Go(func() {
			_, _, errs[1] = w.UpdateAgent(ctx, second.Principal, workspace.UpdateInput{AgentID: boss.Principal.AgentID, Role: &lower})
		})
		wg.Wait()
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Errorf("of two administrators at once: %v and %v", errs[0], errs[1])
		}
	})
}

func TestUpdateRole(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		boss := w.team("shop")
		mia := w.member(boss, "mia", auth.AgentRole)
		same := w.member(w.team("other"), "same", auth.AgentRole)
		token, err := w.CreateAPIToken(ctx, boss.Principal, workspace.TokenInput{Name: "CRM", Role: auth.AgentRole})
		if err != nil {
			t.Fatal(err)
		}
		bot, _, err := w.Authenticate(ctx, token.Token.Reveal(), office)
		if err != nil {
			t.Fatal(err)
		}
		got, at, err := w.UpdateRole(ctx, boss.Principal, auth.AgentRole, []auth.Permission{auth.ManageOthers})
		if err != nil || at.Seq == 0 || !slices.Equal(got.Permissions, []auth.Permission{auth.ManageOthers}) {
			t.Errorf("the role gives %v: %v", got.Permissions, err)
		}
		for name, p := range map[string]auth.Principal{"agent": mia.Principal, "integration": bot} {
			if at, fresh, err := w.Check(ctx, p, office); err != nil || at != workspace.Changed || fresh.Has(auth.SendMessages) || !fresh.Has(auth.ManageOthers) {
				t.Errorf("the %s stands at %v with %v: %v", name, at, fresh.Permissions, err)
			}
		}
		for _, p := range []person{boss, same} {
			if at, _, err := w.Check(ctx, p.Principal, office); err != nil || at != workspace.Valid {
				t.Errorf("%s stands at %v: %v", p.Principal.Name, at, err)
			}
		}
		if changed := w.events(boss.Principal.TeamID, event.AuthChanged); len(changed) != 1 || changed[0].AgentID != 0 {
			t.Errorf("live streams are told %+v", changed)
		}
		if _, at, err := w.UpdateRole(ctx, boss.Principal, auth.AgentRole, []auth.Permission{auth.ManageOthers}); err != nil || at.Seq != 0 {
			t.Errorf("the same again does something: %v", err)
		}
		_, _, err = w.UpdateRole(ctx, boss.Principal, auth.AgentRole, []auth.Permission{"FLY"})
		wantCode(t, "an unknown permission", err, "VALIDATION")
	})
}
