package workspace_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/desk/workspace"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/page"
	"github.com/switchyard-chat/switchyard/internal/seal"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/testkit"
)

func TestInvitation(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		boss := w.team("shop")
		got, err := w.Invite(ctx, boss.Principal, workspace.InviteInput{
			Email: "mia@shop.example", Name: "Mia", Role: auth.Sales, Permissions: []auth.Permission{auth.ManageOthers},
		})
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(got.Link.Reveal(), "https://desk.example/enter#invitation=swl_") || got.Status != "INVITED" || got.Cursor.Seq == 0 {
			t.Errorf("invited: %+v", got.Agent)
		}
		token := tokenOf(t, got.Link)
		_, err = w.Accept(ctx, office, workspace.AcceptInput{Token: token, Password: seal.Hide("short")})
		if fault.As(err).Field != "password" {
			t.Errorf("a short password gives %v", err)
		}
		_, err = w.CompleteReset(ctx, office, token, seal.Hide(password))
		wantCode(t, "an invitation used as a reset", err, "CREDENTIALS")
		name := "Mia Lin"
		g, err := w.Accept(ctx, office, workspace.AcceptInput{Token: token, Name: &name, Password: seal.Hide(password)})
		if err != nil {
			t.Fatal(err)
		}
		p := w.principal(g)
		if p.Name != name || p.Role != auth.Sales || !p.Has(auth.ManageOthers) || !p.Has(auth.SendMessages) || p.Has(auth.SeePersonalData) {
			t.Errorf("accepted as %+v", p)
		}
		_, err = w.Accept(ctx, office, workspace.AcceptInput{Token: token, Password: seal.Hide(password)})
		wantCode(t, "an invitation's second use", err, "CREDENTIALS")
		_, err = w.Invite(ctx, boss.Principal, workspace.InviteInput{Email: "MIA@shop.example", Name: "Mia", Role: auth.Sales})
		wantCode(t, "an address that the team has", err, "CONFLICT")
		// A lost invitation is replaced, and the lost one stops working; a late one has stopped by itself.
		lost, err := w.Invite(ctx, boss.Principal, workspace.InviteInput{Email: "leo@shop.example", Name: "Leo", Role: auth.AgentRole})
		if err != nil {
			t.Fatal(err)
		}
		found, err := w.ResetLink(ctx, boss.Principal, lost.ID)
		if err != nil || !strings.Contains(found.Reveal(), "#invitation=") {
			t.Fatalf("a new invitation: %v", err)
		}
		_, err = w.Accept(ctx, office, workspace.AcceptInput{Token: tokenOf(t, lost.Link), Password: seal.Hide(password)})
		wantCode(t, "a replaced invitation", err, "CREDENTIALS")
		w.clock.Advance(7 * 24 * time.Hour)
		_, err = w.Accept(ctx, office, workspace.AcceptInput{Token: tokenOf(t, found), Password: seal.Hide(password)})
		wantCode(t, "an invitation after seven days", err, "CREDENTIALS")
	})
}

func TestInviteIsIdempotent(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		boss := w.team("shop")
		in := workspace.InviteInput{Email: "mia@shop.example", Name: "Mia", Role: auth.AgentRole, IdempotencyKey: "k"}
		first, err := w.Invite(t.Context(), boss.Principal, in)
		if err != nil {
			t.Fatal(err)
		}
		again, err := w.Invite(t.Context(), boss.Principal, in)
		if err != nil || again.ID != first.ID || !again.Link.IsEmpty() {
			t.Errorf("the same key gives agent %d: %v", again.ID, err)
		}
		in.Role = auth.Admin
		_, err = w.Invite(t.Context(), boss.Principal, in)
		wantCode(t, "the same key with another role", err, "CONFLICT")
	})
}

func TestLinksAreUsedOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		boss := w.team("shop")
		invited, err := w.Invite(t.Context(), boss.Principal, workspace.InviteInput{Email: "mia@shop.example", Name: "Mia", Role: auth.AgentRole})
		if err != nil {
			t.Fatal(err)
		}
		reset, err := w.ResetLink(t.Context(), boss.Principal, boss.Principal.AgentID)
		if err != nil {
			t.Fatal(err)
		}
		for name, use := range map[string]func() error{
			"invitation": func() error {
				_, err := w.Accept(t.Context(), office, workspace.AcceptInput{Token: tokenOf(t, invited.Link), Password: seal.Hide(password)})
				return err
			},
			"reset": func() error {
				_, err := w.CompleteReset(t.Context(), office, tokenOf(t, reset), seal.Hide(password))
				return err
			},
		} {
			var wg sync.WaitGroup
			errs := make([]error, 8)
			for i := range errs {
				wg.Go(func() { errs[i] = use() })
			}
			wg.Wait()
			won := 0
			for _, err := range errs {
				if err == nil {
					won++
				} else {
					wantCode(t, "a loser of the "+name, err, "CREDENTIALS")
				}
			}
			if won != 1 {
				t.Errorf("%d of eight used the %s", won, name)
			}
		}
	})
}

// postbox keeps what is mailed.
type postbox struct {
	mu    sync.Mutex
	got   []string // "to|subject|body"
	fails int
}

func (b *postbox) Send(_ context.Context, to, subject string, body seal.Secret) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fails > 0 {
		b.fails--
		return errors.New("the mail server is busy")
	}
	b.got = append(b.got, to+"|"+subject+"|"+body.Reveal())
	return nil
}

func (b *postbox) letters() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string{}, b.got...)
}

// run runs the workspace's post until the test ends.
func (w *world) run() {
	ctx, stop := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { w.Run(ctx) })
	w.t.Cleanup(func() { stop(); wg.Wait() })
}

func TestResetByMail(t *testing.T) {
	t.Parallel()
	testkit.Each(t, func(t *testing.T, dialect string) {
		box := &postbox{fails: 1}
		w := newWorld(t, dialect, func(c *workspace.Config) { c.Mailer = box })
		w.run()
		boss := w.team("shop")
		// The answer is the same for everybody; the last one is known, so that all letters were dealt with when its letter is there.
		for _, who := range [][2]string{{"shop", "nobody@shop.example"}, {"nowhere", "boss@shop.example"}, {" SHOP", "boss@shop.example "}} {
			if err := w.RequestReset(t.Context(), office, who[0], who[1]); err != nil {
				t.Fatal(err)
			}
		}
		// The mail server is busy once; the letter waits.
		w.clock.AwaitWaiters(1)
		w.clock.Advance(2 * time.Second)
		testkit.Await(t, "the letter is sent", func() bool { return len(box.letters()) == 1 })
		letter := box.letters()[0]
		if !strings.HasPrefix(letter, "Boss@shop.example|重設您在「Team shop」的密碼|") || !strings.Contains(letter, "https://desk.example/enter#reset=swl_") {
			t.Fatalf("the letter is %q", strings.ReplaceAll(letter, "swl_", "…"))
		}
		_, after, _ := strings.Cut(letter, "#reset=")
		token := seal.Hide(strings.Fields(after)[0])
		g, err := w.CompleteReset(t.Context(), office, token, seal.Hide("another password"))
		if err != nil {
			t.Fatal(err)
		}
		w.principal(g)
		if _, _, err := w.Authenticate(t.Context(), boss.AccessToken.Reveal(), office); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("a session from before the new password: %v", err)
		}
		_, err = w.signIn("shop", boss.email, password)
		wantCode(t, "the old password", err, "CREDENTIALS")
		if _, err = w.signIn("shop", boss.email, "another password"); err != nil {
			t.Errorf("the new password: %v", err)
		}
		// Requests are bounded, whoever they are for.
		refused := 0
		for range 12 {
			if fault.Is(w.RequestReset(t.Context(), office, "shop", "nobody@shop.example"), fault.Throttled) {
				refused++
			}
		}
		if refused == 0 {
			t.Error("requests are not bounded")
		}
	})
}

func TestResetWithoutMail(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		boss := w.team("shop")
		mia := w.member(boss, "mia", auth.AgentRole)
		if err := w.RequestReset(t.Context(), office, "shop", mia.email); err != nil {
			t.Fatal(err)
		}
		w.run()
		var told workspace.NotificationPage
		testkit.Await(t, "the administrator is told", func() bool {
			var err error
			told, err = w.Notifications(t.Context(), boss.Principal, true, page.Window{Limit: 25})
			return err != nil || len(told.Rows) > 0
		})
		if len(told.Rows) != 1 || told.Rows[0].Code != "notice.reset_requested" || told.Rows[0].Params["agent"] != "mia" {
			t.Fatalf("told %+v", told.Rows)
		}
		if mine, err := w.Notifications(t.Context(), mia.Principal, false, page.Window{Limit: 25}); err != nil || len(mine.Rows) != 0 {
			t.Errorf("others are told too: %v", err)
		}
		link, err := w.ResetLink(t.Context(), boss.Principal, mia.Principal.AgentID)
		if err != nil {
			t.Fatal(err)
		}
		w.clock.Advance(24 * time.Hour)
		_, err = w.CompleteReset(t.Context(), office, tokenOf(t, link), seal.Hide("another password"))
		wantCode(t, "a reset link after a day", err, "CREDENTIALS")
	})
}

func TestNoSecretIsKept(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		boss := w.team("shop")
		next, err := w.Refresh(ctx, office, boss.RefreshToken)
		if err != nil {
			t.Fatal(err)
		}
		invited, err := w.Invite(ctx, boss.Principal, workspace.InviteInput{Email: "mia@shop.example", Name: "Mia", Role: auth.AgentRole, IdempotencyKey: "k"})
		if err != nil {
			t.Fatal(err)
		}
		token, err := w.CreateAPIToken(ctx, boss.Principal, workspace.TokenInput{Name: "CRM", Role: auth.AgentRole})
		if err != nil {
			t.Fatal(err)
		}
		reset, err := w.ResetLink(ctx, boss.Principal, boss.Principal.AgentID)
		if err != nil {
			t.Fatal(err)
		}
		all := everyText(t, w.db)
		for name, s := range map[string]seal.Secret{
			"password": seal.Hide(password), "access token": boss.AccessToken, "refresh token": boss.RefreshToken, "next access token": next.AccessToken,
			"next refresh token": next.RefreshToken, "invitation": tokenOf(t, invited.Link), "reset link": tokenOf(t, reset), "API token": token.Token,
		} {
			canary := s.Reveal()
			if _, bare, ok := strings.Cut(canary, "_"); ok && name != "password" {
				canary = bare
			}
			if strings.Contains(all, canary) {
				t.Errorf("the %s can be read in the database", name)
			}
		}
		if !strings.Contains(all, "mia@shop.example") {
			t.Error("the search finds nothing at all")
		}
	})
}

// everyText is what all rows of all tables hold.
func everyText(t *testing.T, db *store.DB) string {
	t.Helper()
	q := "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
	if db.IsPostgres() {
		q = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
	}
	var all strings.Builder
	for _, table := range rowsOf(t, db, q) {
		for _, row := range rowsOf(t, db, `SELECT * FROM "`+table+`"`) {
			all.WriteString(row + "\n")
		}
	}
	return all.String()
}

// rowsOf gives a query's rows, each as one text.
func rowsOf(t *testing.T, db *store.DB, q string) []string {
	t.Helper()
	rows, err := db.SQL().QueryContext(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for rows.Next() {
		values := make([][]byte, len(columns))
		into := make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		parts := make([]string, len(values))
		for i, v := range values {
			parts[i] = string(v)
		}
		out = append(out, strings.Join(parts, "|"))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}
