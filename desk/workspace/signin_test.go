package workspace_test

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/desk/workspace"
	"github.com/switchyard-chat/switchyard/internal/attempt"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/seal"
)

func TestCreateTeam(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		boss := w.team("shop")
		if boss.Principal.Role != auth.Admin || boss.Language != "zh-Hant" || len(boss.Permissions) != 3 {
			t.Errorf("the first administrator is %+v", boss.Principal)
		}
		roles, err := w.Roles(t.Context(), boss.Principal)
		if err != nil || len(roles) != 7 {
			t.Fatalf("%d roles: %v", len(roles), err)
		}
		for _, r := range roles {
			if want := workspace.DefaultPermissions(r.Role); len(want) != len(r.Permissions) {
				t.Errorf("%s gives %v, not %v", r.Role, r.Permissions, want)
			}
		}
		if _, err := w.CreateTeam(t.Context(), workspace.TeamInput{Slug: "shop", Name: "Other", AdminEmail: "a@b.example"}); !fault.Is(err, fault.Conflict) {
			t.Errorf("a slug that is taken gives %v", err)
		}
		good := workspace.TeamInput{Slug: "ok", Name: "Ok", AdminEmail: "a@b.example"}
		for field, spoil := range map[string]func(*workspace.TeamInput){
			"slug":       func(in *workspace.TeamInput) { in.Slug = "No Way" },
			"name":       func(in *workspace.TeamInput) { in.Name = " " },
			"adminEmail": func(in *workspace.TeamInput) { in.AdminEmail = "Boss <a@b.example>" },
			"language":   func(in *workspace.TeamInput) { in.Language = "de" },
			"timeZone":   func(in *workspace.TeamInput) { in.TimeZone = "Mars/Base" },
			"country":    func(in *workspace.TeamInput) { in.Country = "Taiwan" },
		} {
			in := good
			spoil(&in)
			if _, err := w.CreateTeam(t.Context(), in); err == nil || fault.As(err).Field != field {
				t.Errorf("a wrong %s gives %v", field, err)
			}
		}
		if _, err := w.CreateTeam(t.Context(), good); err != nil {
			t.Errorf("after wrong input the slug is used up: %v", err)
		}
	})
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		boss := w.team("shop")
		w.team("other")
		g, err := w.signIn(" SHOP ", "bOSS@shop.example", password)
		if err != nil {
			t.Fatal(err)
		}
		p := w.principal(g)
		if p.AgentID != boss.Principal.AgentID || p.TeamID != boss.Principal.TeamID {
			t.Errorf("signed in as %+v", p)
		}
		if !strings.HasPrefix(g.AccessToken.Reveal(), "swa_") || !strings.HasPrefix(g.RefreshToken.Reveal(), "swr_") {
			t.Error("tokens do not say what they are")
		}
		if g.AccessExpiresAt.Sub(w.clock.Now()) != time.Hour || g.RefreshExpiresAt.Sub(w.clock.Now()) != 30*24*time.Hour {
			t.Errorf("tokens work until %v and %v", g.AccessExpiresAt, g.RefreshExpiresAt)
		}
		for name, in := range map[string][3]string{
			"wrong password":      {"shop", "boss@shop.example", "not the password"},
			"empty password":      {"shop", "boss@shop.example", ""},
			"endless password":    {"shop", "boss@shop.example", strings.Repeat("x", 5000)},
			"unknown address":     {"shop", "nobody@shop.example", password},
			"unknown team":        {"nowhere", "boss@shop.example", password},
			"another team's boss": {"other", "boss@shop.example", password},
		} {
			_, err := w.signIn(in[0], in[1], in[2])
			wantCode(t, name, err, "CREDENTIALS")
			if err != nil && fault.As(err).Text != "the team, address or password is wrong" {
				t.Errorf("%s tells: %v", name, err)
			}
		}
		// An access token ends with its hour; a refresh token opens nothing.
		if _, _, err := w.Authenticate(t.Context(), g.RefreshToken.Reveal(), office); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("a refresh token opens: %v", err)
		}
		w.clock.Advance(time.Hour)
		if _, _, err := w.Authenticate(t.Context(), g.AccessToken.Reveal(), office); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("an access token that expired opens: %v", err)
		}
		for _, junk := range []string{"", "swa_", "Bearer", "swa_" + strings.Repeat("A", 43), strings.Repeat("x", 100_000)} {
			if _, _, err := w.Authenticate(t.Context(), junk, office); !fault.Is(err, fault.Unauthenticated) {
				t.Errorf("junk opens: %v", err)
			}
		}
	})
}

func TestUnknownAccountsCostTheSame(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		boss := w.team("shop")
		invited, err := w.Invite(t.Context(), boss.Principal, workspace.InviteInput{Email: "new@shop.example", Name: "New", Role: auth.AgentRole})
		if err != nil {
			t.Fatal(err)
		}
		gone := w.member(boss, "gone", auth.AgentRole)
		if _, err := w.Deactivate(t.Context(), boss.Principal, gone.Principal.AgentID); err != nil {
			t.Fatal(err)
		}
		_ = invited
		for name, in := range map[string][3]string{
			"known, wrong password": {"shop", "boss@shop.example", "not the password"},
			"unknown address":       {"shop", "nobody@shop.example", password},
			"unknown team":          {"nowhere", "boss@shop.example", password},
			"invited":               {"shop", "new@shop.example", password},
			"deactivated":           {"shop", gone.email, password},
			"empty password":        {"shop", "boss@shop.example", ""},
		} {
			before := w.PasswordWork()
			_, err := w.signIn(in[0], in[1], in[2])
			wantCode(t, name, err, "CREDENTIALS")
			if n := w.PasswordWork() - before; n != 1 {
				t.Errorf("%s costs %d passwords, not 1", name, n)
			}
		}
	})
}

func TestGuessingEnds(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.team("shop")
		// Many at once do not slip through together.
		var wg sync.WaitGroup
		var mu sync.Mutex
		kinds := map[fault.Kind]int{}
		for range 24 {
			wg.Go(func() {
				_, err := w.signIn("shop", "boss@shop.example", "a wrong guess")
				mu.Lock()
				defer mu.Unlock()
				kinds[fault.Of(err)]++
			})
		}
		wg.Wait()
		if kinds[fault.Unauthenticated] != 10 || kinds[fault.Throttled] != 14 {
			t.Errorf("of 24 guesses: %v", kinds)
		}
		_, err := w.signIn("shop", "boss@shop.example", password)
		if !fault.Is(err, fault.Throttled) || fault.As(err).RetryAfter <= 0 {
			t.Errorf("the right password after ten guesses gives %v", err)
		}
		// Case and spaces are no new account, and somebody elsewhere is not locked out.
		_, err = w.signIn("SHOP", " BOSS@shop.example", password)
		wantKind(t, "the same account written otherwise", err, fault.Throttled)
		elsewhere := workspace.Caller{Addr: netip.MustParseAddr("2001:db8:1:2::1")}
		if _, err := w.SignIn(t.Context(), elsewhere, workspace.SignInInput{Team: "shop", Email: "boss@shop.example", Password: seal.Hide(password)}); err != nil {
			t.Errorf("from another network: %v", err)
		}
		w.clock.Advance(15 * time.Minute)
		if _, err := w.signIn("shop", "boss@shop.example", password); err != nil {
			t.Errorf("a quarter of an hour later: %v", err)
		}
		// A success gives the tries back.
		for range 3 {
			for range 9 {
				_, err := w.signIn("shop", "boss@shop.example", "a wrong guess")
				wantCode(t, "a guess", err, "CREDENTIALS")
			}
			if _, err := w.signIn("shop", "boss@shop.example", password); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestOneNetworkTriesManyAccounts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		w.team("shop")
		refused := 0
		for n := range 120 {
			// Addresses of one household's network of version 6 are one.
			from := workspace.Caller{Addr: netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, 15: byte(n)})}
			_, err := w.SignIn(t.Context(), from, workspace.SignInInput{Team: "shop", Email: strings.Repeat("a", n+1) + "@x.example", Password: seal.Hide(password)})
			if fault.Is(err, fault.Throttled) {
				refused++
			}
		}
		if refused != 20 {
			t.Errorf("of 120 accounts that one network tried %d were refused, not 20", refused)
		}
	})
}

// away is a counter that cannot count.
type away struct{}

func (away) Take(context.Context, string, attempt.Limit) (time.Duration, error) {
	return 0, fault.Wrap(errors.New("no route"), fault.Unavailable, "try again")
}
func (away) Give(context.Context, string) error { return errors.New("no route") }

func TestUncountedTriesAreRefused(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		if _, err := w.CreateTeam(t.Context(), workspace.TeamInput{Slug: "shop", Name: "Shop", AdminEmail: "boss@shop.example"}); err != nil {
			t.Fatal(err)
		}
		before := w.PasswordWork()
		_, err := w.signIn("shop", "boss@shop.example", password)
		wantKind(t, "a sign-in that cannot be counted", err, fault.Unavailable)
		wantKind(t, "a request that cannot be counted", w.RequestReset(t.Context(), office, "shop", "boss@shop.example"), fault.Unavailable)
		if w.PasswordWork() != before {
			t.Error("a password was checked without being counted")
		}
	}, func(c *workspace.Config) { c.Attempts = away{} })
}

func TestRefresh(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		boss := w.team("shop")
		first := boss.Grant
		second, err := w.Refresh(t.Context(), office, first.RefreshToken)
		if err != nil {
			t.Fatal(err)
		}
		p := w.principal(second)
		if p.SessionKey != boss.SessionKey {
			t.Error("a refreshed session is another sign-in")
		}
		aside, err := w.signIn("shop", boss.email, password)
		if err != nil {
			t.Fatal(err)
		}
		// Reuse: the family ends, on both sides; another sign-in of the same agent goes on.
		_, err = w.Refresh(t.Context(), office, first.RefreshToken)
		wantCode(t, "a refresh token's second use", err, "CREDENTIALS")
		for name, token := range map[string]seal.Secret{"first": first.AccessToken, "second": second.AccessToken} {
			if _, _, err := w.Authenticate(t.Context(), token.Reveal(), office); !fault.Is(err, fault.Unauthenticated) {
				t.Errorf("after reuse the %s access token gives %v", name, err)
			}
		}
		_, err = w.Refresh(t.Context(), office, second.RefreshToken)
		wantCode(t, "the newest refresh token after reuse", err, "CREDENTIALS")
		if at, _, err := w.Check(t.Context(), p, office); err != nil || at != workspace.Revoked {
			t.Errorf("a live stream of the family stands at %v: %v", at, err)
		}
		w.principal(aside)
		changed := w.events(p.TeamID, event.AuthChanged)
		if len(changed) != 1 || changed[0].AgentID != p.AgentID {
			t.Errorf("live streams are told %+v", changed)
		}
		// Its time over, a refresh token ends nothing.
		w.clock.Advance(30 * 24 * time.Hour)
		_, err = w.Refresh(t.Context(), office, aside.RefreshToken)
		wantCode(t, "an expired refresh token", err, "CREDENTIALS")
		_, err = w.Refresh(t.Context(), office, seal.Hide("swr_nonsense"))
		wantCode(t, "nonsense", err, "CREDENTIALS")
		if n, err := w.Purge(t.Context()); err != nil || n == 0 {
			t.Errorf("%d expired rows are purged: %v", n, err)
		}
	})
}

func TestRefreshRace(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		boss := w.team("shop")
		var wg sync.WaitGroup
		grants := make([]workspace.Grant, 8)
		errs := make([]error, 8)
		for i := range errs {
			wg.Go(func() { grants[i], errs[i] = w.Refresh(t.Context(), office, boss.RefreshToken) })
		}
		wg.Wait()
		won := 0
		for i, err := range errs {
			if err == nil {
				won++
				// The others were reuse, so what the winner got has ended too.
				if _, _, err := w.Authenticate(t.Context(), grants[i].AccessToken.Reveal(), office); !fault.Is(err, fault.Unauthenticated) {
					t.Errorf("the winner's token gives %v", err)
				}
			} else {
				wantCode(t, "a loser", err, "CREDENTIALS")
			}
		}
		if won != 1 {
			t.Errorf("%d of eight got tokens for one refresh token", won)
		}
	})
}

func TestSignOut(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		boss := w.team("shop")
		var others []person
		for range 2 {
			g, err := w.signIn("shop", boss.email, password)
			if err != nil {
				t.Fatal(err)
			}
			others = append(others, person{Grant: g, Principal: w.principal(g)})
		}
		colleague := w.member(boss, "mia", auth.AgentRole)
		if _, err := w.SignOut(t.Context(), boss.Principal, false); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			who  person
			want workspace.Standing
		}{{boss, workspace.Revoked}, {others[0], workspace.Valid}, {others[1], workspace.Valid}, {colleague, workspace.Valid}} {
			if at, _, err := w.Check(t.Context(), c.who.Principal, office); err != nil || at != c.want {
				t.Errorf("after one sign-out a session stands at %v, not %v: %v", at, c.want, err)
			}
		}
		_, err := w.Refresh(t.Context(), office, boss.RefreshToken)
		wantCode(t, "refresh after sign-out", err, "CREDENTIALS")
		if _, err := w.SignOut(t.Context(), others[0].Principal, true); err != nil {
			t.Fatal(err)
		}
		for _, o := range others {
			if _, _, err := w.Authenticate(t.Context(), o.AccessToken.Reveal(), office); !fault.Is(err, fault.Unauthenticated) {
				t.Errorf("after signing out everywhere: %v", err)
			}
		}
		w.principal(colleague.Grant)
	})
}
