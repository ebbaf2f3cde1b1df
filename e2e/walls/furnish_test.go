package walls_test

import (
	"bytes"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/schema/field"

	fakeline "github.com/switchyard-chat/switchyard/channels/fake/line"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/migrate"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/blob"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/id"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// team is one of the two teams with what a test names of it.
type team struct {
	mark   string // in every text of the team
	digits string // in every number of a telephone
	id     int64
	epoch  string
	refs   map[string]string // ids as the API writes them, by name: "contact.ann"
	texts  map[string]string // texts to look for
	rows   map[string][]int64
	tokens map[string]string // of those who lose their rights, by name
	// What opens the team's doors.
	admin, member, bot                  string
	refresh, invitation, reset, visitor string
	webhook, window, delivery           string
}

// set are values of a row's columns.
type set = map[string]any

// words are the columns of text that hold no text of a person's but a word of a closed set, a number in letters, a hash or a key that a
// test has to know, with the word that is written where a row says no other.
var words = map[string]string{
	"activities.code": "log.followed", "activities.actor_kind": "AGENT",
	"agents.language": "en", "contacts.birth_at": "1990-02-03",
	"attachments.content_type": "image/png", "attachments.failure_code": "",
	"attempts.outcome": "SENT", "attempts.code": "",
	"channels.state_reason": "",
	"channels.audience":     "", "channels.audiences": "", "conversations.audience": "", "conversation_counters.audience": "",
	"conversation_counters.branch_id": "", "conversation_counters.region_id": "",
	"conversation_counters.kind": "ONE_ON_ONE", "conversation_counters.status": "PENDING", "conversation_counters.queue": "HUMAN",
	"conversations.last_message_kind": "TEXT", "conversations.last_message_sender": "CONTACT",
	"events.kind": "", "events.body": "",
	"files.author": "", "files.content_type": "image/png", "files.preview_type": "image/png", "files.sha256": "", "files.blob_key": "", "files.preview_key": "",
	"identities.language": "en", "idempotency_keys.caller": "", "inbound_events.kind": "MESSAGE_RECEIVED", "job_runs.kind": "INBOUND_REPLAY",
	"lanes.lease_owner": "",
	"saved_views.view":  "ALL", "saved_views.sort": "LAST_MESSAGE", "saved_views.filter": "", "saved_views.columns": "", "saved_views.roles": "",
	"links.token_hash": "", "messages.kind": "TEXT", "messages.failure_code": "", "messages.code": "", "messages.author": "", "messages.trace": "",
	"notifications.code":   "notice.transferred",
	"sessions.access_hash": "", "sessions.refresh_hash": "", "api_tokens.token_hash": "", "agents.password_hash": "",
	"tags.colour": "RED", "visitors.language": "en", "visitors.time_zone": "Asia/Taipei", "webchats.color": "#123456",
	"contact_phones.typed": "", "contact_phones.e164": "", "contact_phones.digits": "",
	"custom_field_values.set_value": "", "company_field_values.set_value": "",
	"keyword_rules.channel_ids": "", "keyword_rules.statuses": "", "shifts.time_zone": "Asia/Taipei", "shifts.days": "", "shifts.holidays": "", "shifts.agent_ids": "",
	"teams.language": "en", "teams.time_zone": "Asia/Taipei", "teams.country": "TW", "teams.group_message_price": "0",
	"agents.permissions": "", "agents.inbox_channel_ids": "", "roles.permissions": "", "api_tokens.scopes": "", "api_tokens.allow_list": "",
	"contacts.tag_ids": "", "conversations.tag_ids": "", "conversations.collaborator_ids": "", "conversations.collaborator_unread": "", "conversations.pinned_by": "",
	"notice_settings.muted": "", "push_deliveries.failure": "ERROR", "push_subscriptions.failure": "BUSY", "push_subscriptions.service": "push.example", "push_subscriptions.public_key": "",
	"saved_replies.file_ids": "", "saved_reply_audiences.name": "ADMIN",
	"agents.phone_digits": "", "bulk_items.code": "STATE_CONFLICT", "bulk_items.reason": "refusal.ENDED",
	"visitors.token_hash": "", "visitors.previous_hash": "", "channels.credentials": "",
}

// tables are the tables of teams: those with a column team_id, and the teams themselves.
func tables() []*schema.Table {
	return slices.DeleteFunc(slices.Clone(migrate.Tables), func(t *schema.Table) bool {
		return t.Name != "teams" && !slices.ContainsFunc(t.Columns, func(c *schema.Column) bool { return c.Name == "team_id" })
	})
}

// isText says whether a column can hold what a person wrote.
func isText(c *schema.Column) bool {
	return c.Type == field.TypeString || c.Type == field.TypeJSON || c.Type == field.TypeBytes
}

// furnisher writes the rows of one team. Every text in it has the team's mark.
type furnisher struct {
	*team
	w  *world
	db *sql.DB // of the team alone
	n  int
	at time.Time
}

// canary is a text that is nowhere else.
func (f *furnisher) canary(table, column string) string {
	f.n++
	return fmt.Sprintf("%s-%s-%s-%d", f.mark, table, column, f.n)
}

// add writes a row: what is not set is a canary where it is text, the team's first row of the other table where it refers to one, and else
// nothing much.
func (f *furnisher) add(table string, values set) int64 {
	t := f.w.t
	t.Helper()
	i := slices.IndexFunc(migrate.Tables, func(x *schema.Table) bool { return x.Name == table })
	if i < 0 {
		t.Fatalf("there is no table %s", table)
	}
	x := migrate.Tables[i]
	refers := map[string]string{}
	for _, k := range x.ForeignKeys {
		refers[k.Columns[len(k.Columns)-1].Name] = k.RefTable.Name
	}
	var columns, marks []string
	var args []any
	key := "id"
	for _, c := range x.Columns {
		v, isSet := values[c.Name]
		switch {
		case isSet:
		case c.Name == "id":
			continue
		case c.Name == "team_id":
			v = f.id
		default:
			v = f.value(x, c, refers[c.Name])
		}
		if c.Type == field.TypeJSON && v != nil {
			b, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			v = string(b)
		}
		columns, marks, args = append(columns, `"`+c.Name+`"`), append(marks, fmt.Sprintf("$%d", len(args)+1)), append(args, v)
	}
	if table == "events" {
		key = "seq"
	}
	var n int64
	q := fmt.Sprintf(`INSERT INTO "%s" (%s) VALUES (%s) RETURNING %s`, table, strings.Join(columns, ", "), strings.Join(marks, ", "), key)
	if err := f.db.QueryRowContext(t.Context(), q, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", q, err)
	}
	f.rows[table] = append(f.rows[table], n)
	return n
}

// value is what a column gets that a row does not set.
func (f *furnisher) value(x *schema.Table, c *schema.Column, refers string) any {
	f.w.t.Helper()
	word, isWord := words[x.Name+"."+c.Name]
	switch {
	case refers != "" && len(f.rows[refers]) > 0:
		return f.rows[refers][0]
	case refers != "" && c.Nullable:
		return nil
	case refers != "":
		f.w.t.Fatalf("%s.%s refers to %s, of which the team has none yet", x.Name, c.Name, refers)
	case isWord && (c.Type == field.TypeJSON || c.Type == field.TypeBytes):
		if c.Nullable {
			return nil
		}
		f.w.t.Fatalf("%s.%s is to be set", x.Name, c.Name)
	case isWord && c.Unique && word == "":
		if c.Nullable {
			return nil
		}
		return f.canary(x.Name, c.Name)
	case isWord:
		return word
	case c.Type == field.TypeEnum:
		return c.Enums[0]
	case c.Type == field.TypeString:
		return f.canary(x.Name, c.Name)
	case c.Type == field.TypeBytes:
		return []byte(f.canary(x.Name, c.Name))
	case c.Type == field.TypeJSON:
		f.w.t.Fatalf("%s.%s holds JSON of which the furnishing knows no example: set one with a canary in it", x.Name, c.Name)
	case c.Type == field.TypeTime && !c.Nullable:
		return f.at
	case c.Type == field.TypeTime || c.Nullable:
		return nil
	case c.Type == field.TypeBool:
		return false
	case c.Default != nil:
		return c.Default
	}
	return 1
}

// called adds a name to a row's values: what is shown and what is compared are one text, as the program writes them.
func (f *furnisher) called(values set) set {
	f.n++
	name := fmt.Sprintf("%s-name-%d", f.mark, f.n)
	out := set{"name": name, "name_folded": name}
	maps.Copy(out, values)
	return out
}

// name gives an id of the API a name.
func (f *furnisher) name(name string, kind id.Kind, n int64) int64 {
	f.refs[name] = id.Format(kind, n)
	return n
}

// conversation is the number of a conversation by its name.
func (f *furnisher) conversation(name string) int64 {
	_, n, _ := id.Split(f.refs["conversation."+name])
	return n
}

// text reads a text of a row that others look for.
func (f *furnisher) text(name, table, column string, n int64) {
	f.w.t.Helper()
	var s string
	if err := f.db.QueryRowContext(f.w.t.Context(), fmt.Sprintf(`SELECT "%s" FROM "%s" WHERE id = $1`, column, table), n).Scan(&s); err != nil {
		f.w.t.Fatal(err)
	}
	f.texts[name] = s
}

// secret makes a secret of a kind that carries the team's mark, and what is kept of it.
func (f *furnisher) secret(prefix, of string) (token, hash string) {
	token = prefix + (f.mark + "-" + of + "-" + strings.Repeat("0", 43))[:43]
	sum := sha256.Sum256([]byte(token))
	return token, hex.EncodeToString(sum[:])
}

// furnish makes both teams. Amber's rows come first and are the older ones.
func (w *world) furnish(c store.Config, files string) {
	w.t.Helper()
	db, err := store.Open(w.t.Context(), c)
	if err != nil {
		w.t.Fatal(err)
	}
	defer db.Close()
	blobs, err := blob.NewLocal(files, random.New(), clock.Real{})
	if err != nil {
		w.t.Fatal(err)
	}
	defer blobs.Close()
	now := time.Now().UTC().Truncate(time.Second)
	for i, mark := range []string{"amber", "cobalt"} {
		f := &furnisher{w: w, at: now.Add(time.Duration(i-3) * time.Minute), team: &team{mark: mark, digits: []string{"911222", "955777"}[i],
			refs: map[string]string{}, texts: map[string]string{}, rows: map[string][]int64{}, tokens: map[string]string{}}}
		f.id, err = db.CreateTeam(w.t.Context(), store.NewTeam{Slug: mark + "-teams-slug", Name: mark + "-teams-name", Language: "en", TimeZone: "Asia/Taipei", Country: "TW"})
		if err != nil {
			w.t.Fatal(err)
		}
		f.db = w.within(f.id)
		f.epoch = mark + "-epoch"
		f.exec("UPDATE streams SET epoch = $1 WHERE team_id = $2", f.epoch, f.id)
		f.exec("UPDATE teams SET idle_minutes = 29, connections_per_agent = 900, connections_per_team = $1 WHERE id = $2", 1900+i, f.id)
		f.people()
		f.channels()
		f.customers()
		f.conversations(blobs)
		f.automation(blobs, i)
		f.replies(blobs)
		f.rest()
		f.log()
		if mark == "amber" {
			w.amber = f.team
		} else {
			w.cobalt = f.team
		}
	}
}

func (f *furnisher) exec(q string, args ...any) {
	f.w.t.Helper()
	if _, err := f.db.ExecContext(f.w.t.Context(), q, args...); err != nil {
		f.w.t.Fatalf("%s: %v", q, err)
	}
}

// people are the team's agents, their sessions and links, and its integrations.
func (f *furnisher) people() {
	f.name("team", id.Team, f.id)
	all := []any{"SEND_MESSAGES", "MANAGE_OTHERS", "SEE_PERSONAL_DATA"}
	agent := func(name, role, status string) int64 {
		mail := f.mark + "-" + name + "@example.com"
		n := f.name("agent."+name, id.Agent, f.add("agents", f.called(set{"role": role, "status": status, "email": mail, "email_folded": mail, "permissions": all})))
		f.texts["mail."+name] = mail
		return n
	}
	admin := agent("admin", "ADMIN", "ACTIVE")
	mate := agent("mate", "AGENT", "ACTIVE")
	invited := agent("invited", "AGENT", "INVITED")
	leaver, quitter, forgetful := agent("leaver", "AGENT", "ACTIVE"), agent("quitter", "AGENT", "ACTIVE"), agent("forgetful", "AGENT", "ACTIVE")
	left := agent("left", "AGENT", "DEACTIVATED")
	f.exec("UPDATE agents SET deactivated_at = $1 WHERE id = $2", f.at, left)
	f.text("agent.name", "agents", "name_folded", admin)
	for _, role := range auth.Roles {
		f.add("roles", set{"role": string(role), "permissions": all})
	}
	later := f.at.Add(24 * time.Hour)
	session := func(of int64, name string) (access, refresh string) {
		var accessHash, refreshHash string
		access, accessHash = f.secret("swa_", name+"-access")
		refresh, refreshHash = f.secret("swr_", name+"-refresh")
		f.add("sessions", set{"agent_id": of, "access_hash": accessHash, "refresh_hash": refreshHash, "access_expires_at": later, "refresh_expires_at": later})
		return access, refresh
	}
	f.admin, f.refresh = session(admin, "admin")
	f.member, _ = session(mate, "mate")
	for name, of := range map[string]int64{"leaver": leaver, "quitter": quitter, "forgetful": forgetful} {
		f.tokens[name], _ = session(of, name)
	}
	link := func(of int64, purpose string) string {
		token, hash := f.secret("swl_", strings.ToLower(purpose))
		f.add("links", set{"agent_id": of, "purpose": purpose, "token_hash": hash, "expires_at": later})
		return token
	}
	f.invitation, f.reset = link(invited, "INVITATION"), link(admin, "RESET")
	token := func(name string, scopes []any) string {
		secret, hash := f.secret("swt_", name)
		f.name("token."+name, id.APIToken, f.add("api_tokens", set{"role": "ADMIN", "scopes": scopes, "token_hash": hash, "created_by_id": admin, "rate_per_minute": 100_000,
			"allow_list": []any{"127.0.0.0/8"}, "expires_at": later, "last_used_at": f.at}))
		return secret
	}
	f.bot = token("bot", []any{"conversations:read", "conversations:write", "contacts:read", "contacts:write", "workspace:read", "workspace:write", "act_as"})
	f.tokens["doomed"] = token("doomed", nil)
}

// channels are the team's accounts on platforms.
func (f *furnisher) channels() {
	sealed := keys(f.w.t)
	channel := func(name, typ string, credentials map[string]string, more set) int64 {
		values := set{"type": typ, "credentials": []byte("."), "can_list_members": true, "checks": []any{set{"name": "CREDENTIALS", "status": "OK", "text": f.canary("channels", "checks")}},
			"checked_at": f.at, "last_event_at": f.at, "webhook_key": f.mark + "-" + name + "-key"}
		maps.Copy(values, more)
		n := f.name("channel."+name, id.Channel, f.add("channels", values))
		plain, err := json.Marshal(credentials)
		if err != nil {
			f.w.t.Fatal(err)
		}
		f.exec("UPDATE channels SET credentials = $1 WHERE id = $2", sealed.Seal(plain, fmt.Sprintf("channel:%d:%d", f.id, n)), n)
		return n
	}
	line := func(name, user, number string) {
		c := map[string]string{"channelId": number, "channelSecret": f.mark + "-channel-secret-" + name, "channelAccessToken": f.mark + "-channel-token-" + name}
		channel(name, "LINE", c, set{"platform_id": user, "claim": "LINE:" + user})
		f.w.line.AddBot(fakeline.Setup{UserID: user, ChannelID: number, ChannelSecret: c["channelSecret"], AccessToken: c["channelAccessToken"],
			BasicID: "@" + f.mark, DisplayName: f.mark + " at LINE", KnowsEverybody: true})
	}
	line("line", "U"+strings.Repeat(f.mark[:1], 32), f.digits)
	channel("web", "WEBCHAT", map[string]string{"identitySecret": f.mark + "-identity-secret"}, nil)
	line("doomed", "U"+strings.Repeat(f.mark[:1], 31)+"f", f.digits+"1")
	line("lost", "U"+strings.Repeat(f.mark[:1], 31)+"e", f.digits+"2")
	f.exec("UPDATE channels SET state = 'DISCONNECTED', state_reason = 'channel.CREDENTIALS_REVOKED' WHERE id = $1", f.rows["channels"][3])
	channel("gone", "WEBCHAT", nil, set{"deleted_at": f.at, "state": "DISCONNECTED"})
	f.exec("UPDATE agents SET inbox_channel_ids = $1 WHERE team_id = $2", fmt.Sprintf("[%d]", f.rows["channels"][0]), f.id)
	f.exec("UPDATE channels SET audience = $1 WHERE id = $2", "="+f.mark+"-branch", f.rows["channels"][1])
	f.webhook, f.window = f.mark+"-line-key", f.mark+"-web-key"
	for _, i := range []int{1, 4} {
		f.add("webchats", set{"channel_id": f.rows["channels"][i], "allowed_domains": []any{f.mark + "-shop.example"}})
	}
}

// customers are contacts, companies, tags and custom fields.
func (f *furnisher) customers() {
	tag := f.name("tag.red", id.Tag, f.add("tags", f.called(set{"contact_count": 1})))
	f.text("tag.name", "tags", "name_folded", tag)
	for i, name := range []string{"tag.second", "tag.doomed"} {
		f.text([]string{"tag.name2", "tag.name3"}[i], "tags", "name", f.name(name, id.Tag, f.add("tags", f.called(nil))))
	}
	company := f.name("company.inc", id.Company, f.add("companies", f.called(nil)))
	f.text("company.name", "companies", "name_folded", company)
	f.text("company.number", "companies", "number", company)
	f.name("company.doomed", id.Company, f.add("companies", f.called(nil)))
	contact := func(name string) int64 {
		n := f.name("contact."+name, id.Contact, f.add("contacts", f.called(set{"birth_month": 2, "tag_ids": []any{tag}, "responsible_id": f.rows["agents"][0],
			"addresses": []any{set{"name": f.canary("contacts", "addresses"), "phone": f.digits + "009", "country": "TW", "postcode": "100", "city": f.mark + " city", "line": f.mark + " road"}}})))
		f.add("contact_phones", set{"contact_id": n, "typed": "0" + f.digits + fmt.Sprintf("%03d", f.n%1000), "e164": "+886" + f.digits + fmt.Sprintf("%03d", f.n%1000), "digits": "0" + f.digits + fmt.Sprintf("%03d", f.n%1000)})
		f.add("contact_emails", set{"contact_id": n})
		f.add("taggings", set{"contact_id": n, "tag_id": tag, "last_at": f.at})
		f.add("employments", set{"contact_id": n, "company_id": company})
		f.add("identities", set{"contact_id": n, "reach": "REACHABLE", "channel_id": f.rows["channels"][0], "profile_fetched_at": time.Now().UTC().Add(time.Hour)})
		return n
	}
	ann := contact("ann")
	for name, column := range map[string]string{"name": "name_folded", "membership": "membership_no", "identity": "identity_no", "note": "note_folded"} {
		f.text("contact."+name, "contacts", column, ann)
	}
	f.exec("UPDATE contacts SET membership_folded = membership_no WHERE team_id = $1", f.id)
	f.text("contact.email", "contact_emails", "email_folded", f.rows["contact_emails"][0])
	f.text("contact.phone", "contact_phones", "typed", f.rows["contact_phones"][0])
	f.name("identity.ann", id.Identity, f.rows["identities"][0])
	contact("ben")
	contact("doomed")
	category := f.name("category.main", id.Category, f.add("custom_field_categories", f.called(nil)))
	f.text("category.name", "custom_field_categories", "name_folded", category)
	f.text("category.name2", "custom_field_categories", "name", f.name("category.doomed", id.Category, f.add("custom_field_categories", f.called(nil))))
	for _, target := range []string{"CONTACT", "COMPANY"} {
		for i, typ := range []string{"TEXT", "NUMBER", "DATE", "DATETIME", "BOOLEAN", "SINGLE_CHOICE", "MULTI_CHOICE", "TEXT"} {
			option := strings.ToLower(f.mark + "-option-" + target)
			name := "field." + strings.ToLower(target+"."+typ)
			if i == 7 {
				name = "field." + strings.ToLower(target) + ".doomed"
			}
			n := f.name(name, id.CustomField, f.add("custom_fields", f.called(set{"category_id": category, "target": target, "type": typ,
				"options": []any{set{"id": option, "label": f.canary("custom_fields", "options")}}})))
			f.refs["option."+strings.ToLower(target)] = option
			value := set{"field_id": n, "text_value": nil, "key_value": nil, "set_value": nil, "number_value": nil, "time_value": nil}
			switch typ {
			case "TEXT":
				text := f.canary("custom_field_values", "text_value")
				f.texts[name] = text
				value["text_value"], value["key_value"] = text, text
			case "NUMBER":
				value["text_value"], value["number_value"] = "1", 1
			case "DATE":
				value["key_value"] = "2026-01-31"
			case "DATETIME":
				value["time_value"] = f.at
			case "BOOLEAN":
				value["key_value"] = "true"
			case "SINGLE_CHOICE":
				value["key_value"] = option
			case "MULTI_CHOICE":
				value["key_value"], value["set_value"] = option, option
			}
			if target == "CONTACT" {
				value["contact_id"] = ann
				f.add("custom_field_values", value)
			} else {
				value["company_id"] = company
				f.add("company_field_values", value)
			}
			if i == 7 {
				f.refs["field.doomed"] = f.refs[name]
			}
		}
	}
	f.text("field.name", "custom_fields", "name_folded", f.rows["custom_fields"][0])
	f.text("field.name2", "custom_fields", "name_folded", f.rows["custom_fields"][1])
}

// picture is a small picture.
func picture(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewRGBA(image.Rect(0, 0, 8, 8))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// file stores a picture and gives its row.
func (f *furnisher) file(blobs *blob.Local, expires any) int64 {
	b := append(picture(f.w.t), f.mark...)
	f.n++
	key := fmt.Sprintf("%s/shown/%d", f.mark, f.n)
	for _, k := range []string{key, key + "p"} {
		if _, err := blobs.Put(f.w.t.Context(), k, bytes.NewReader(b)); err != nil {
			f.w.t.Fatal(err)
		}
	}
	return f.add("files", set{"author": fmt.Sprintf("agent:%d", f.rows["agents"][0]), "size": len(b), "sha256": f.mark + "-sha256", "width": 8, "height": 8, "blob_key": key, "preview_key": key + "p",
		"preview_size": len(b), "expires_at": expires})
}

// conversations are conversations of every status and kind with messages of every kind.
func (f *furnisher) conversations(blobs *blob.Local) {
	agents, channels, contacts, identities := f.rows["agents"], f.rows["channels"], f.rows["contacts"], f.rows["identities"]
	admin, mate := agents[0], agents[1]
	conversation := func(name string, values set) int64 {
		base := set{"channel_id": channels[0], "channel_type": "LINE", "kind": "ONE_ON_ONE", "group_id": nil, "follower_id": nil, "last_at": f.at, "tag_ids": nil, "unread": 1,
			"waiting_since": f.at.Add(-3 * time.Hour), "customer_at": time.Now().UTC(), "has_phone": true, "is_from_ad": true, "waiting_level": 3, "last_exported_at": f.at, "last_message_at": f.at, "collaborator_ids": nil, "collaborator_unread": nil, "pinned_by": nil, "contact_id": nil}
		maps.Copy(base, values)
		return f.name("conversation."+name, id.Conversation, f.add("conversations", f.called(base)))
	}
	person := func() int64 {
		return f.add("identities", set{"contact_id": contacts[1], "channel_id": channels[0], "reach": "REACHABLE", "profile_fetched_at": time.Now().UTC().Add(time.Hour)})
	}
	followed := set{"status": "IN_PROGRESS", "follower_id": admin, "last_follower_id": admin, "followed_at": f.at}
	with := func(base set, more set) set {
		out := maps.Clone(base)
		maps.Copy(out, more)
		return out
	}
	ann := conversation("ann", with(followed, set{"identity_id": identities[0], "contact_id": contacts[0], "collaborator_ids": []any{mate}, "pinned_by": []any{admin}, "snooze_ended": "TIME", "tag_ids": []any{f.rows["tags"][0]}}))
	f.text("conversation.name", "conversations", "name_folded", ann)
	f.add("participants", set{"conversation_id": ann, "agent_id": admin, "part": "FOLLOWER", "since": f.at})
	f.add("participants", set{"conversation_id": ann, "agent_id": mate, "part": "COLLABORATOR", "since": f.at})
	f.add("pins", set{"conversation_id": ann, "agent_id": admin})
	f.add("reminders", set{"conversation_id": ann, "owner_id": 0, "agent_id": mate, "set_at": f.at, "due_at": nil, "ended_at": f.at})
	f.add("reminders", set{"conversation_id": ann, "owner_id": admin, "agent_id": admin, "set_at": f.at, "due_at": time.Now().UTC().Add(1000 * time.Hour), "ended_at": nil})
	f.add("read_cursors", set{"conversation_id": ann, "agent_id": mate, "unread": 1})
	f.add("conversation_counters", set{"channel_id": channels[0], "status": "IN_PROGRESS", "follower_id": admin, "n": 1, "unread_conversations": 1, "unread": 1})
	f.add("conversation_counters", set{"channel_id": channels[0], "follower_id": 0, "n": 2, "unread_conversations": 1, "unread": 1})
	for i := range 3 {
		f.name(fmt.Sprintf("activity.%d", i), id.Activity, f.add("activities", set{"conversation_id": ann, "actor_id": admin, "params": set{"actor": f.canary("activities", "params")}}))
	}
	f.exec("UPDATE teams SET collaborates = true WHERE id = $1", f.id)
	for _, name := range []string{"joint", "joint2", "joinable", "leaving", "growing", "growing2"} {
		follower, others := admin, []any{mate}
		values := set{"identity_id": person(), "contact_id": contacts[1], "status": "IN_PROGRESS", "kind": "COLLABORATION", "followed_at": f.at}
		switch name {
		case "joinable", "growing", "growing2":
			follower, others = map[bool]int64{true: mate, false: admin}[name == "joinable"], nil
			values["kind"] = "ONE_ON_ONE"
		case "leaving":
			follower, others = mate, []any{admin}
		}
		values["follower_id"], values["last_follower_id"], values["collaborator_ids"] = follower, follower, nil
		if others != nil {
			values["collaborator_ids"] = others
		}
		n := conversation(name, values)
		f.add("participants", set{"conversation_id": n, "agent_id": follower, "part": "FOLLOWER", "since": f.at})
		for _, x := range others {
			f.add("participants", set{"conversation_id": n, "agent_id": x, "part": "COLLABORATOR", "since": f.at})
		}
	}
	for _, name := range []string{"many", "pending", "taken", "over", "ending", "ended", "marked", "unmarked", "taken2", "over2", "over3", "entering", "snoozed"} {
		values := set{"identity_id": person(), "contact_id": contacts[1], "status": "PENDING"}
		switch name {
		case "taken", "taken2":
			values = with(values, set{"status": "IN_PROGRESS", "follower_id": mate, "last_follower_id": mate, "followed_at": f.at})
		case "over", "over2", "over3", "ending", "marked", "unmarked":
			values = with(values, followed)
		case "snoozed":
			values = with(values, with(followed, set{"queue": "SNOOZED"}))
		case "ended":
			values = with(values, set{"status": "ENDED", "follower_id": admin, "last_follower_id": admin, "ended_at": f.at})
		}
		n := conversation(name, values)
		f.exec("UPDATE conversations SET contact_id = $1 WHERE id = $2", contacts[1], n)
		if name == "snoozed" {
			f.add("reminders", set{"conversation_id": n, "owner_id": 0, "agent_id": admin, "set_at": f.at, "due_at": time.Now().UTC().Add(1000 * time.Hour), "ended_at": nil})
		}
	}
	group := f.name("group.tea", id.Group, f.add("platform_groups", f.called(set{"channel_id": channels[0], "member_count": 2, "note_version": 1, "are_members_listed": false, "is_stale": false, "fetched_at": f.at})))
	member := f.name("member.mei", id.GroupMember, f.add("group_members", set{"group_id": group, "identity_id": identities[0], "is_active": true, "joined_at": f.at, "profile_fetched_at": f.at}))
	f.text("member.name", "group_members", "name_folded", member)
	f.add("group_members", set{"group_id": group, "identity_id": nil, "is_active": true, "joined_at": f.at, "profile_fetched_at": f.at})
	room := conversation("group", with(followed, set{"identity_id": nil, "group_id": group, "contact_id": nil, "kind": "GROUP", "member_count": 2}))
	departing := f.add("platform_groups", set{"channel_id": channels[0], "is_stale": false, "fetched_at": f.at, "left_at": nil})
	conversation("departing", with(followed, set{"identity_id": nil, "group_id": departing, "contact_id": nil, "kind": "GROUP"}))
	past := f.name("group.left", id.Group, f.add("platform_groups", set{"channel_id": channels[0], "is_stale": false, "fetched_at": f.at, "state": "LEFT", "left_at": f.at}))
	conversation("left", set{"status": "ENDED", "identity_id": nil, "group_id": past, "kind": "GROUP", "follower_id": admin, "last_follower_id": admin, "ended_at": f.at})
	guest := f.add("identities", set{"contact_id": contacts[1], "channel_id": channels[1]})
	web := conversation("web", with(followed, set{"identity_id": guest, "contact_id": contacts[1], "channel_id": channels[1], "channel_type": "WEBCHAT"}))
	secret, _ := f.secret("", "visitor")
	f.visitor = secret
	hash := sha256.Sum256([]byte(secret))
	f.add("visitors", set{"channel_id": channels[1], "identity_id": guest, "token_hash": hash[:], "expires_at": f.at.Add(1000 * time.Hour), "online_until": f.at.Add(1000 * time.Hour)})

	seq := map[int64]int64{}
	message := func(name string, in int64, values set) int64 {
		seq[in]++
		base := set{"conversation_id": in, "channel_id": channels[0], "seq": seq[in], "direction": "INBOUND", "sender": "CONTACT", "agent_id": nil, "token_id": nil, "member_id": nil,
			"identity_id": nil, "content": "{}", "params": nil, "client_message_id": nil, "reply_to_id": nil, "platform_at": f.at}
		if in == web {
			base["channel_id"] = channels[1]
		}
		maps.Copy(base, values)
		n := f.name("message."+name, id.Message, f.add("messages", base))
		f.exec("UPDATE conversations SET message_seq = $1, last_message_id = $2, last_message_seq = $1, read_seq = $3 WHERE id = $4", seq[in], n, seq[in]-1, in)
		return n
	}
	content := func(v set) string {
		b, err := json.Marshal(v)
		if err != nil {
			f.w.t.Fatal(err)
		}
		return string(b)
	}
	first := message("first", ann, set{"identity_id": identities[0]})
	f.texts["mark"] = f.mark
	f.findings(ann, first)
	f.adverts(ann)
	sent := message("sent", ann, set{"direction": "OUTBOUND", "sender": "AGENT", "agent_id": admin, "author": fmt.Sprintf("agent:%d", admin), "client_message_id": f.mark + "-client-id", "delivery": "SENT",
		"sent_at": f.at, "reply_to_id": first, "edited_at": f.at})
	f.add("attempts", set{"message_id": sent, "number": 1, "started_at": f.at})
	failed := message("failed", ann, set{"direction": "OUTBOUND", "sender": "BOT", "token_id": f.rows["api_tokens"][0], "author": fmt.Sprintf("token:%d", f.rows["api_tokens"][0]), "delivery": "FAILED",
		"failure_code": "PLATFORM_REFUSED", "retry_key_at": f.at})
	f.add("attempts", set{"message_id": failed, "number": 1, "outcome": "REFUSED"})
	message("sticker", ann, set{"kind": "STICKER", "content": content(set{"kind": "STICKER", "sticker": set{"packageId": f.canary("messages", "content"), "stickerId": "2", "text": f.mark, "keywords": []any{f.mark}}})})
	message("place", ann, set{"kind": "LOCATION", "content": content(set{"kind": "LOCATION", "location": set{"title": f.canary("messages", "content"), "address": f.mark, "latitude": 25.03, "longitude": 121.56}})})
	message("odd", ann, set{"kind": "UNSUPPORTED", "content": content(set{"kind": "UNSUPPORTED", "raw": set{"odd": f.canary("messages", "content")}})})
	message("buttons", ann, set{"direction": "OUTBOUND", "sender": "BOT", "kind": "TEMPLATE", "content": content(set{"kind": "TEMPLATE", "buttons": []any{set{"label": f.mark + " shop", "url": "https://" + f.mark + ".example"}}})})
	message("system", ann, set{"kind": "SYSTEM", "sender": "SYSTEM", "direction": "INTERNAL", "code": "notice.transferred", "params": set{"actor": f.canary("messages", "params"), "role": "@role.ADMIN"}})
	f.texts["reply.key"] = f.mark + "-client-reply"
	message("reply", ann, set{"direction": "OUTBOUND", "sender": "AGENT", "agent_id": admin, "author": fmt.Sprintf("agent:%d", admin), "client_message_id": f.texts["reply.key"], "delivery": "SENT", "sent_at": f.at})
	f.texts["note.key"] = f.mark + "-client-note"
	message("note", ann, set{"kind": "NOTE", "sender": "AGENT", "agent_id": admin, "direction": "INTERNAL", "content": content(set{"agents": []any{mate}}), "author": fmt.Sprintf("agent:%d", admin),
		"client_message_id": f.texts["note.key"]})
	message("unsent", ann, set{"unsent_at": f.at})
	mei := ""
	if err := f.db.QueryRowContext(f.w.t.Context(), "SELECT platform_user_id FROM group_members WHERE id = $1", member).Scan(&mei); err != nil {
		f.w.t.Fatal(err)
	}
	message("counted", room, set{"direction": "OUTBOUND", "sender": "AGENT", "agent_id": admin, "author": fmt.Sprintf("agent:%d", admin), "delivery": "SENT", "sent_at": f.at, "usage": 2})
	f.add("recent_stickers", set{"agent_id": admin, "channel_type": "LINE", "sent_at": f.at})
	said := message("said", room, set{"sender": "MEMBER", "member_id": member, "content": content(set{"kind": "TEXT",
		"mentions": []any{set{"index": 0, "length": 2, "type": "user", "userId": mei, "text": f.mark}}, "emojis": []any{set{"index": 0, "length": 1, "productId": f.mark, "emojiId": "1"}}})})
	f.exec("UPDATE conversations SET mention_message_id = $1 WHERE id = $2", said, room)
	f.delivery, _ = f.secret("", "delivery")
	for i, in := range []int64{ann, web} {
		m := message([]string{"photo", "webphoto"}[i], in, set{"kind": "IMAGE", "content": content(set{"kind": "IMAGE", "media": set{"setId": f.canary("messages", "content"), "setIndex": 1, "setTotal": 2}})})
		values := set{"message_id": m, "state": "READY", "file_id": f.file(blobs, nil), "preview_id": nil, "size": 10, "width": 8, "height": 8, "duration_ms": 5, "delivery_key": nil,
			"expires_at": f.at.Add(1000 * time.Hour)}
		if i == 0 {
			values["delivery_key"] = f.delivery
		}
		f.name([]string{"file.photo", "file.webphoto"}[i], id.Attachment, f.add("attachments", values))
	}
	m := message("broken", ann, set{"kind": "IMAGE", "content": content(set{"kind": "IMAGE", "media": set{}})})
	f.add("attachments", set{"message_id": m, "state": "FAILED", "file_id": nil, "preview_id": nil, "failure_code": "attachment.gone", "delivery_key": nil})
	again := message("again", f.conversation("over2"), set{"direction": "OUTBOUND", "sender": "AGENT", "agent_id": admin, "author": fmt.Sprintf("agent:%d", admin), "delivery": "FAILED", "failure_code": "PLATFORM_REFUSED",
		"client_message_id": f.mark + "-client-again"})
	f.add("attempts", set{"message_id": again, "number": 1, "outcome": "REFUSED"})
	message("read", f.conversation("marked"), nil)
	message("unread", f.conversation("unmarked"), nil)
	f.add("lanes", set{"conversation_id": ann, "waiting": 0})
	f.name("upload.free", id.Upload, f.file(blobs, f.at.Add(1000*time.Hour)))
	f.name("upload.second", id.Upload, f.file(blobs, f.at.Add(1000*time.Hour)))
	f.name("upload.third", id.Upload, f.file(blobs, f.at.Add(1000*time.Hour)))
	for _, name := range []string{"free", "second", "third"} {
		f.name("upload."+name+".many", id.Upload, f.file(blobs, f.at.Add(1000*time.Hour)))
	}
}

// automation is what works when nobody is there. The places of rules are others in each team, so that a position tells whose it is.
func (f *furnisher) automation(blobs *blob.Local, team int) {
	channel, admin, mate := f.rows["channels"][0], f.rows["agents"][0], f.rows["agents"][1]
	said := func(messages ...set) string {
		b, err := json.Marshal(messages)
		if err != nil {
			f.w.t.Fatal(err)
		}
		return string(b)
	}
	f.add("automations", set{"turn": 1})
	f.add("channel_scripts", set{"channel_id": channel})
	f.add("channel_informations", set{"channel_id": channel, "is_on": true})
	f.add("assignment_turns", set{"agent_id": mate, "turn": 1})
	picture := f.file(blobs, nil)
	f.add("kept_files", set{"file_id": picture})
	menu := f.name("bot.menu", id.BotModule, f.add("bot_modules", f.called(set{"messages": said(set{"text": f.canary("bot_modules", "messages")})})))
	for _, name := range []string{"spare", "doomed", "third"} {
		f.name("bot."+name, id.BotModule, f.add("bot_modules", f.called(set{"messages": said(set{"text": f.canary("bot_modules", "messages")})})))
	}
	f.text("bot.name", "bot_modules", "name", menu)
	f.text("bot.name2", "bot_modules", "name", f.rows["bot_modules"][3])
	rule := func(name string, values set) {
		f.n++
		base := set{"position": team*1000 + f.n, "is_enabled": true, "keywords": []any{set{"text": f.canary("keyword_rules", "keywords"), "match": "CONTAINS"}}, "channel_ids": []any{channel},
			"statuses": []any{"PENDING"}, "messages": "", "module_id": nil, "agent_id": admin}
		maps.Copy(base, values)
		f.name("rule."+name, id.KeywordRule, f.add("keyword_rules", base))
	}
	rule("hello", set{"messages": said(set{"text": f.canary("keyword_rules", "messages"), "buttons": []any{set{"label": "more", "kind": "MODULE", "moduleId": menu}, set{"label": "shop", "kind": "URL", "url": "https://" + f.mark + ".example"}}},
		set{"fileId": picture})})
	rule("module", set{"module_id": menu})
	rule("spare", nil)
	rule("doomed", nil)
	for _, name := range []string{"menu", "doomed", "third"} {
		f.name("entry."+name, id.BotEntry, f.add("bot_entries", set{"channel_id": channel, "module_id": menu}))
	}
	f.text("entry.value", "bot_entries", "value", f.rows["bot_entries"][0])
	f.add("bot_entries", set{"channel_id": channel, "kind": "SUBSCRIPTION_CODE", "expires_at": f.at.Add(1000 * time.Hour)})
	for _, name := range []string{"office", "doomed", "third"} {
		f.name("hours."+name, id.WorkingHours, f.add("shifts", f.called(set{"days": []any{1, 2, 3, 4, 5, 6, 7}, "starts_at": 0, "ends_at": 0, "holidays": []any{"2020-01-01"}, "agent_ids": []any{mate}})))
	}
	f.text("hours.name", "shifts", "name", f.rows["shifts"][0])
	f.text("hours.name2", "shifts", "name", f.rows["shifts"][2])
	for _, field := range []string{"keywordRuleCreate", "keywordRuleUpdate", "botModuleCreate", "botModuleUpdate"} {
		f.name("upload.automatic."+field, id.Upload, f.file(blobs, f.at.Add(1000*time.Hour)))
	}
}

// replies are saved ones for everybody, for some and for one, with files and a bot module, and drafts. Those for some are the first in the list.
func (f *furnisher) replies(blobs *blob.Local) {
	admin, ann := f.rows["agents"][0], f.rows["conversations"][0]
	reply := func(name string, values set) int64 {
		title, category := f.canary("saved_replies", "title"), f.canary("saved_replies", "category")
		base := set{"title": title, "title_folded": title, "category": category, "category_folded": category, "words_folded": title + " " + category, "module_id": nil, "brings_module": false}
		maps.Copy(base, values)
		return f.name("reply."+name, id.SavedReply, f.add("saved_replies", base))
	}
	hello := reply("hello", nil)
	f.text("reply.title", "saved_replies", "title", hello)
	f.text("reply.category", "saved_replies", "category", hello)
	reply("module", set{"module_id": f.rows["bot_modules"][0], "brings_module": true, "file_ids": []any{f.file(blobs, nil)}})
	for _, name := range []string{"spare", "doomed", "own"} {
		values := set{}
		if name == "own" {
			values["visibility"] = "ME"
		}
		reply(name, values)
	}
	f.add("saved_reply_audiences", set{"reply_id": reply("roles", set{"visibility": "ROLES", "title_folded": f.mark + "-b"})})
	f.add("saved_reply_audiences", set{"reply_id": reply("branches", set{"visibility": "BRANCHES", "title_folded": f.mark + "-a"}), "name": f.mark + "-branch"})
	for _, field := range []string{"savedReplyCreate", "savedReplyUpdate"} {
		f.name("upload.automatic."+field, id.Upload, f.file(blobs, f.at.Add(1000*time.Hour)))
	}
	f.add("drafts", set{"conversation_id": ann, "owner_id": admin, "agent_id": admin})
	for i, name := range []string{"hello", "spare", "doomed", "own"} {
		values := set{"name": f.canary("saved_views", "name"), "view": "ALL", "sort": "LAST_MESSAGE", "is_descending": true, "position": i + 1, "agent_id": admin, "visibility": "EVERYBODY", "roles": nil, "columns": []any{"NAME"},
			"filter": fmt.Sprintf(`{"anyTags":[%d],"channels":[%d],"followers":[%d]}`, f.rows["tags"][0], f.rows["channels"][0], admin)}
		switch name {
		case "own":
			values["visibility"] = "ME"
		case "hello":
			values["visibility"], values["roles"] = "ROLES", []any{"ADMIN"}
		}
		f.name("view."+name, id.SavedView, f.add("saved_views", values))
	}
	f.add("drafts", set{"conversation_id": ann, "owner_id": 0, "agent_id": admin})
}

// adverts are those by which a customer came.
func (f *furnisher) adverts(in int64) {
	f.add("adverts", set{"conversation_id": in, "url": "https://" + f.mark + ".example/ad", "picture_url": "https://" + f.mark + ".example/ad.jpg", "at": f.at})
}

// findings are one of each kind in a message.
func (f *furnisher) findings(in, message int64) {
	for i, kind := range []string{"PHONE", "EMAIL", "ADDRESS"} {
		f.add("findings", set{"conversation_id": in, "message_id": message, "position": i, "kind": kind, "at": f.at})
	}
}

// rest is what belongs to nothing else.
func (f *furnisher) rest() {
	channel := f.rows["channels"][0]
	for i := range 3 {
		f.name(fmt.Sprintf("inbound.%d", i), id.InboundEvent, f.add("inbound_events", set{"channel_id": channel, "state": "FAILED", "tried_at": f.at, "raw": `{"canary": "` + f.mark + `-raw"}`}))
	}
	f.add("early_effects", set{"channel_id": channel})
	f.name("job.done", id.Job, f.add("job_runs", set{"state": "FAILED", "total": 2, "done": 2, "failed": 1, "created_by": f.rows["agents"][0], "params": set{"canary": f.canary("job_runs", "params")}, "ended_at": f.at}))
	bulk := f.name("job.bulk", id.Job, f.add("job_runs", set{"kind": "BULK_END", "state": "RUNNING", "total": 2, "done": 1, "failed": 1, "created_by": f.rows["agents"][0],
		"params": set{"action": "END", "agent": f.rows["agents"][0], "canary": f.canary("job_runs", "params")}}))
	f.add("bulk_items", set{"job_id": bulk, "position": 1, "conversation_id": f.rows["conversations"][0], "state": "REFUSED", "params": set{"agent": f.canary("bulk_items", "params")}})
	f.add("bulk_items", set{"job_id": bulk, "position": 2, "conversation_id": f.rows["conversations"][0], "state": "WAITING", "code": "", "reason": "", "params": nil})
	for i, agent := range []int64{f.rows["agents"][0], f.rows["agents"][0], f.rows["agents"][1]} {
		var read any
		if i == 0 {
			read = f.at
		}
		f.name(fmt.Sprintf("note.%d", i), id.Notification, f.add("notifications", set{"agent_id": agent, "read_at": read, "conversation_id": nil, "params": set{"actor": f.canary("notifications", "params"), "role": "@role.ADMIN"}}))
	}
	f.pushes(f.rows["agents"][0])
	for _, operation := range []string{"channelConnect", "contactCreate", "tagCreate", "companyCreate", "agentInvite", "keywordRuleCreate", "botModuleCreate", "savedReplyCreate", "savedViewCreate"} {
		f.add("idempotency_keys", set{"caller": fmt.Sprintf("agent:%d", f.rows["agents"][0]), "key": f.mark + "-key-" + operation, "object_id": f.rows["contacts"][0]})
	}
}

// pushes are devices of an agent, the team's webhook, and what became of notices.
func (f *furnisher) pushes(agent int64) {
	f.add("notice_settings", set{"agent_id": agent})
	f.add("push_keys", nil)
	var family string // a device ends with its sign-in
	if err := f.db.QueryRowContext(f.w.t.Context(), "SELECT family FROM sessions WHERE team_id = $1 AND agent_id = $2 AND revoked_at IS NULL ORDER BY id LIMIT 1", f.id, agent).Scan(&family); err != nil {
		f.w.t.Fatal(err)
	}
	for _, name := range []string{"own", "doomed"} {
		f.name("device."+name, id.PushDevice, f.add("push_subscriptions", set{"agent_id": agent, "family": family, "pushed_at": f.at}))
	}
	f.add("push_webhooks", set{"url": "https://" + f.mark + ".example/relay", "failing_since": f.at, "disabled_at": f.at, "delivered_at": f.at})
	told := f.add("notifications", set{"agent_id": agent, "code": "notice.message", "conversation_id": f.rows["conversations"][0], "message_id": f.rows["messages"][0], "params": set{"customer": f.canary("notifications", "params")}})
	for i := range 3 {
		f.name(fmt.Sprintf("delivery.%d", i), id.PushDelivery, f.add("push_deliveries", set{"notification_id": f.rows["notifications"][i], "subscription_id": 0, "status": 500, "next_try_at": f.at}))
	}
	f.name("delivery.3", id.PushDelivery, f.add("push_deliveries", set{"notification_id": told, "subscription_id": f.rows["push_subscriptions"][0]}))
}

// log is an event of every kind.
func (f *furnisher) log() {
	ann := f.rows["conversations"][0]
	facets := &event.Facets{Status: "IN_PROGRESS", Kind: "ONE_ON_ONE", ChannelID: f.rows["channels"][0], ChannelType: "LINE", FollowerID: f.rows["agents"][0],
		Collaborators: []int64{f.rows["agents"][1]}, TagIDs: []int64{f.rows["tags"][0]}, ContactID: f.rows["contacts"][0], Unread: 1, BranchID: f.mark + "-branch", RegionID: f.mark + "-region"}
	objects := []struct {
		kind         event.Kind
		object       int64
		conversation int64
		agent        int64
	}{
		{event.ConversationCreated, ann, ann, 0}, {event.ConversationChanged, ann, ann, 0}, {event.ConversationRead, ann, ann, 0},
		{event.MessageAdded, f.rows["messages"][0], ann, 0}, {event.MessageChanged, f.rows["messages"][1], ann, 0},
		{event.ContactChanged, f.rows["contacts"][0], 0, 0}, {event.ContactDeleted, 999_999, 0, 0}, {event.CompanyChanged, f.rows["companies"][0], 0, 0}, {event.CompanyDeleted, 999_999, 0, 0},
		{event.ChannelChanged, f.rows["channels"][0], 0, 0}, {event.GroupChanged, f.rows["platform_groups"][0], f.conversation("group"), 0}, {event.TagChanged, f.rows["tags"][0], 0, 0},
		{event.CustomFieldChanged, f.rows["custom_fields"][0], 0, 0}, {event.AutomationChanged, 0, 0, 0}, {event.SavedReplyChanged, f.rows["saved_replies"][0], 0, 0}, {event.SavedViewChanged, f.rows["saved_views"][0], 0, 0},
		{event.DraftChanged, f.rows["drafts"][0], ann, f.rows["agents"][0]}, {event.DraftChanged, f.rows["drafts"][1], ann, 0}, {event.AgentChanged, f.rows["agents"][0], 0, 0},
		{event.NotificationAdded, f.rows["notifications"][0], 0, f.rows["agents"][0]}, {event.NotificationChanged, f.rows["notifications"][1], 0, f.rows["agents"][0]},
		{event.NoticeSettings, f.rows["notice_settings"][0], 0, f.rows["agents"][0]},
		{event.JobChanged, f.rows["job_runs"][0], 0, 0}, {event.ConversationDeleted, 999_999, 999_999, 0},
	}
	for i, o := range objects {
		e := event.Event{Before: facets, After: facets, Actor: event.Actor{Kind: event.ByAgent, ID: f.rows["agents"][0], Rule: f.mark + "-rule"}, RequestID: f.mark + "-request"}
		if o.conversation == 0 {
			e.Before, e.After = nil, nil
		}
		if o.kind == event.ConversationDeleted {
			e.After = nil
		}
		body, err := e.Encode()
		if err != nil {
			f.w.t.Fatal(err)
		}
		f.add("events", set{"seq": i + 1, "id": i + 1, "kind": string(o.kind), "object_id": o.object, "object_version": 1, "conversation_id": o.conversation, "agent_id": o.agent, "body": body})
	}
	f.exec("UPDATE streams SET seq = $1 WHERE team_id = $2", len(objects), f.id)
}

// grow gives cobalt more of everything that amber's counts could have counted.
func (w *world) grow() {
	w.t.Helper()
	for _, q := range []string{
		"UPDATE conversation_counters SET n = n + 100, unread = unread + 1000, unread_conversations = unread_conversations + 50 WHERE team_id = $1",
		"UPDATE tags SET contact_count = contact_count + 100 WHERE team_id = $1",
		"UPDATE conversations SET unread = unread + 100, has_phone = false WHERE team_id = $1",
		"UPDATE notifications SET read_at = NULL WHERE team_id = $1",
		"UPDATE teams SET idle_minutes = 28, connections_per_agent = 800, connections_per_team = 1800 WHERE id = $1",
		"UPDATE platform_groups SET member_count = member_count + 100 WHERE team_id = $1",
		"INSERT INTO employments (team_id, contact_id, company_id) SELECT team_id, id, (SELECT MAX(id) FROM companies WHERE team_id = $1) FROM contacts WHERE team_id = $1",
		"INSERT INTO attempts (team_id, message_id, number, retry_key, fence, started_at) SELECT team_id, message_id, number + 1, retry_key, fence, started_at FROM attempts WHERE team_id = $1",
	} {
		if _, err := w.within(w.cobalt.id).ExecContext(w.t.Context(), q, w.cobalt.id); err != nil {
			w.t.Fatalf("%s: %v", q, err)
		}
	}
}

// teamTables are all tables of the database that hold rows of teams, generated or not.
func (w *world) teamTables() []string {
	w.t.Helper()
	q := `SELECT c.table_name FROM information_schema.columns c JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name
		WHERE c.table_schema = 'public' AND c.column_name = 'team_id' AND t.table_type = 'BASE TABLE' ORDER BY 1`
	if w.dialect == "sqlite" {
		q = "SELECT m.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name = 'team_id' ORDER BY 1"
	}
	return append(w.column(q), "teams")
}

func (w *world) column(q string, args ...any) []string {
	w.t.Helper()
	rows, err := w.db.QueryContext(w.t.Context(), q, args...)
	if err != nil {
		w.t.Fatalf("%s: %v", q, err)
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var s sql.NullString
		if err := rows.Scan(&s); err != nil {
			w.t.Fatal(err)
		}
		all = append(all, s.String)
	}
	if err := rows.Err(); err != nil {
		w.t.Fatal(err)
	}
	return all
}

// dump is every row of a team, by table.
func (w *world) dump(team int64) map[string][]string {
	w.t.Helper()
	all := map[string][]string{}
	for _, table := range w.teamTables() {
		column := "team_id"
		if table == "teams" {
			column = "id"
		}
		all[table] = w.rowsOf(table, "WHERE "+column+" = $1", team)
	}
	return all
}

// rowsOf are rows of a table, each as one text, sorted.
func (w *world) rowsOf(table, where string, args ...any) []string {
	w.t.Helper()
	rows, err := w.db.QueryContext(w.t.Context(), fmt.Sprintf(`SELECT * FROM "%s" %s`, table, where), args...)
	if err != nil {
		w.t.Fatal(err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		w.t.Fatal(err)
	}
	var all []string
	for rows.Next() {
		values := make([]any, len(names))
		for i := range values {
			values[i] = new(any)
		}
		if err := rows.Scan(values...); err != nil {
			w.t.Fatal(err)
		}
		var b strings.Builder
		for i, v := range values {
			x := *(v.(*any))
			if raw, ok := x.([]byte); ok {
				x = string(raw)
			}
			fmt.Fprintf(&b, "%s=%v ", names[i], x)
		}
		all = append(all, b.String())
	}
	if err := rows.Err(); err != nil {
		w.t.Fatal(err)
	}
	slices.Sort(all)
	return all
}

// changed says which rows two dumps do not share.
func changed(before, after map[string][]string) []string {
	var all []string
	for _, table := range slices.Sorted(maps.Keys(after)) {
		for _, row := range after[table] {
			if !slices.Contains(before[table], row) {
				all = append(all, table+": now "+row)
			}
		}
	}
	for _, table := range slices.Sorted(maps.Keys(before)) {
		for _, row := range before[table] {
			if !slices.Contains(after[table], row) {
				all = append(all, table+": was "+row)
			}
		}
	}
	return all
}

// The furnishing is whole: of every table of teams each team has a row, and every column of text holds a canary of the team, or a word that
// is listed as one. A new table or column that nobody furnished is found here.
func (w *world) checkFurnished(t *testing.T) {
	t.Helper()
	used := map[string]bool{}
	for _, x := range []*team{w.amber, w.cobalt} {
		all := w.dump(x.id)
		for _, table := range tables() {
			if len(all[table.Name]) == 0 {
				t.Errorf("%s has no row of %s: furnish it", table.Name, x.mark)
				continue
			}
			for _, c := range table.Columns {
				name := table.Name + "." + c.Name
				if _, isWord := words[name]; isWord {
					used[name] = true
					continue
				}
				if !isText(c) {
					continue
				}
				if !slices.ContainsFunc(all[table.Name], func(row string) bool {
					_, v, _ := strings.Cut(row, c.Name+"=")
					return strings.Contains(v, x.mark)
				}) {
					t.Errorf("%s holds no canary of %s", name, x.mark)
				}
			}
		}
	}
	for name := range words {
		if !used[name] {
			t.Errorf("%s is listed as a column of words, and there is none", name)
		}
	}
}
