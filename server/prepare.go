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
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/seal"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/server/demo"
)

// prepare brings the database to this version where that is the server's to do, and looks whether it may be used: the embedded one and a
// demo's are migrated at the start; a PostgreSQL that several servers share is migrated by `switchyard migrate`, once, by intent.
func (p *parts) prepare(ctx context.Context, isDemo bool) error {
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
	if err := p.accounts.CheckKeys(ctx); err != nil {
		return err
	}
	if isDemo {
		return p.seed(ctx)
	}
	for _, key := range demoSecrets() {
		var n int
		found, err := p.db.Lookup(ctx, "SELECT 1 FROM channels WHERE webhook_key = ? AND deleted_at IS NULL", []any{key}, &n)
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
func (p *parts) seed(ctx context.Context) error {
	var n int
	switch found, err := p.db.Lookup(ctx, "SELECT 1 FROM teams LIMIT 1", nil, &n); {
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
	return demo.Seed(ctx, p.db, made.TeamID, func(ctx context.Context, tx *store.Tx, l demo.Line) (*ent.Channel, error) {
		return p.accounts.CreateIn(ctx, tx, event.Actor{Kind: event.BySystem}, account.NewChannel{
			Type: channels.LINE, Name: l.Name, WebhookKey: l.Key,
			Info:        channels.AccountInfo{PlatformID: l.UserID, Handle: l.Handle, DisplayName: l.Name, CanListMembers: true},
			Credentials: channels.Credentials{"channelId": l.ChannelID, "channelSecret": l.Secret, "channelAccessToken": l.Token},
		})
	})
}

// greet tells people where to look.
func (p *parts) greet(w io.Writer, isDemo bool, at Running) {
	var b strings.Builder
	fmt.Fprintf(&b, "Switchyard (%s) is ready.\n\n", version())
	fmt.Fprintf(&b, "  GraphiQL   %s/graphiql\n", at.URL)
	fmt.Fprintf(&b, "  API        %s/graphql   (schema: %s/schema.graphql)\n", at.URL, at.URL)
	fmt.Fprintf(&b, "  Health     %s/readyz   %s/metrics\n", at.URL, at.URL)
	if isDemo {
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
