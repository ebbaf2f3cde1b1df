package store_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/golang-migrate/migrate/v4"
	"github.com/golang-migrate/migrate/v4/database"
	"github.com/golang-migrate/migrate/v4/database/postgres"
	"github.com/golang-migrate/migrate/v4/database/sqlite"
	"github.com/golang-migrate/migrate/v4/source/iofs"

	"github.com/switchyard-chat/switchyard/ent/gen/ent/attachment"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/channel"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/ent/migrations"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/store/storetest"
)

// A migration once made a table of messages anew on SQLite, and the tries to send them would have gone with the old one.
func TestUpgradeKeepsEverything(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		team := newTeam(t, db, "upgrade")
		if _, err := db.Write(t.Context(), team, func(ctx context.Context, tx *store.Tx) error { return history(ctx, tx) }); err != nil {
			t.Fatal(err)
		}
		count := func() (counts [3]int) {
			t.Helper()
			err := db.Read(t.Context(), team, func(ctx context.Context, v *store.View) error {
				m, err := v.Message.Query().Count(ctx)
				a, err2 := v.Attempt.Query().Count(ctx)
				f, err3 := v.Attachment.Query().Where(attachment.PlatformMediaID("kept")).Count(ctx)
				counts = [3]int{m, a, f}
				return errors.Join(err, err2, err3)
			})
			if err != nil {
				t.Fatal(err)
			}
			return counts
		}
		before := count()
		if before != [3]int{1, 1, 1} {
			t.Fatalf("there are %v rows to begin with", before)
		}
		back(t, db)
		if db.IsPostgres() { // no wall is left that nobody keeps up, of the queue neither
			var walled, policies int
			if err := db.SQL().QueryRowContext(t.Context(), "SELECT (SELECT count(*) FROM pg_class WHERE relrowsecurity), (SELECT count(*) FROM pg_policies)").Scan(&walled, &policies); err != nil {
				t.Fatal(err)
			}
			if walled != 0 || policies != 0 {
				t.Errorf("back at the first version %d tables are walled, and there are %d policies", walled, policies)
			}
		}
		if err := db.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if after := count(); after != before {
			t.Errorf("of %v rows %v are left", before, after)
		}
		// What staff answered last before conversations ended by themselves is idle since then (CONV-10).
		err := db.Read(t.Context(), team, func(ctx context.Context, v *store.View) error {
			all, err := v.Conversation.Query().All(ctx)
			for _, c := range all {
				isIdle := c.IdleSince != nil && c.IdleSince.Equal(*c.LastMessageAt)
				if isIdle != (c.Status == conversation.StatusIN_PROGRESS && c.LastMessageSender == "AGENT") || !isIdle && c.IdleSince != nil {
					t.Errorf("%s, where %s spoke last at %v, is idle since %v", c.Status, c.LastMessageSender, c.LastMessageAt, c.IdleSince)
				}
			}
			if len(all) != 3 {
				t.Errorf("%d conversations are left", len(all))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// history makes a message with a try and a file.
func history(ctx context.Context, tx *store.Tx) error {
	at := tx.Now
	c, err := tx.Channel.Create().SetTeamID(tx.Team).SetType(channel.TypeLINE).SetName("c").SetWebhookKey(fmt.Sprint("k", tx.Team)).SetPlatformID("p").SetCredentials([]byte{}).
		SetCreatedAt(at).SetUpdatedAt(at).Save(ctx)
	if err != nil {
		return err
	}
	v, err := tx.Conversation.Create().SetTeamID(tx.Team).SetChannelID(c.ID).SetChannelType(conversation.ChannelTypeLINE).SetKind(conversation.KindONE_ON_ONE).
		SetStatus(conversation.StatusENDED).SetLastAt(at).SetCreatedAt(at).SetUpdatedAt(at).Save(ctx)
	if err != nil {
		return err
	}
	for _, sender := range []message.Sender{message.SenderAGENT, message.SenderCONTACT} {
		if err := tx.Conversation.Create().SetTeamID(tx.Team).SetChannelID(c.ID).SetChannelType(conversation.ChannelTypeLINE).SetKind(conversation.KindONE_ON_ONE).SetStatus(conversation.StatusIN_PROGRESS).
			SetLastMessageSender(string(sender)).SetLastMessageAt(at).SetLastAt(at).SetCreatedAt(at).SetUpdatedAt(at).Exec(ctx); err != nil {
			return err
		}
	}
	m, err := tx.Message.Create().SetTeamID(tx.Team).SetConversationID(v.ID).SetChannelID(c.ID).SetSeq(1).SetDirection(message.DirectionOUTBOUND).
		SetSender(message.SenderAGENT).SetKind("TEXT").SetText("kept").SetCreatedAt(at).SetUpdatedAt(at).Save(ctx)
	if err != nil {
		return err
	}
	if err := tx.Attempt.Create().SetTeamID(tx.Team).SetMessageID(m.ID).SetNumber(1).SetRetryKey("r").SetFence(1).SetStartedAt(at.Add(-time.Second)).Exec(ctx); err != nil {
		return err
	}
	return tx.Attachment.Create().SetTeamID(tx.Team).SetMessageID(m.ID).SetPlatformMediaID("kept").SetCreatedAt(at).SetUpdatedAt(at).Exec(ctx)
}

// A migration that was killed left a mark that nobody could go on from without a hand. A mark of a version that is not finished says that nothing
// of it was done: the next migration does it.
func TestMigrationIsTakenUpAgain(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		folder := "sqlite"
		if db.IsPostgres() {
			folder = "postgres"
		}
		ups, err := fs.Glob(migrations.FS, folder+"/*.up.sql")
		if err != nil {
			t.Fatal(err)
		}
		back(t, db)
		second, _, _ := strings.Cut(strings.TrimPrefix(ups[1], folder+"/"), "_")
		if _, err := db.SQL().ExecContext(t.Context(), "UPDATE schema_migrations SET dirty = true, version = "+second); err != nil {
			t.Fatal(err)
		}
		if isCurrent, err := db.IsCurrent(t.Context()); isCurrent || err != nil {
			t.Errorf("before, it is current: %v, %v", isCurrent, err)
		}
		for range 2 {
			if err := db.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if isCurrent, err := db.IsCurrent(t.Context()); !isCurrent || err != nil {
			t.Errorf("after, it is current: %v, %v", isCurrent, err)
		}
	})
}

// back brings a database back to its first migration.
func back(t *testing.T, db *store.DB) {
	t.Helper()
	folder := "sqlite"
	if db.IsPostgres() {
		folder = "postgres"
	}
	files, err := iofs.New(migrations.FS, folder)
	if err != nil {
		t.Fatal(err)
	}
	var driver database.Driver
	if db.IsPostgres() {
		conn, err := db.SQL().Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		driver, err = postgres.WithConnection(t.Context(), conn, &postgres.Config{})
		if err != nil {
			t.Fatal(err)
		}
	} else if driver, err = sqlite.WithInstance(db.SQL(), &sqlite.Config{}); err != nil {
		t.Fatal(err)
	}
	m, err := migrate.NewWithInstance("embedded", files, folder, driver)
	if err != nil {
		t.Fatal(err)
	}
	ups, err := fs.Glob(migrations.FS, folder+"/*.up.sql")
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Steps(-(len(ups) - 1)); err != nil {
		t.Fatalf("back to the first of %d migrations: %v", len(ups), err)
	}
}

// An event of a platform was put aside, to be replayed by hand, when its statement was cut off by PostgreSQL's own time-out: that is the
// database's trouble and not the event's, and passes (CHAN-9).
func TestStatementCutOffIsUnavailable(t *testing.T) {
	t.Parallel()
	db, err := store.Open(t.Context(), store.Config{URL: storetest.URL(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	team := newTeam(t, db, "cut")
	_, err = db.Write(t.Context(), team, func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.Exec(ctx, "SET LOCAL statement_timeout = 1"); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "SELECT pg_sleep(60)")
		return err
	})
	if !fault.Is(err, fault.Unavailable) {
		t.Errorf("it is %v", err)
	}
}
