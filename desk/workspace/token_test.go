package workspace_test

import (
	"context"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/desk/workspace"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/page"
	"github.com/switchyard-chat/switchyard/internal/store"
)

func TestAPIToken(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		boss, stranger := w.team("shop"), w.team("other")
		ends := w.clock.Now().Add(3 * time.Hour)
		made, err := w.CreateAPIToken(ctx, boss.Principal, workspace.TokenInput{
			Name: "CRM", Role: auth.Admin, Scopes: []auth.Scope{auth.WriteContacts, auth.ReadWorkspace}, AllowList: []string{"203.0.113.7", "2001:db8::/48"},
			RatePerMinute: 2, ExpiresAt: &ends,
		})
		if err != nil {
			t.Fatal(err)
		}
		secret := made.Token.Reveal()
		if secret[:4] != "swt_" || made.Hint != secret[len(secret)-4:] || !slices.Equal(made.AllowList, []string{"203.0.113.7/32", "2001:db8::/48"}) {
			t.Errorf("made %+v", made.APIToken)
		}
		p, until, err := w.Authenticate(ctx, secret, office)
		if err != nil || p.TokenID != made.ID || p.AgentID != 0 || p.Name != "CRM" || !until.Equal(ends) {
			t.Fatalf("it opens as %+v until %v: %v", p, until, err)
		}
		if !p.May(auth.WriteContacts) || p.May(auth.ReadContacts) || p.May(auth.ActAs) {
			t.Errorf("scopes are %v", p.Scopes)
		}
		// The scope narrows the role: this one reads the workspace and changes nothing of it, an ADMIN though it is.
		if _, err := w.Agents(ctx, p, workspace.AgentFilter{}, page.Window{Limit: 5}); err != nil {
			t.Error(err)
		}
		_, err = w.Invite(ctx, p, workspace.InviteInput{Email: "x@y.example", Name: "X", Role: auth.AgentRole})
		wantCode(t, "inviting without the scope", err, "FORBIDDEN")
		_, err = w.SignOut(ctx, p, true)
		wantCode(t, "an integration signs out", err, "FORBIDDEN")
		// Allow-list.
		for addr, ok := range map[string]bool{"203.0.113.7": true, "::ffff:203.0.113.7": true, "2001:db8:0:1::9": true, "203.0.113.8": false, "2001:db9::1": false} {
			_, _, err := w.Authenticate(ctx, secret, workspace.Caller{Addr: netip.MustParseAddr(addr)})
			if (err == nil) != ok {
				t.Errorf("from %s: %v", addr, err)
			}
		}
		if _, _, err := w.Authenticate(ctx, secret, workspace.Caller{}); fault.As(err).Code != "ADDRESS_REFUSED" {
			t.Errorf("from nowhere: %v", err)
		}
		// Its own rate.
		for n := range 3 {
			err := w.Admit(ctx, p)
			if n < 2 && err != nil || n == 2 && (!fault.Is(err, fault.Throttled) || fault.As(err).RetryAfter <= 0) {
				t.Errorf("request %d: %v", n+1, err)
			}
		}
		w.clock.Advance(time.Minute)
		if err := w.Admit(ctx, p); err != nil {
			t.Errorf("a minute later: %v", err)
		}
		for range 50 {
			if err := w.Admit(ctx, boss.Principal); err != nil {
				t.Fatalf("an agent is counted: %v", err)
			}
		}
		// Its time.
		w.clock.Set(ends)
		if _, _, err := w.Authenticate(ctx, secret, office); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("after its time: %v", err)
		}
		if at, _, err := w.Check(ctx, p, office); err != nil || at != workspace.Expired {
			t.Errorf("its live stream stands at %v: %v", at, err)
		}
		// Another team's does not exist.
		_, _, err = w.RevokeAPIToken(ctx, stranger.Principal, made.ID)
		wantCode(t, "revoking another team's", err, "NOT_FOUND")
		_, err = w.APIToken(ctx, stranger.Principal, made.ID)
		wantCode(t, "reading another team's", err, "NOT_FOUND")
		// Wrong input.
		over := w.clock.Now()
		for field, in := range map[string]workspace.TokenInput{
			"name":          {Role: auth.AgentRole},
			"role":          {Name: "x", Role: "KING"},
			"scopes":        {Name: "x", Role: auth.AgentRole, Scopes: []auth.Scope{"all"}},
			"allowList[1]":  {Name: "x", Role: auth.AgentRole, AllowList: []string{"10.0.0.0/8", "everywhere"}},
			"ratePerMinute": {Name: "x", Role: auth.AgentRole, RatePerMinute: -1},
			"expiresAt":     {Name: "x", Role: auth.AgentRole, ExpiresAt: &over},
		} {
			if _, err := w.CreateAPIToken(ctx, boss.Principal, in); err == nil || fault.As(err).Field != field {
				t.Errorf("a wrong %s gives %v", field, err)
			}
		}
	})
}

func TestRevokedToken(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		boss := w.team("shop")
		var made []workspace.NewAPIToken
		for _, name := range []string{"one", "two", "three"} {
			m, err := w.CreateAPIToken(ctx, boss.Principal, workspace.TokenInput{Name: name, Role: auth.Admin})
			if err != nil {
				t.Fatal(err)
			}
			made = append(made, m)
		}
		p, until, err := w.Authenticate(ctx, made[1].Token.Reveal(), office)
		if err != nil || !until.IsZero() || p.May(auth.ActAs) || !p.May(auth.WriteWorkspace) {
			t.Fatalf("without scopes and end it opens as %+v until %v: %v", p, until, err)
		}
		_, err = w.CreateAPIToken(ctx, p, workspace.TokenInput{Name: "child", Role: auth.Admin})
		wantCode(t, "an integration makes another", err, "FORBIDDEN")
		if _, _, err := w.RevokeAPIToken(ctx, boss.Principal, made[1].ID); err != nil {
			t.Fatal(err)
		}
		if _, _, err := w.Authenticate(ctx, made[1].Token.Reveal(), office); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("at once it gives %v", err)
		}
		if at, _, err := w.Check(ctx, p, office); err != nil || at != workspace.Revoked {
			t.Errorf("its live stream stands at %v: %v", at, err)
		}
		if changed := w.events(p.TeamID, event.AuthChanged); len(changed) != 1 || changed[0].AgentID != p.Subject() || changed[0].ObjectID != p.TokenID {
			t.Errorf("live streams are told %+v", changed)
		}
		if _, at, err := w.RevokeAPIToken(ctx, boss.Principal, made[1].ID); err != nil || at.Seq != 0 {
			t.Errorf("a second time does something: %v", err)
		}
		var names []string
		win := page.Window{Limit: 2}
		for {
			got, err := w.APITokens(ctx, boss.Principal, win)
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range got.Rows {
				names = append(names, row.Name)
			}
			if !got.HasNext {
				break
			}
			win.After = got.Cursors[len(got.Cursors)-1]
		}
		if !slices.Equal(names, []string{"three", "two", "one"}) {
			t.Errorf("listed %v", names)
		}
	})
}

func TestTokenUseIsNotedToTheHour(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		boss := w.team("shop")
		made, err := w.CreateAPIToken(ctx, boss.Principal, workspace.TokenInput{Name: "CRM", Role: auth.AgentRole})
		if err != nil {
			t.Fatal(err)
		}
		for _, minute := range []int{0, 20, 40} { // 8:30, 8:50, 9:10
			w.clock.Set(time.Date(2026, 5, 1, 8, 30+minute, 0, 0, time.UTC))
			if _, _, err := w.Authenticate(ctx, made.Token.Reveal(), office); err != nil {
				t.Fatal(err)
			}
			got, err := w.APIToken(ctx, boss.Principal, made.ID)
			if err != nil {
				t.Fatal(err)
			}
			if want := w.clock.Now().Truncate(time.Hour); got.LastUsedAt == nil || !got.LastUsedAt.Equal(want) || got.Version != made.Version {
				t.Errorf("at %v it was last used at %v, version %d", w.clock.Now(), got.LastUsedAt, got.Version)
			}
		}
	})
}

func TestSuspendedTeam(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		boss := w.team("shop")
		made, err := w.CreateAPIToken(ctx, boss.Principal, workspace.TokenInput{Name: "CRM", Role: auth.AgentRole})
		if err != nil {
			t.Fatal(err)
		}
		link, err := w.ResetLink(ctx, boss.Principal, boss.Principal.AgentID)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.db.SQL().ExecContext(ctx, "UPDATE teams SET status = 'SUSPENDED'"); err != nil {
			t.Fatal(err)
		}
		w.clock.Advance(time.Second)
		for name, use := range map[string]func() error{
			"access token": func() error { _, _, err := w.Authenticate(ctx, boss.AccessToken.Reveal(), office); return err },
			"API token":    func() error { _, _, err := w.Authenticate(ctx, made.Token.Reveal(), office); return err },
			"sign-in":      func() error { _, err := w.signIn("shop", boss.email, password); return err },
			"refresh":      func() error { _, err := w.Refresh(ctx, office, boss.RefreshToken); return err },
			"link":         func() error { _, err := w.CompleteReset(ctx, office, tokenOf(t, link), boss.AccessToken); return err },
		} {
			wantCode(t, name, use(), "TEAM_SUSPENDED")
		}
		_, err = w.signIn("shop", boss.email, "a wrong guess")
		wantCode(t, "a guess tells nothing of it", err, "CREDENTIALS")
		if at, _, err := w.Check(ctx, boss.Principal, office); err != nil || at != workspace.Suspended {
			t.Errorf("a live stream stands at %v: %v", at, err)
		}
	})
}

func TestAnotherServersChangeHoldsWithinASecond(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		boss := w.team("shop")
		mia := w.member(boss, "mia", auth.AgentRole)
		w.principal(mia.Grant)
		// What another server does is seen here in the database alone.
		if _, err := w.db.Write(ctx, mia.Principal.TeamID, func(ctx context.Context, tx *store.Tx) error {
			return tx.Session.Update().SetRevokedAt(tx.Now).Exec(ctx)
		}); err != nil {
			t.Fatal(err)
		}
		if at, _, err := w.Check(ctx, mia.Principal, office); err != nil || at != workspace.Revoked {
			t.Errorf("a live stream, which is told of it, stands at %v: %v", at, err)
		}
		w.clock.Advance(time.Second)
		if _, _, err := w.Authenticate(ctx, mia.AccessToken.Reveal(), office); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("a second later a request gives %v", err)
		}
	})
}

func TestNotifications(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		boss := w.team("shop")
		mia := w.member(boss, "mia", auth.AgentRole)
		tell := func(ids ...int64) {
			t.Helper()
			_, err := w.db.Write(ctx, boss.Principal.TeamID, func(ctx context.Context, tx *store.Tx) error {
				return workspace.NotifyIn(ctx, tx, boss.Principal.Actor(), ids, workspace.Notice{Code: "notice.transferred", Params: map[string]string{"actor": "Boss", "role": "@role.ADMIN"}})
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		for range 3 {
			tell(mia.Principal.AgentID, boss.Principal.AgentID)
		}
		tell()
		list := func(p auth.Principal, unread bool, win page.Window) ([]*ent.Notification, page.Result) {
			t.Helper()
			got, err := w.Notifications(ctx, p, unread, win)
			if err != nil {
				t.Fatal(err)
			}
			if got.AsOf.Seq == 0 {
				t.Error("a list without its position")
			}
			return got.Rows, got.Result
		}
		rows, r := list(mia.Principal, false, page.Window{Limit: 2})
		if len(rows) != 2 || !r.HasNext || rows[0].ID < rows[1].ID || rows[0].Params["actor"] != "Boss" {
			t.Fatalf("the first page is %+v", rows)
		}
		last, r := list(mia.Principal, false, page.Window{Limit: 2, After: r.Cursors[1]})
		if len(last) != 1 || r.HasNext || !r.HasPrevious {
			t.Errorf("the second page has %d", len(last))
		}
		if back, _ := list(mia.Principal, false, page.Window{Limit: 2, IsBackward: true, Before: r.Cursors[0]}); len(back) != 2 || back[0].ID != rows[0].ID {
			t.Errorf("backwards %+v", back)
		}
		added := w.events(boss.Principal.TeamID, event.NotificationAdded)
		if len(added) != 6 || added[0].AgentID != mia.Principal.AgentID || added[1].AgentID != boss.Principal.AgentID {
			t.Errorf("events are %+v", added)
		}
		others, _ := list(boss.Principal, false, page.Window{Limit: 5})
		// Somebody else's is not there, and then none is marked.
		_, _, err := w.MarkRead(ctx, mia.Principal, []int64{rows[0].ID, others[0].ID})
		wantCode(t, "marking another's", err, "NOT_FOUND")
		_, err = w.Notification(ctx, mia.Principal, others[0].ID)
		wantCode(t, "reading another's", err, "NOT_FOUND")
		if unread, _ := list(mia.Principal, true, page.Window{Limit: 5}); len(unread) != 3 {
			t.Errorf("%d are unread, not 3", len(unread))
		}
		for _, c := range []struct {
			ids  []int64
			want int
		}{{[]int64{rows[0].ID}, 1}, {[]int64{rows[0].ID}, 0}, {[]int64{}, 0}, {nil, 2}, {nil, 0}} {
			if n, _, err := w.MarkRead(ctx, mia.Principal, c.ids); err != nil || n != c.want {
				t.Errorf("marking %v marks %d, not %d: %v", c.ids, n, c.want, err)
			}
		}
		if n, err := w.Notification(ctx, mia.Principal, rows[0].ID); err != nil || n.ReadAt == nil || n.Version != 2 {
			t.Errorf("read at %v: %v", n.ReadAt, err)
		}
		if changed := w.events(boss.Principal.TeamID, event.NotificationChanged); len(changed) != 3 {
			t.Errorf("%d changes are told, not 3", len(changed))
		}
		if unread, _ := list(boss.Principal, true, page.Window{Limit: 5}); len(unread) != 3 {
			t.Error("another's were marked")
		}
	})
}
