package data

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/switchyard-chat/switchyard/channels/line"
	"github.com/switchyard-chat/switchyard/desk/search"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/seal"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/testkit/corpus"
	"github.com/switchyard-chat/switchyard/internal/text"
)

// Load makes the tables and fills them. The database must be empty, and url a superuser's, who may leave triggers out. tell is told of each step.
func Load(ctx context.Context, url string, s Size, tell func(step string, took time.Duration)) error {
	if err := opened(ctx, url, func(db *store.DB) error { return prepare(ctx, db) }); err != nil {
		return err
	}
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close(context.WithoutCancel(ctx)) }()
	l := &load{Size: s, c: c}
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"plan", l.plan}, {"leave indexes out", l.begin}, {"workspace", l.workspace}, {"contacts", l.contacts}, {"conversations", l.conversations},
		{"messages", l.messages}, {"grams of messages", l.grams}, {"grams of names", l.names}, {"indexes", l.indexes}, {"vacuum", l.end},
	} {
		begun := time.Now()
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("load %s: %w", step.name, err)
		}
		tell(step.name, time.Since(begun))
	}
	return nil
}

// Migrate brings the tables of a loaded database to the present.
func Migrate(ctx context.Context, url string) error {
	return opened(ctx, url, func(db *store.DB) error { return db.Migrate(ctx) })
}

func opened(ctx context.Context, url string, f func(*store.DB) error) error {
	db, err := store.Open(ctx, store.Config{URL: url, MaxConns: 2, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	return errors.Join(f(db), db.Close())
}

// prepare makes the tables and the teams, as the program does.
func prepare(ctx context.Context, db *store.DB) error {
	if err := db.Migrate(ctx); err != nil {
		return err
	}
	if err := newTeam(ctx, db, "large", Large); err != nil {
		return err
	}
	return newTeam(ctx, db, "small", SmallTeam)
}

func newTeam(ctx context.Context, db *store.DB, name string, want int64) error {
	got, err := db.CreateTeam(ctx, store.NewTeam{Slug: name, Name: name, Language: "en", TimeZone: "Asia/Taipei", Country: "TW", JoinsNames: true})
	if err == nil && got != want {
		err = fmt.Errorf("team %s has the id %d: the database was not empty", name, got)
	}
	return err
}

type load struct {
	Size
	c    *pgx.Conn
	kept []string // statements that make the indexes again
	// By conversation, from 0: its first, second and last message, and the last two directions' last.
	first, second, last, lastIn []int64
	seq                         []int64
	tally                       map[likeness]*tally
	tagged                      map[int64]int64
}

type likeness struct {
	team, channel, follower int64
	status, queue, kind     string
}

type tally struct{ n, unreadConversations, unread int64 }

func (l *load) all() int64 { return int64(l.Conversations + l.Small) }

func (l *load) plan(context.Context) error {
	n := l.all()
	l.first, l.second, l.last, l.lastIn, l.seq = make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n)
	l.tally, l.tagged = map[likeness]*tally{}, map[int64]int64{}
	return l.each(func(m said) error {
		i := m.conversation - 1
		switch m.seq {
		case 1:
			l.first[i] = m.k
		case 2:
			l.second[i] = m.k
		}
		if m.seq != l.seq[i]+1 {
			return fmt.Errorf("message %d has the place %d after %d", m.k, m.seq, l.seq[i])
		}
		l.last[i], l.seq[i] = m.k, m.seq
		if m.isIn() {
			l.lastIn[i] = m.k
		}
		return nil
	})
}

// bulky are the tables whose indexes are made once the rows are there.
var bulky = []string{"contacts", "contact_phones", "contact_emails", "identities", "conversations", "participants", "taggings", "custom_field_values", "messages",
	"attempts", "search_messages", "search_names"}

// begin leaves out what costs with every row: triggers, foreign keys, and the indexes that no foreign key needs.
func (l *load) begin(ctx context.Context) error {
	for _, q := range []string{"SET session_replication_role = replica", "SET synchronous_commit = off", "SET maintenance_work_mem = '1GB'", "SET work_mem = '256MB'"} {
		if _, err := l.c.Exec(ctx, q); err != nil {
			return err
		}
	}
	rows, err := l.c.Query(ctx, `SELECT c.relname, pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
		WHERE i.indrelid = ANY(SELECT t::regclass FROM unnest($1::text[]) t) AND NOT EXISTS (SELECT 1 FROM pg_constraint x WHERE x.conindid = i.indexrelid)`, bulky)
	if err != nil {
		return err
	}
	var names []string
	var name, statement string
	if _, err := pgx.ForEachRow(rows, []any{&name, &statement}, func() error {
		names, l.kept = append(names, pgx.Identifier{name}.Sanitize()), append(l.kept, statement)
		return nil
	}); err != nil {
		return err
	}
	_, err = l.c.Exec(ctx, "DROP INDEX "+strings.Join(names, ", "))
	return err
}

// base is when things were made that were there from the beginning.
func (l *load) base() time.Time { return l.at(-1000) }

func (l *load) workspace(ctx context.Context) error {
	now := l.base()
	if err := fill(ctx, l.c, "agents", "id, team_id, created_at, updated_at, email, email_folded, name, name_folded, role, status, permissions", func(r *rows) error {
		for id := int64(1); id <= agents+smallAgents; id++ {
			team, role, permissions := Large, "AGENT", `["SEND_MESSAGES"]`
			if id > agents {
				team = SmallTeam
			}
			if id == Boss || id == SmallBoss {
				role, permissions = "ADMIN", `["SEND_MESSAGES","MANAGE_OTHERS","SEE_PERSONAL_DATA"]`
			}
			mail, name := fmt.Sprintf("agent%d@bench.example", id), fmt.Sprintf("客服 %d", id)
			r.num(id)
			r.num(team)
			r.time(now)
			r.time(now)
			r.text(mail)
			r.text(mail)
			r.text(name)
			r.text(text.Fold(name))
			r.text(role)
			r.text("ACTIVE")
			r.text(permissions)
			if err := r.end(); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	if _, err := l.c.Exec(ctx, `INSERT INTO roles (team_id, created_at, updated_at, role, permissions) SELECT t, $1, $1, r, '["SEND_MESSAGES"]'
		FROM unnest(ARRAY[$2::bigint, $3]) t, unnest(ARRAY['ADMIN', 'AGENT']) r`, now, Large, SmallTeam); err != nil {
		return err
	}
	until := time.Now().AddDate(1, 0, 0)
	if err := fill(ctx, l.c, "sessions", "team_id, agent_id, family, access_hash, refresh_hash, access_expires_at, refresh_expires_at, created_at", func(r *rows) error {
		for id := int64(1); id <= agents+smallAgents; id++ {
			sum := sha256.Sum256([]byte(Token(id)))
			team := Large
			if id > agents {
				team = SmallTeam
			}
			r.num(team)
			r.num(id)
			r.text(fmt.Sprintf("bench-%d", id))
			r.text(hex.EncodeToString(sum[:]))
			r.text(fmt.Sprintf("bench-%d", id))
			r.time(until)
			r.time(until)
			r.time(now)
			if err := r.end(); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	return errors.Join(l.channel(ctx, Large, LargeChannel), l.channel(ctx, SmallTeam, SmallChannel), l.fields(ctx))
}

func (l *load) channel(ctx context.Context, team, id int64) error {
	keys, err := seal.NewKeyring(seal.Hide(SecretKey), random.New())
	if err != nil {
		return err
	}
	plain, err := json.Marshal(map[string]string{line.ChannelSecret: ChannelSecret, line.ChannelAccessToken: AccessToken})
	if err != nil {
		return err
	}
	place := "channel:" + strconv.FormatInt(team, 10) + ":" + strconv.FormatInt(id, 10)
	_, err = l.c.Exec(ctx, `INSERT INTO channels (id, team_id, created_at, updated_at, type, name, webhook_key, platform_id, claim, credentials, account_name, can_list_members)
		VALUES ($1, $2, $3, $3, 'LINE', '官方帳號', $4, $5::text, 'LINE:' || $5::text, $6, '官方帳號', true)`, id, team, l.base(), WebhookKey(team), BotID(team), keys.Seal(plain, place))
	return err
}

func (l *load) fields(ctx context.Context) error {
	options := make([]map[string]string, Cities)
	for i := range options {
		options[i] = map[string]string{"id": CityOption(i), "label": fmt.Sprintf("城市 %d", i)}
	}
	list, err := json.Marshal(options)
	if err != nil {
		return err
	}
	now := l.base()
	_, err = l.c.Exec(ctx, `INSERT INTO custom_field_categories (id, team_id, created_at, updated_at, name, name_folded) VALUES (1, $1, $2, $2, '會員', '會員')`, Large, now)
	if err != nil {
		return err
	}
	_, err = l.c.Exec(ctx, `INSERT INTO custom_fields (id, team_id, created_at, updated_at, name, name_folded, type, options, position, category_id) VALUES
		($1, $2, $3, $3, '城市', '城市', 'SINGLE_CHOICE', $4::jsonb, 0, 1), ($5, $2, $3, $3, '累計消費', '累計消費', 'NUMBER', NULL, 1, 1)`, City, Large, now, string(list), Spent)
	return err
}

// CityOption is the id of a value of the field City.
func CityOption(n int) string { return fmt.Sprintf("c%d", n) }

// person is what a contact is like.
type person struct {
	name         string
	tags         []int64
	phone, email string
	city         int // -1 for none
	spent        int
}

func (l *load) person(id int64) person {
	d := roll(forContact, uint64(id)) //nolint:gosec // ids are not negative
	p := person{name: corpus.Name(d.draw), city: -1}
	if d.draw(5) == 0 {
		p.name = []string{"Ann ", "Ben ", "Cleo ", "Dan ", "Eve "}[d.draw(5)] + strconv.Itoa(d.draw(10_000))
	}
	first, many := int64(1), Tags
	if id > int64(l.Conversations) {
		first, many = Tags+1, 5
	}
	for range d.draw(4) {
		p.tags = append(p.tags, first+int64(min(d.draw(many), d.draw(many))))
	}
	slices.Sort(p.tags)
	p.tags = slices.Compact(p.tags)
	if d.draw(10) < 3 {
		p.phone = fmt.Sprintf("09%08d", id)
	}
	if d.draw(10) < 3 {
		p.email = fmt.Sprintf("customer%d@mail.example", id)
	}
	if id <= int64(l.Conversations) {
		p.city, p.spent = d.draw(Cities), d.draw(10_000)
	}
	return p
}

func (l *load) teamOf(id int64) (team, channel int64) {
	if id > int64(l.Conversations) {
		return SmallTeam, SmallChannel
	}
	return Large, LargeChannel
}

// eachContact writes what f writes for every contact.
func (l *load) eachContact(ctx context.Context, table, columns string, f func(r *rows, id, team int64, p person) error) error {
	return fill(ctx, l.c, table, columns, func(r *rows) error {
		for id := int64(1); id <= l.all(); id++ {
			team, _ := l.teamOf(id)
			if err := f(r, id, team, l.person(id)); err != nil {
				return err
			}
		}
		return nil
	})
}

func (l *load) contacts(ctx context.Context) error {
	if err := l.eachContact(ctx, "contacts", "id, team_id, created_at, updated_at, first_name, name, name_folded, tag_ids", func(r *rows, id, team int64, p person) error {
		at := l.at(l.first[id-1])
		r.num(id)
		r.num(team)
		r.time(at)
		r.time(at)
		r.text(p.name)
		r.text(p.name)
		r.text(text.Fold(p.name))
		r.list(p.tags)
		for _, t := range p.tags {
			l.tagged[t]++
		}
		return r.end()
	}); err != nil {
		return err
	}
	if err := l.eachContact(ctx, "identities", "id, team_id, created_at, updated_at, platform_user_id, display_name, reach, profile_fetched_at, first_seen_at, channel_id, contact_id",
		func(r *rows, id, team int64, p person) error {
			at := l.at(l.first[id-1])
			_, channel := l.teamOf(id)
			r.num(id)
			r.num(team)
			r.time(at)
			r.time(at)
			r.text(UserID(id))
			r.text(p.name)
			r.text("REACHABLE")
			r.time(time.Now())
			r.time(at)
			r.num(channel)
			r.num(id)
			return r.end()
		}); err != nil {
		return err
	}
	if err := l.eachContact(ctx, "taggings", "team_id, first_at, last_at, tag_id, contact_id", func(r *rows, id, team int64, p person) error {
		for _, t := range p.tags {
			at := l.at(l.first[id-1])
			r.num(team)
			r.time(at)
			r.time(at)
			r.num(t)
			r.num(id)
			if err := r.end(); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	if err := l.eachContact(ctx, "contact_phones", "team_id, typed, e164, digits, contact_id", func(r *rows, id, team int64, p person) error {
		if p.phone == "" {
			return nil
		}
		r.num(team)
		r.text(p.phone)
		r.text("+886" + p.phone[1:])
		r.text(p.phone)
		r.num(id)
		return r.end()
	}); err != nil {
		return err
	}
	if err := l.eachContact(ctx, "contact_emails", "team_id, email, email_folded, contact_id", func(r *rows, id, team int64, p person) error {
		if p.email == "" {
			return nil
		}
		r.num(team)
		r.text(p.email)
		r.text(p.email)
		r.num(id)
		return r.end()
	}); err != nil {
		return err
	}
	if err := l.eachContact(ctx, "custom_field_values", "team_id, field_id, contact_id, key_value, number_value, text_value", func(r *rows, id, team int64, p person) error {
		if p.city < 0 {
			return nil
		}
		r.num(team)
		r.num(City)
		r.num(id)
		r.text(CityOption(p.city))
		r.null()
		r.null()
		if err := r.end(); err != nil {
			return err
		}
		r.num(team)
		r.num(Spent)
		r.num(id)
		r.null()
		r.num(int64(p.spent))
		r.num(int64(p.spent))
		return r.end()
	}); err != nil {
		return err
	}
	return l.tags(ctx)
}

func (l *load) tags(ctx context.Context) error {
	return fill(ctx, l.c, "tags", "id, team_id, created_at, updated_at, name, name_folded, colour, contact_count", func(r *rows) error {
		for id := int64(1); id <= Tags+5; id++ {
			team := Large
			if id > Tags {
				team = SmallTeam
			}
			name := fmt.Sprintf("標籤 %d", id)
			r.num(id)
			r.num(team)
			r.time(l.base())
			r.time(l.base())
			r.text(name)
			r.text(text.Fold(name))
			r.text("RED")
			r.num(l.tagged[id])
			if err := r.end(); err != nil {
				return err
			}
		}
		return nil
	})
}

// preview is how many characters of a text a row shows.
const preview = 100

// textOf is the text of a message.
func (l *load) textOf(k int64) string {
	d := roll(forText, uint64(k)) //nolint:gosec // k is not negative
	return corpus.Message(d.draw, int(k), l.Messages)
}

func (l *load) conversations(ctx context.Context) error {
	err := fill(ctx, l.c, "conversations", `id, team_id, created_at, updated_at, channel_type, kind, status, queue, last_follower_id, collaborator_ids, followed_at, ended_at,
		message_seq, last_at, last_message_id, last_message_seq, last_message_kind, last_message_sender, last_message_preview, last_message_at, name, name_folded, tag_ids,
		unread, read_seq, waiting_since, customer_at, has_phone, channel_id, identity_id, contact_id, follower_id`, func(r *rows) error {
		for id := int64(1); id <= l.all(); id++ {
			if err := l.conversation(r, id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := fill(ctx, l.c, "participants", "team_id, part, position, since, conversation_id, agent_id", func(r *rows) error {
		for id := int64(1); id <= l.all(); id++ {
			team, _ := l.teamOf(id)
			st := l.stateOf(id)
			add := func(part string, agent int64) error {
				r.num(team)
				r.text(part)
				r.num(0)
				r.time(l.at(l.second[id-1]))
				r.num(id)
				r.num(agent)
				return r.end()
			}
			if st.follower != 0 {
				if err := add("FOLLOWER", st.follower); err != nil {
					return err
				}
			}
			for _, a := range l.collaborators(id, st) {
				if err := add("COLLABORATOR", a); err != nil {
					return err
				}
			}
		}
		return nil
	}); err != nil {
		return err
	}
	return fill(ctx, l.c, "conversation_counters", "team_id, channel_id, branch_id, region_id, kind, status, queue, follower_id, n, unread_conversations, unread", func(r *rows) error {
		for k, t := range l.tally {
			r.num(k.team)
			r.num(k.channel)
			r.text("")
			r.text("")
			r.text(k.kind)
			r.text(k.status)
			r.text(k.queue)
			r.num(k.follower)
			r.num(t.n)
			r.num(t.unreadConversations)
			r.num(t.unread)
			if err := r.end(); err != nil {
				return err
			}
		}
		return nil
	})
}

func (l *load) conversation(r *rows, id int64) error {
	i := id - 1
	team, channel := l.teamOf(id)
	st, p := l.stateOf(id), l.person(id)
	with := l.collaborators(id, st)
	kind := "ONE_ON_ONE"
	if len(with) > 0 {
		kind = "COLLABORATION"
	}
	last := said{k: l.last[i], seq: l.seq[i]}
	sender := "AGENT"
	var unread, read int64
	isOpen := st.status != "ENDED"
	waits := time.Time{}
	read = l.seq[i]
	if last.isIn() {
		sender = "CONTACT"
		if isOpen {
			waits = l.at(last.k)
			if !isRead(id) {
				unread, read = 1, l.seq[i]-1
			}
		}
	}
	at := l.at(last.k)
	optional := func(t time.Time) {
		if t.IsZero() {
			r.null()
			return
		}
		r.time(t)
	}
	var followed, ended time.Time
	if st.follower != 0 {
		followed = l.at(l.second[i])
	}
	if !isOpen {
		ended = at
	}
	r.num(id)
	r.num(team)
	r.time(l.at(l.first[i]))
	r.time(at)
	r.text("LINE")
	r.text(kind)
	r.text(st.status)
	r.text(st.queue)
	r.opt(st.follower)
	r.list(with)
	optional(followed)
	optional(ended)
	r.num(l.seq[i])
	r.time(at)
	r.num(last.k + 1)
	r.num(last.seq)
	r.text("TEXT")
	r.text(sender)
	r.text(text.Cut(text.Line(l.textOf(last.k)), preview))
	r.time(at)
	r.text(p.name)
	r.text(text.Fold(p.name))
	r.list(p.tags)
	r.num(unread)
	r.num(read)
	optional(waits)
	r.time(l.at(l.lastIn[i]))
	r.text(strconv.FormatBool(p.phone != ""))
	r.num(channel)
	r.num(id)
	r.num(id)
	r.opt(st.follower)
	k := likeness{team: team, channel: channel, follower: st.follower, status: st.status, kind: kind}
	if st.status == "PENDING" { // only those have a queue that counts
		k.queue = st.queue
	}
	t := l.tally[k]
	if t == nil {
		t = &tally{}
		l.tally[k] = t
	}
	t.n++
	t.unread += unread
	if unread > 0 {
		t.unreadConversations++
	}
	return r.end()
}

func (l *load) messages(ctx context.Context) error {
	err := fill(ctx, l.c, "messages", `id, team_id, created_at, updated_at, channel_id, seq, direction, sender, sender_name, kind, text, platform_message_id, platform_at,
		delivery, retry_key, retry_key_at, sent_at, author, client_message_id, conversation_id, agent_id, identity_id`, func(r *rows) error {
		return l.each(func(m said) error {
			at := l.at(m.k)
			st := l.stateOf(m.conversation)
			agent := st.follower
			if agent == 0 {
				agent = Boss
				if m.isSmall {
					agent = SmallBoss
				}
			}
			r.num(m.k + 1)
			r.num(m.team())
			r.time(at)
			r.time(at)
			r.num(m.channel())
			r.num(m.seq)
			if m.isIn() {
				r.text("INBOUND")
				r.text("CONTACT")
				r.text(l.person(m.conversation).name)
			} else {
				r.text("OUTBOUND")
				r.text("AGENT")
				r.text(fmt.Sprintf("客服 %d", agent))
			}
			r.text("TEXT")
			r.text(l.textOf(m.k))
			r.text(fmt.Sprintf("bench-%d", m.k))
			if m.isIn() {
				r.time(at)
				r.text("NONE")
				r.text("")
				r.null()
				r.null()
				r.text("")
				r.null()
				r.num(m.conversation)
				r.null()
				r.num(m.conversation)
				return r.end()
			}
			r.null()
			if m.k == l.last[m.conversation-1] {
				r.text("SENT")
			} else {
				r.text("READ")
			}
			r.text(fmt.Sprintf("00000000-0000-4000-8000-%012x", m.k))
			r.time(at)
			r.time(at)
			r.text(fmt.Sprintf("agent:%d", agent))
			r.text(fmt.Sprintf("c%d", m.k))
			r.num(m.conversation)
			r.num(agent)
			r.null()
			return r.end()
		})
	})
	if err != nil {
		return err
	}
	return fill(ctx, l.c, "attempts", "team_id, number, retry_key, fence, started_at, ended_at, outcome, status, message_id", func(r *rows) error {
		return l.each(func(m said) error {
			if m.isIn() {
				return nil
			}
			r.num(m.team())
			r.num(1)
			r.text(fmt.Sprintf("00000000-0000-4000-8000-%012x", m.k))
			r.num(1)
			r.time(l.at(m.k))
			r.time(l.at(m.k))
			r.text("SENT")
			r.num(200)
			r.num(m.k + 1)
			return r.end()
		})
	})
}

func (l *load) grams(ctx context.Context) error {
	return fill(ctx, l.c, "search_messages", "team_id, message_id, conversation_id, at, grams", func(r *rows) error {
		return l.each(func(m said) error {
			r.num(m.team())
			r.num(m.k + 1)
			r.num(m.conversation)
			r.time(l.at(m.k))
			r.grams(search.Numbers(m.team(), m.k+1, l.textOf(m.k)))
			return r.end()
		})
	})
}

// names writes the grams of names as the triggers would, which were left out.
func (l *load) names(ctx context.Context) error {
	for _, q := range []string{
		`SELECT 1, id, team_id, search_grams(1, team_id, name_folded || E'\n' || note_folded || E'\n' || membership_folded) FROM contacts`,
		`SELECT 2, id, team_id, search_grams(2, team_id, email_folded) FROM contact_emails`,
		`SELECT 3, id, team_id, search_grams(3, team_id, digits || E'\n' || e164) FROM contact_phones`,
		`SELECT 5, id, team_id, search_grams(5, team_id, name_folded) FROM conversations`,
	} {
		if _, err := l.c.Exec(ctx, "INSERT INTO search_names (kind, id, team_id, grams) "+q); err != nil {
			return err
		}
	}
	_, err := l.c.Exec(ctx, "INSERT INTO search_progress (id, low, high) VALUES (1, 0, $1)", l.Messages)
	return err
}

func (l *load) indexes(ctx context.Context) error {
	for _, q := range l.kept {
		if _, err := l.c.Exec(ctx, q); err != nil {
			return fmt.Errorf("%s: %w", q, err)
		}
	}
	// The next row of each table gets the number after those that were given.
	_, err := l.c.Exec(ctx, `DO $$ DECLARE t text; BEGIN
		FOR t IN SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'id' AND is_identity = 'YES' LOOP
			EXECUTE format('SELECT setval(pg_get_serial_sequence(%L, ''id''), GREATEST((SELECT COALESCE(MAX(id), 0) FROM %I), 0) + 1, false)', quote_ident(t), t);
		END LOOP; END $$`)
	return err
}

func (l *load) end(ctx context.Context) error {
	_, err := l.c.Exec(ctx, "VACUUM (ANALYZE, FREEZE)")
	return err
}
