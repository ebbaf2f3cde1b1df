package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/account"
	"github.com/switchyard-chat/switchyard/desk/workspace"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/webchat"
	"github.com/switchyard-chat/switchyard/internal/config"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/seal"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/server/demo"
)

// prepare brings the database to this version where that is the server's to do, and looks whether it may be used: the embedded one and a
// demo's are migrated at the start; a PostgreSQL that several servers share is migrated by `switchyard migrate`, once, by intent.
func (p *parts) prepare(ctx context.Context, c config.Config, isDemo bool) error {
	if p.db.IsPostgres() && !isDemo {
		current, err := p.db.IsCurrent(ctx)
		if err != nil {
			return err
		}
		if !current {
			return errors.New("the database is not at this version: run `switchyard migrate` first")
		}
	} else if err := p.db.Migrate(ctx); err != nil {
		return err
	}
	if err := p.db.CheckWalls(ctx); err != nil {
		return err
	}
	if err := p.accounts.CheckKeys(ctx); err != nil {
		return err
	}
	if err := p.accounts.Warm(ctx); err != nil {
		return err
	}
	if isDemo {
		return p.seed(ctx, c)
	}
	for _, key := range demoSecrets() {
		var n int
		found, err := p.db.Across(store.Entries).Find(ctx, "SELECT 1 FROM channels WHERE webhook_key = ? AND deleted_at IS NULL", []any{key}, &n)
		if err != nil {
			return err
		}
		if found {
			return fmt.Errorf("this database holds the demo team, whose passwords and secrets are public (webhook %q): start with --demo, or set DATA_DIR or DATABASE_URL to another database", key)
		}
	}
	return nil
}

// seed makes the demo team where there is none yet. A database that holds other teams is left alone.
func (p *parts) seed(ctx context.Context, c config.Config) error {
	var n int
	switch found, err := p.db.Across(store.Teams).Find(ctx, "SELECT 1 FROM teams LIMIT 1", nil, &n); {
	case err != nil:
		return err
	case found:
		return nil
	}
	made, err := p.workspace.CreateTeam(ctx, workspace.TeamInput{Slug: demo.Team, Name: "Demo Shop 示範商店", AdminEmail: demo.Accounts[0].Email, JoinsNames: true})
	if fault.Is(err, fault.Conflict) {
		return nil // another server makes it just now
	}
	if err != nil {
		return err
	}
	if _, err := p.workspace.Accept(ctx, workspace.Caller{}, workspace.AcceptInput{Token: made.Token, Password: seal.Hide(demo.Password)}); err != nil {
		return err
	}
	if err := demo.Seed(ctx, p.db, made.TeamID, func(ctx context.Context, tx *store.Tx, l demo.Line) (*ent.Channel, error) {
		return p.accounts.CreateIn(ctx, tx, event.Actor{Kind: event.BySystem}, account.NewChannel{
			Type: channels.LINE, Name: l.Name, WebhookKey: l.Key,
			Info:        channels.AccountInfo{PlatformID: l.UserID, Handle: l.Handle, DisplayName: l.Name, CanListMembers: true},
			Credentials: channels.Credentials{"channelId": l.ChannelID, "channelSecret": l.Secret, "channelAccessToken": l.Token},
		})
	}); err != nil {
		return err
	}
	if err := p.shop(ctx, made.TeamID); err != nil {
		return err
	}
	return p.demo(c).Furnish(ctx, made.TeamID)
}

// shop makes the channel of the demo team's website.
func (p *parts) shop(ctx context.Context, team int64) error {
	by := event.Actor{Kind: event.BySystem}
	_, err := p.db.Write(ctx, team, func(ctx context.Context, tx *store.Tx) error {
		made, err := p.accounts.CreateIn(ctx, tx, by, account.NewChannel{
			Type: channels.Webchat, Name: "Demo Shop 網站", WebhookKey: demo.WebchatKey, Info: channels.AccountInfo{PlatformID: demo.WebchatKey, DisplayName: "Demo Shop 網站"},
			Credentials: channels.Credentials{},
		})
		if err != nil {
			return err
		}
		if _, err := p.accounts.SetIdentitySecretIn(ctx, tx, by, made, demo.IdentitySecret); err != nil {
			return err
		}
		return tx.Webchat.Update().Where(webchat.ChannelID(made.ID)).SetTitle("山茶選物 Camellia Goods").SetColor("#7a4b2a").
			SetGreeting("歡迎光臨!想找什麼茶具,或是訂單的問題,都可以在這裡問我們。\nWelcome! Ask us about anything in the shop.").Exec(ctx)
	})
	return err
}

// demo is what furnishes and visits the demo team.
func (p *parts) demo(c config.Config) demo.Desk {
	return demo.Desk{
		DB: p.db, Accounts: p.accounts, Actions: p.resolver.Actions, Files: p.files, Inbound: p.inbound, Visitors: p.visitors,
		Automatic: p.resolver.Automation, Replies: p.resolver.SavedReplies, Views: p.resolver.SavedViews, PublicURL: c.PublicURL,
	}
}

// visit keeps a visitor on the demo shop for as long as the server runs.
func (p *parts) visit(c config.Config) func(context.Context) {
	return func(ctx context.Context) {
		var team int64
		found, err := p.db.Across(store.Teams).Find(ctx, "SELECT id FROM teams WHERE slug = ?", []any{demo.Team}, &team)
		if err == nil && found {
			err = p.demo(c).Visit(ctx, team)
		}
		if err != nil && ctx.Err() == nil {
			p.log.WarnContext(ctx, "the demo visitor is not there", "error", err)
		}
	}
}

// greet tells people where to look.
func (p *parts) greet(w io.Writer, isDemo bool, at Running) {
	var b strings.Builder
	fmt.Fprintf(&b, "Switchyard (%s) is ready.\n\n", version())
	fmt.Fprintf(&b, "  GraphiQL   %s/graphiql\n", at.URL)
	fmt.Fprintf(&b, "  API        %s/graphql   (schema: %s/schema.graphql)\n", at.URL, at.URL)
	fmt.Fprintf(&b, "  Health     %s/readyz   %s/metrics\n", at.URL, at.URL)
	if isDemo {
		fmt.Fprintf(&b, "  Web chat   %s/webchat/demo   (be a visitor of the demo shop)\n", at.URL)
		fmt.Fprintf(&b, "  Fake LINE  %s/_fake/log   (what agents answered)\n", at.PlatformURL)
		fmt.Fprintf(&b, "  Webhook    %s/webhooks/line/%s   (channel secret %s, group %s)\n", at.URL, demo.Lines[0].Key, demo.Lines[0].Secret, demo.GroupID)
		fmt.Fprintf(&b, "\nSign in with team %q and password %q as\n", demo.Team, demo.Password)
		for _, a := range demo.Accounts {
			fmt.Fprintf(&b, "  %-25s %s\n", a.Email, a.Role)
		}
		b.WriteString("\nThese secrets are public: use --demo for trying out only. `make demo` lets customers write.\n")
	}
	_, _ = io.WriteString(w, b.String())
}
