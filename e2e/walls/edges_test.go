package walls_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/schema/field"

	"github.com/switchyard-chat/switchyard/ent/gen/ent/migrate"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/testkit"
)

// refers are the columns that hold an id, or a list of them, without a foreign key, and the table whose rows they name. "" names nothing that is
// ever read by it.
var refers = map[string]string{
	"contacts.tag_ids": "tags", "conversations.tag_ids": "tags", "conversations.collaborator_ids": "agents", "conversations.pinned_by": "agents", "conversations.last_follower_id": "agents", "conversations.last_message_id": "messages",
	"conversations.mention_message_id": "messages", "messages.reply_to_id": "messages", "messages.channel_id": "channels", "activities.actor_id": "agents", "conversation_counters.channel_id": "channels", "conversation_counters.follower_id": "agents",
	"bulk_items.conversation_id": "conversations", "idempotency_keys.object_id": "contacts", "events.object_id": "messages", "events.conversation_id": "conversations", "events.agent_id": "agents",

	"keyword_rules.channel_ids": "channels", "agents.inbox_channel_ids": "channels", "shifts.agent_ids": "agents", "saved_replies.file_ids": "files", "drafts.owner_id": "agents", "reminders.owner_id": "agents",
	"notifications.message_id": "messages", "push_deliveries.subscription_id": "push_subscriptions",

	"agents.branch_id": "", "agents.region_id": "", "channels.branch_id": "", "channels.region_id": "", "conversations.branch_id": "", "conversations.region_id": "", "conversation_counters.branch_id": "", "conversation_counters.region_id": "",
	"channels.platform_id": "", "recent_stickers.package_id": "", "recent_stickers.sticker_id": "", "identities.platform_user_id": "", "platform_groups.platform_group_id": "", "group_members.platform_user_id": "", "messages.platform_message_id": "", "messages.quoted_platform_id": "",
	"messages.client_message_id": "", "inbound_events.platform_message_id": "", "early_effects.platform_message_id": "", "attachments.platform_media_id": "", "attempts.platform_request_id": "", "visitors.external_id": "", "adverts.ad_id": "",
}

// edge is a column that leads from a row to another.
type edge struct {
	table, column, to string
	isList            bool
}

// edges are all columns that lead from a team's row to another row.
func edges(t *testing.T) []edge {
	t.Helper()
	used := map[string]bool{}
	var all []edge
	for _, x := range tables() {
		keys := map[string]string{}
		for _, k := range x.ForeignKeys {
			keys[k.Columns[len(k.Columns)-1].Name] = k.RefTable.Name
		}
		for _, c := range x.Columns {
			name := x.Name + "." + c.Name
			to, isKey := keys[c.Name]
			if !isKey {
				var ok bool
				if to, ok = refers[name]; !ok {
					if strings.HasSuffix(c.Name, "_id") && c.Name != "team_id" || strings.HasSuffix(c.Name, "_ids") {
						t.Errorf("%s holds ids without a foreign key: what they name is not said", name)
					}
					continue
				}
				used[name] = true
			}
			if to != "" {
				all = append(all, edge{x.Name, c.Name, to, c.Type == field.TypeJSON})
			}
		}
	}
	for name := range refers {
		if !used[name] {
			t.Errorf("%s is said to hold ids, and there is none", name)
		}
	}
	return all
}

// CONV-28. Were a row to name another team's, by a key that the database did not refuse or in a list that it cannot check, the way would still end at
// the wall: whatever is read by it, nothing of the other team is shown.
func TestEdgesEndAtTheWall(t *testing.T) {
	t.Parallel()
	testkit.Each(t, func(t *testing.T, dialect string) {
		w := newWorld(t, dialect)
		a := &attempt{world: w, t: t, schema: load(t), seen: seen{}}
		a.awaitIndex()
		all := edges(t)
		for _, e := range all {
			w.crossed(t, e, func() {
				for name, b := range a.glance() {
					if low := bytes.ToLower(b); bytes.Contains(low, []byte(w.cobalt.mark)) || bytes.Contains(low, []byte(w.cobalt.digits)) {
						i := max(bytes.Index(low, []byte(w.cobalt.mark)), 0)
						t.Errorf("%s.%s leads to cobalt's %s: %s shows …%s…", e.table, e.column, e.to, name, b[max(0, i-120):min(len(b), i+60)])
					}
				}
			})
		}
		t.Logf("%d edges, %d calls", len(all), a.tries)
	})
}

// glances are the roots below which every edge lies.
var glances = []string{"contact", "contacts", "company", "companies", "conversation", "conversations", "messages", "activities", "groupMembers", "messageSearch", "notifications", "channels", "apiTokens", "agents", "events", "keywordRules", "botModules", "botEntries", "workingHours"}

// glance reads what of amber's has a way to another row, with everything that is below.
func (a *attempt) glance() map[string][]byte {
	a.t.Helper()
	all := map[string][]byte{}
	for _, f := range a.schema.Query.Fields {
		if !slices.Contains(glances, f.Name) {
			continue
		}
		for _, only := range a.types(f) {
			if f.Name == "events" && !slices.Contains([]string{"MessageAdded", "ConversationChanged"}, only[0]) {
				continue
			}
			vars := a.vars(carrier{operation: "Query", field: f}, a.amber, nil)
			if f.Name == "events" {
				vars["after"] = event.Cursor{Epoch: a.amber.epoch}.String()
			}
			a.tries++
			all[f.Name+strings.Join(only, " ")] = a.ask(a.amber.admin, a.document("query", f, only), vars)
		}
	}
	return all
}

// crossed lets a column of amber's first row name a row of cobalt's, against the database's own keys, while f looks.
func (w *world) crossed(t *testing.T, e edge, f func()) {
	t.Helper()
	i := slices.IndexFunc(migrate.Tables, func(x *schema.Table) bool { return x.Name == e.table })
	key := migrate.Tables[i].PrimaryKey[len(migrate.Tables[i].PrimaryKey)-1].Name
	row, to := w.amber.rows[e.table][0], any(w.cobalt.rows[e.to][0])
	if e.isList {
		to = fmt.Sprintf("[%v]", to)
	}
	conn, err := w.within(w.amber.id).Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	off, on := "PRAGMA foreign_keys = OFF", "PRAGMA foreign_keys = ON"
	if w.dialect == "postgres" {
		off, on = "SET session_replication_role = replica", "SET session_replication_role = DEFAULT"
	}
	exec := func(q string, args ...any) {
		t.Helper()
		if _, err := conn.ExecContext(context.WithoutCancel(t.Context()), q, args...); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
	var was sql.NullString
	if err := conn.QueryRowContext(t.Context(), fmt.Sprintf(`SELECT CAST("%s" AS text) FROM "%s" WHERE "%s" = $1 AND team_id = $2`, e.column, e.table, key), row, w.amber.id).Scan(&was); err != nil {
		t.Fatal(err)
	}
	update := fmt.Sprintf(`UPDATE "%s" SET "%s" = $1 WHERE "%s" = $2 AND team_id = $3`, e.table, e.column, key)
	exec(off)
	exec(update, to, row, w.amber.id)
	f()
	var back any
	if was.Valid {
		back = was.String
	}
	exec(update, back, row, w.amber.id)
	exec(on)
}
