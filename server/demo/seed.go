// Package demo makes a demo team and lets simulated customers write to it. Its secrets are public: a server that was not started for a
// demo refuses a database that holds them.
package demo

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/switchyard-chat/switchyard/channels"
	conversing "github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/finding"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/desk/search"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/agent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/contact"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/customfield"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/group"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/groupmember"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/identity"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/message"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/participant"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/text"
)

// What the demo team is made of.
const (
	Team      = "demo"
	Password  = "switchyard-demo"
	contacts  = 300
	onSecond  = 199 // of them write to the second account too: with the group that makes 500 conversations
	groupSize = 12
)

// Account is a demo account one can sign in with.
type Account struct {
	Email string
	Name  string
	Role  auth.Role
}

// Accounts are the demo team's agents: one of every role, and a second one who answers.
var Accounts = []Account{
	{"admin@demo.example", "Ada 管理員", auth.Admin},
	{"supervisor@demo.example", "Sam 主管", auth.Supervisor},
	{"manager@demo.example", "Mei 客服經理", auth.CSManager},
	{"marketing@demo.example", "Max 行銷客服", auth.MarketingCS},
	{"agent@demo.example", "Amy 客服", auth.AgentRole},
	{"agent2@demo.example", "Jess 客服", auth.AgentRole},
	{"salesmanager@demo.example", "Sean 銷售經理", auth.SalesManager},
	{"sales@demo.example", "Sara 銷售", auth.Sales},
}

// Line is one demo account on LINE. Key is the last part of its webhook's address.
type Line struct{ Key, Secret, Token, ChannelID, UserID, Handle, Name string }

// Lines are the demo team's LINE accounts. The first is the one that documents and tests name.
var Lines = []Line{
	{"demo-line", "demo-line-channel-secret", "demo-line-access-token", "2000000001", "U00000000000000000000000000000001", "@demoshop", "Demo Shop 官方帳號"},
	{"demo-line-store", "demo-line-store-channel-secret", "demo-line-store-access-token", "2000000002", "U00000000000000000000000000000002", "@demostore", "Demo Store 信義門市"},
}

// GroupID is the demo group on the first account, as LINE names it.
const GroupID = "C00000000000000000000000000000001"

// UserID is the n-th demo customer on the first account (0) or the second (1), as LINE names it.
func UserID(line, n int) string { return fmt.Sprintf("U%031x%x", 0xdE3000+n, line) }

// Connect makes a channel of one of Lines in the transaction.
type Connect func(ctx context.Context, tx *store.Tx, l Line) (*ent.Channel, error)

// Seed fills a team that was just made, whose only agent is the first of Accounts and has set Password: agents, channels, tags, custom
// fields, contacts, conversations, a group.
func Seed(ctx context.Context, db *store.DB, team int64, connect Connect) error {
	_, err := db.Write(ctx, team, func(ctx context.Context, tx *store.Tx) error {
		s := &seeding{tx: tx, random: random.Seeded(7), connect: connect}
		for _, step := range []func(context.Context) error{s.agents, s.channels, s.tags, s.fields, s.contacts, s.conversations, s.group} {
			if err := step(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("make the demo team: %w", err)
	}
	return nil
}

// seeding is one run of Seed.
type seeding struct {
	tx       *store.Tx
	random   *random.Source
	connect  Connect
	agentIDs []int64
	lines    []*ent.Channel
	tagIDs   []int64
	people   []*ent.Contact
	// known are the identities by line and contact.
	known [2][]*ent.Identity
}

// ago is a moment before now.
func (s *seeding) ago(d time.Duration) time.Time { return s.tx.Now.Add(-d).Truncate(time.Microsecond) }

func (s *seeding) agents(ctx context.Context) error {
	if err := s.tx.Client.Team.UpdateOneID(s.tx.Team).SetCollaborates(true).Exec(ctx); err != nil {
		return err
	}
	admin, err := s.tx.Agent.Query().Only(ctx)
	if err != nil {
		return err
	}
	if err := admin.Update().SetName(Accounts[0].Name).SetNameFolded(text.Fold(Accounts[0].Name)).Exec(ctx); err != nil {
		return err
	}
	s.agentIDs = append(s.agentIDs, admin.ID)
	for _, who := range Accounts[1:] {
		a, err := s.tx.Agent.Create().SetTeamID(s.tx.Team).SetEmail(who.Email).SetEmailFolded(text.Fold(who.Email)).SetName(who.Name).SetNameFolded(text.Fold(who.Name)).
			SetRole(agent.Role(who.Role)).SetStatus(agent.StatusACTIVE).SetPasswordHash(admin.PasswordHash).SetCreatedAt(s.tx.Now).SetUpdatedAt(s.tx.Now).Save(ctx)
		if err != nil {
			return err
		}
		s.agentIDs = append(s.agentIDs, a.ID)
	}
	return nil
}

func (s *seeding) channels(ctx context.Context) error {
	for _, l := range Lines {
		ch, err := s.connect(ctx, s.tx, l)
		if err != nil {
			return err
		}
		s.lines = append(s.lines, ch)
	}
	return s.tx.ChannelInformation.Create().SetTeamID(s.tx.Team).SetChannelID(s.lines[0].ID).SetIsOn(true).SetText("退換貨請在七天內提出,並附上訂單編號。\n週一公休。").
		SetCreatedAt(s.tx.Now).SetUpdatedAt(s.tx.Now).Exec(ctx)
}

func (s *seeding) tags(ctx context.Context) error {
	for i, t := range []struct{ name, colour string }{
		{"VIP", "RED"}, {"新客戶", "GREEN"}, {"團購", "ORANGE"}, {"退換貨", "PURPLE"}, {"Newsletter", "BLUE"}, {"批發", "TEAL"}, {"待回電", "YELLOW"}, {"金卡會員", "INDIGO"},
	} {
		count := 0
		for n := range contacts {
			if carries(n, i) {
				count++
			}
		}
		g, err := s.tx.Tag.Create().SetTeamID(s.tx.Team).SetName(t.name).SetNameFolded(text.Fold(t.name)).SetColour(t.colour).SetContactCount(count).
			SetCreatedAt(s.tx.Now).SetUpdatedAt(s.tx.Now).Save(ctx)
		if err != nil {
			return err
		}
		s.tagIDs = append(s.tagIDs, g.ID)
	}
	return nil
}

// carries says whether the n-th contact carries the i-th tag.
func carries(n, i int) bool { return (n*7+i*13)%(5+2*i) == 0 }

func (s *seeding) fields(ctx context.Context) error {
	make := func(category, position int, id int64, name string, typ customfield.Type, options ...map[string]string) error {
		return s.tx.CustomField.Create().SetTeamID(s.tx.Team).SetCategoryID(id).SetName(name).SetNameFolded(text.Fold(name)).SetType(typ).SetOptions(options).
			SetPosition(position).SetCreatedAt(s.tx.Now).SetUpdatedAt(s.tx.Now).Exec(ctx)
	}
	option := func(id, label string) map[string]string { return map[string]string{"id": id, "label": label} }
	var ids []int64
	for i, name := range []string{"會員資料", "偏好"} {
		g, err := s.tx.Category.Create().SetTeamID(s.tx.Team).SetName(name).SetNameFolded(text.Fold(name)).SetPosition(i).SetCreatedAt(s.tx.Now).SetUpdatedAt(s.tx.Now).Save(ctx)
		if err != nil {
			return err
		}
		ids = append(ids, g.ID)
	}
	for _, err := range []error{
		make(0, 0, ids[0], "累計消費", customfield.TypeNUMBER),
		make(0, 1, ids[0], "入會日期", customfield.TypeDATE),
		make(0, 2, ids[0], "電子報", customfield.TypeBOOLEAN),
		make(0, 3, ids[0], "最近下單", customfield.TypeDATETIME),
		make(1, 0, ids[1], "尺寸", customfield.TypeSINGLE_CHOICE, option("s", "S"), option("m", "M"), option("l", "L"), option("xl", "XL")),
		make(1, 1, ids[1], "興趣", customfield.TypeMULTI_CHOICE, option("run", "跑步"), option("hike", "登山"), option("yoga", "瑜伽"), option("swim", "游泳")),
		make(1, 2, ids[1], "備用信箱", customfield.TypeEMAIL),
		make(1, 3, ids[1], "個人網站", customfield.TypeURL),
		make(1, 4, ids[1], "送貨備註", customfield.TypeTEXT),
	} {
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *seeding) contacts(ctx context.Context) error {
	bulk := make([]*ent.ContactCreate, contacts)
	for n := range bulk {
		p := name(n)
		shown := p.first + p.last
		if isEnglish(n) {
			shown = p.first + " " + p.last
		}
		var tags []int64
		for i, id := range s.tagIDs {
			if carries(n, i) {
				tags = append(tags, id)
			}
		}
		at := s.ago(time.Duration(contacts-n) * 7 * time.Hour)
		month := n%12 + 1
		bulk[n] = s.tx.Contact.Create().SetTeamID(s.tx.Team).SetFirstName(p.first).SetLastName(p.last).SetName(shown).SetNameFolded(text.Fold(shown)).
			SetMembershipNo(fmt.Sprintf("M%05d", 10000+n)).SetMembershipFolded(fmt.Sprintf("m%05d", 10000+n)).SetGender([]contact.Gender{contact.GenderFEMALE, contact.GenderMALE, contact.GenderUNDISCLOSED}[n%3]).
			SetBirthAt(fmt.Sprintf("%d-%02d-%02d", 1960+n%45, month, n%28+1)).SetBirthMonth(month).SetTagIds(tags).SetCreatedAt(at).SetUpdatedAt(at)
	}
	var err error
	if s.people, err = s.tx.Contact.CreateBulk(bulk...).Save(ctx); err != nil {
		return err
	}
	var phones []*ent.ContactPhoneCreate
	var mails []*ent.ContactEmailCreate
	var taggings []*ent.TaggingCreate
	for n, p := range s.people {
		if n%4 != 3 {
			digits := fmt.Sprintf("09%08d", 12000000+n*37)
			phones = append(phones, s.tx.ContactPhone.Create().SetTeamID(s.tx.Team).SetContactID(p.ID).SetTyped(digits[:4]+"-"+digits[4:7]+"-"+digits[7:]).SetE164("+886"+digits[1:]).SetDigits(digits))
		}
		if n%2 == 0 {
			at := fmt.Sprintf("customer%03d@mail.example", n)
			mails = append(mails, s.tx.ContactEmail.Create().SetTeamID(s.tx.Team).SetContactID(p.ID).SetEmail(at).SetEmailFolded(at))
		}
		for _, id := range p.TagIds {
			taggings = append(taggings, s.tx.Tagging.Create().SetTeamID(s.tx.Team).SetTagID(id).SetContactID(p.ID).SetFirstAt(p.CreatedAt).SetLastAt(p.CreatedAt))
		}
		s.tx.Emit(event.Event{Kind: event.ContactChanged, ObjectID: p.ID, ObjectVersion: p.Version, Actor: event.Actor{Kind: event.BySystem}})
	}
	if err := s.tx.ContactPhone.CreateBulk(phones...).Exec(ctx); err != nil {
		return err
	}
	if err := s.tx.ContactEmail.CreateBulk(mails...).Exec(ctx); err != nil {
		return err
	}
	if err := s.tx.Tagging.CreateBulk(taggings...).Exec(ctx); err != nil {
		return err
	}
	return s.values(ctx)
}

// values answers custom fields for two contacts in three.
func (s *seeding) values(ctx context.Context) error {
	fields, err := s.tx.CustomField.Query().All(ctx)
	if err != nil {
		return err
	}
	byName := map[string]int64{}
	for _, f := range fields {
		byName[f.Name] = f.ID
	}
	var all []*ent.CustomFieldValueCreate
	for n, p := range s.people {
		if n%3 == 1 {
			continue
		}
		value := func(field string) *ent.CustomFieldValueCreate {
			v := s.tx.CustomFieldValue.Create().SetTeamID(s.tx.Team).SetFieldID(byName[field]).SetContactID(p.ID)
			all = append(all, v)
			return v
		}
		spent := (n * 379) % 25000
		value("累計消費").SetNumberValue(float64(spent)).SetTextValue(strconv.Itoa(spent))
		value("入會日期").SetKeyValue(p.CreatedAt.Format(time.DateOnly))
		value("電子報").SetKeyValue(strconv.FormatBool(n%2 == 0))
		value("尺寸").SetKeyValue([]string{"s", "m", "l", "xl"}[n%4])
	}
	return s.tx.CustomFieldValue.CreateBulk(all...).Exec(ctx)
}

// identities binds the contacts to the accounts on which they write.
func (s *seeding) identities(ctx context.Context, line, many int) error {
	bulk := make([]*ent.IdentityCreate, many)
	for n := range bulk {
		p := s.people[n]
		bulk[n] = s.tx.Identity.Create().SetTeamID(s.tx.Team).SetChannelID(s.lines[line].ID).SetPlatformUserID(UserID(line, n)).SetContactID(p.ID).SetDisplayName(p.Name).
			SetReach(identity.ReachREACHABLE).SetProfileFetchedAt(s.tx.Now).SetFirstSeenAt(p.CreatedAt).SetCreatedAt(p.CreatedAt).SetUpdatedAt(p.CreatedAt)
	}
	var err error
	s.known[line], err = s.tx.Identity.CreateBulk(bulk...).Save(ctx)
	return err
}

func (s *seeding) conversations(ctx context.Context) error {
	for line, many := range []int{contacts, onSecond} {
		if err := s.identities(ctx, line, many); err != nil {
			return err
		}
		for n := range many {
			if err := s.conversation(ctx, line, n); err != nil {
				return err
			}
		}
	}
	return nil
}

// together are who collaborates on some of the first account's conversations, by customer and as the places of Accounts: two that are in progress, and one
// that has ended.
var together = map[int][]int{3: {1, 4}, 16: {2}, 21: {4}}

// conversation makes one conversation as it would stand after its talk: one in four pending, two in progress, one ended.
func (s *seeding) conversation(ctx context.Context, line, n int) error {
	who, p := s.known[line][n], s.people[n]
	talks := chineseTalks
	if isEnglish(n) {
		talks = englishTalks
	}
	talk := talks[(n/3+line*5)%len(talks)]
	follower := s.agentIDs[4+n%2]
	if n%5 == 0 {
		follower = s.agentIDs[n/5%len(s.agentIDs)]
	}
	status := []conversation.Status{conversation.StatusIN_PROGRESS, conversation.StatusENDED, conversation.StatusPENDING, conversation.StatusIN_PROGRESS}[(n+line)%4]
	if status == conversation.StatusPENDING {
		for len(talk) > 0 && talk[0].isAgent {
			talk = talk[1:]
		}
		for i, t := range talk {
			if t.isAgent { // nobody has answered yet
				talk = talk[:i]
				break
			}
		}
	}
	end := s.ago(time.Duration((n*n*13+line*977)%20160)*time.Minute + time.Duration(n)*time.Second)
	return s.write(ctx, talk, end, func(at func(int) time.Time) *ent.ConversationCreate {
		last := len(talk) - 1
		unread, waiting := 0, -1
		for i := last; i >= 0 && !talk[i].isAgent; i-- {
			unread, waiting = unread+1, i
		}
		create := s.tx.Conversation.Create().SetChannelID(s.lines[line].ID).SetChannelType(conversation.ChannelTypeLINE).SetIdentityID(who.ID).SetContactID(p.ID).
			SetKind(conversation.KindONE_ON_ONE).SetStatus(status).SetName(p.Name).SetNameFolded(p.NameFolded).SetTagIds(p.TagIds).SetHasPhone(n%4 != 3)
		if status != conversation.StatusPENDING {
			create.SetFollowerID(follower).SetLastFollowerID(follower).SetFollowedAt(at(0).Add(time.Minute))
		}
		if line == 0 && together[n] != nil {
			all, theirs := []int64{}, map[int64]int{}
			for _, i := range together[n] {
				all = append(all, s.agentIDs[i])
				if status != conversation.StatusENDED && unread > 0 {
					theirs[s.agentIDs[i]] = unread
				}
			}
			create.SetKind(conversation.KindCOLLABORATION).SetCollaboratorIds(all)
			if len(theirs) > 0 {
				create.SetCollaboratorUnread(theirs)
			}
		}
		if status == conversation.StatusENDED {
			create.SetEndedAt(end.Add(10 * time.Minute)).SetReadSeq(int64(len(talk)))
		} else {
			create.SetUnread(unread).SetReadSeq(int64(len(talk) - unread))
			if waiting >= 0 {
				create.SetWaitingSince(at(waiting))
			}
		}
		return create
	}, func(m *ent.MessageCreate, t turn) {
		if t.isAgent {
			m.SetSender(message.SenderAGENT).SetAgentID(follower).SetAuthor(fmt.Sprintf("agent:%d", follower))
		} else {
			m.SetSender(message.SenderCONTACT).SetIdentityID(who.ID).SetSenderName(p.Name)
		}
	})
}

// write makes a conversation and its messages, ten minutes apart up to end.
func (s *seeding) write(ctx context.Context, talk []turn, end time.Time, describe func(at func(int) time.Time) *ent.ConversationCreate, sender func(*ent.MessageCreate, turn)) error {
	at := func(i int) time.Time { return end.Add(-time.Duration(len(talk)-1-i) * 10 * time.Minute) }
	last := len(talk) - 1
	conv, err := row.Create(ctx, s.tx, describe(at).SetMessageSeq(int64(len(talk))).SetLastAt(end).SetLastMessageSeq(int64(len(talk))).SetLastMessageAt(end).
		SetLastMessageKind("TEXT").SetLastMessagePreview(text.Cut(text.Line(talk[last].text), 100)), event.Actor{Kind: event.BySystem})
	if err != nil {
		return err
	}
	bulk := make([]*ent.MessageCreate, len(talk))
	for i, t := range talk {
		m := s.tx.Message.Create().SetTeamID(s.tx.Team).SetConversationID(conv.ID).SetChannelID(conv.ChannelID).SetSeq(int64(i + 1)).SetKind("TEXT").SetText(t.text).
			SetPlatformMessageID(fmt.Sprintf("7%06d%04d", conv.ID, i)).SetCreatedAt(at(i)).SetUpdatedAt(at(i))
		sender(m, t)
		if t.isAgent {
			m.SetDirection(message.DirectionOUTBOUND).SetDelivery(message.DeliverySENT).SetRetryKey(s.random.UUID()).SetSentAt(at(i).Add(time.Second))
			if i < last && !talk[last].isAgent { // LINE: read when the customer next answers (MSG-3)
				m.SetDelivery(message.DeliveryREAD)
			}
		} else {
			m.SetDirection(message.DirectionINBOUND).SetPlatformAt(at(i))
		}
		bulk[i] = m
	}
	made, err := s.tx.Message.CreateBulk(bulk...).Save(ctx)
	if err != nil {
		return err
	}
	for _, m := range made {
		if m.IsSelfMentioned {
			if err := conv.Update().SetMentionMessageID(m.ID).Exec(ctx); err != nil {
				return err
			}
		}
		search.IndexIn(s.tx, m)
		found, err := finding.Find(ctx, s.tx, m)
		if err != nil {
			return err
		}
		if err := finding.KeepIn(ctx, s.tx, m, found); err != nil {
			return err
		}
	}
	if err := conv.Update().SetLastMessageID(made[last].ID).SetLastMessageSender(string(made[last].Sender)).Exec(ctx); err != nil {
		return err
	}
	if conv.FollowerID == nil {
		return nil
	}
	take := func(agentID int64, part participant.Part, position int) *ent.ParticipantCreate {
		return s.tx.Participant.Create().SetTeamID(s.tx.Team).SetConversationID(conv.ID).SetAgentID(agentID).SetPart(part).SetPosition(position).SetSince(*conv.FollowedAt)
	}
	parts := []*ent.ParticipantCreate{take(*conv.FollowerID, participant.PartFOLLOWER, 0)}
	for i, id := range conv.CollaboratorIds {
		parts = append(parts, take(id, participant.PartCOLLABORATOR, i))
	}
	return s.tx.Participant.CreateBulk(parts...).Exec(ctx)
}

// group makes the demo group: a dozen of the customers, waiting for an answer, the account mentioned.
func (s *seeding) group(ctx context.Context) error {
	const title, groupNote = "團購揪團 Group buy", "每週三開團,週五截止。"
	g, err := s.tx.Group.Create().SetTeamID(s.tx.Team).SetChannelID(s.lines[0].ID).SetPlatformGroupID(GroupID).SetPeerType(group.PeerTypeGROUP).SetName(title).SetNameFolded(text.Fold(title)).
		SetMemberCount(groupSize).SetNote(groupNote).SetNoteFolded(text.Fold(groupNote)).SetNoteVersion(1).SetAreMembersListed(true).SetIsStale(false).SetFetchedAt(s.tx.Now).SetJoinedAt(s.ago(30 * 24 * time.Hour)).SetCreatedAt(s.ago(30 * 24 * time.Hour)).SetUpdatedAt(s.tx.Now).Save(ctx)
	if err != nil {
		return err
	}
	bulk := make([]*ent.GroupMemberCreate, groupSize)
	for n := range bulk {
		p, who := s.people[n], s.known[0][n]
		bulk[n] = s.tx.GroupMember.Create().SetTeamID(s.tx.Team).SetGroupID(g.ID).SetPlatformUserID(who.PlatformUserID).SetIdentityID(who.ID).SetDisplayName(p.Name).SetNameFolded(p.NameFolded).
			SetFriendship(groupmember.FriendshipFRIEND).SetJoinedAt(g.JoinedAt).SetProfileFetchedAt(s.tx.Now).SetCreatedAt(g.JoinedAt).SetUpdatedAt(g.JoinedAt)
	}
	members, err := s.tx.GroupMember.CreateBulk(bulk...).Save(ctx)
	if err != nil {
		return err
	}
	_, mention, err := conversing.Encode(channels.Content{Kind: channels.Text, Mentions: []channels.Mention{{Length: len(groupMention), Type: "user", IsSelf: true, Text: groupMention}}})
	if err != nil {
		return err
	}
	talk := make([]turn, len(groupTalk))
	for i, t := range groupTalk {
		talk[i] = c(t)
	}
	n := 0
	return s.write(ctx, talk, s.ago(5*time.Minute), func(at func(int) time.Time) *ent.ConversationCreate {
		return s.tx.Conversation.Create().SetChannelID(s.lines[0].ID).SetChannelType(conversation.ChannelTypeLINE).SetGroupID(g.ID).SetKind(conversation.KindGROUP).
			SetStatus(conversation.StatusPENDING).SetName(title).SetNameFolded(text.Fold(title)).SetMemberCount(groupSize).SetUnread(len(talk)).SetWaitingSince(at(0))
	}, func(m *ent.MessageCreate, t turn) {
		who := members[n%len(members)]
		n++
		m.SetSender(message.SenderMEMBER).SetMemberID(who.ID).SetSenderName(who.DisplayName)
		if strings.HasPrefix(t.text, groupMention) {
			m.SetIsSelfMentioned(true).SetContent(mention)
		}
	})
}
