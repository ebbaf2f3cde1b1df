package graph

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/switchyard-chat/switchyard/desk/account"
	"github.com/switchyard-chat/switchyard/desk/contact"
	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/finding"
	"github.com/switchyard-chat/switchyard/desk/inbox"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/desk/visitor"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	entconversation "github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/graph/gen/model"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/id"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// conversationRows are conversations read for one answer: the rows with what the operation selects of them, and their contacts.
type conversationRows struct {
	*inbox.Rows
	contacts map[int64]*model.Contact
	visitors map[int64]*ent.Visitor // by identity
	windows  map[int64]*ent.Webchat // by channel
	findings map[int64][]finding.Found
	adverts  map[int64][]*ent.Advert
	// moments are the snoozes of conversations and the viewer's reminders of them, by conversation.
	moments inbox.Moments
	// information is what agents are to know of channels, by channel.
	information map[int64]string
	permits     bool
	// collaborates: the team lets several agents work on one conversation; read where permits are.
	collaborates bool
	now          time.Time
}

// conversationWants says what an operation selects of the conversations in its answer.
type conversationWants struct {
	inbox.Wants
	contacts bool
	parts    contact.Parts // of the contacts
	permits  bool
	visitors bool
	windows  bool // of the channels
	findings bool
	adverts  bool
	moments  inbox.MomentWants
	// information of the channels
	information bool
}

// key tells apart what is selected.
func (w conversationWants) key() string { return fmt.Sprintf("%+v", w) }

// wantsOf finds out what the operation selects of conversations below the field that is resolved.
func wantsOf(ctx context.Context) conversationWants {
	f := selected(ctx, "Conversation")
	sendability, permits := f["sendability"], f["viewerCan"]
	return conversationWants{
		Wants: inbox.Wants{
			Agents: f["follower"] || f["collaborators"], Channels: f["channel"] || sendability, Tags: f["tags"], Identities: f["identity"],
			Groups: f["group"] || sendability || permits,
		},
		contacts: f["contact"], parts: contactParts(ctx), permits: permits,
		findings: f["findings"], adverts: f["adverts"], information: f["channelInformation"],
		moments:  inbox.MomentWants{Snoozes: f["snooze"] || f["snoozeEnded"], Reminders: f["reminder"]},
		visitors: f["visitor"], windows: f["channel"] && selected(ctx, "Channel")["webchat"],
	}
}

// with reads what is selected beside the rows, at their moment.
func (r *Resolver) with(p auth.Principal, wants conversationWants, out *conversationRows) func(context.Context, *store.View, *inbox.Rows) error {
	return func(ctx context.Context, v *store.View, rows *inbox.Rows) (err error) {
		out.Rows, out.permits, out.now = rows, wants.permits, v.Now
		if err := wants.websites(ctx, v, out); err != nil {
			return err
		}
		if wants.findings {
			ids := make([]int64, len(rows.All))
			for i, c := range rows.All {
				ids[i] = c.ID
			}
			if out.findings, err = finding.Of(ctx, v, ids); err != nil {
				return err
			}
		}
		if wants.information {
			if out.information, err = informationOf(ctx, v, rows.All); err != nil {
				return err
			}
		}
		if wants.adverts {
			if out.adverts, err = inbox.AdvertsOf(ctx, v, rows.All); err != nil {
				return err
			}
		}
		if out.moments, err = inbox.MomentsOf(ctx, v, p, rows.All, wants.moments); err != nil {
			return err
		}
		if wants.permits && len(rows.All) > 0 {
			t, err := v.Client.Team.Get(ctx, v.Team)
			if err != nil {
				return err
			}
			out.collaborates = t.Collaborates
		}
		if !wants.contacts {
			return nil
		}
		var ids []int64
		for _, c := range rows.All {
			if c.ContactID != nil {
				ids = append(ids, *c.ContactID)
			}
		}
		out.contacts, err = r.contactsIn(ctx, v, p, ids, wants.parts)
		return err
	}
}

// websites reads what is selected of websites' conversations: one statement each, whatever the rows.
func (w conversationWants) websites(ctx context.Context, v *store.View, out *conversationRows) (err error) {
	var people, channels []int64
	seen := map[int64]bool{}
	for _, c := range out.All {
		if c.ChannelType != "WEBCHAT" {
			continue
		}
		if c.IdentityID != nil {
			people = append(people, *c.IdentityID)
		}
		if !seen[c.ChannelID] {
			seen[c.ChannelID] = true
			channels = append(channels, c.ChannelID)
		}
	}
	if w.visitors {
		if out.visitors, err = visitor.Of(ctx, v, people); err != nil {
			return err
		}
	}
	if w.windows {
		out.windows, err = account.Windows(ctx, v, channels)
	}
	return err
}

// informationOf reads what agents are to know of the channels of those of the conversations that the customer began (CHAN-7).
func informationOf(ctx context.Context, v *store.View, all []*ent.Conversation) (map[int64]string, error) {
	var channels []int64
	for _, c := range all {
		if c.BegunBy == entconversation.BegunByCUSTOMER && !slices.Contains(channels, c.ChannelID) {
			channels = append(channels, c.ChannelID)
		}
	}
	slices.Sort(channels)
	return account.InformationOf(ctx, v, channels)
}

// conversationByID is a conversation as the principal may see it now, with what the operation selects of it: null in the answer, and a fault
// of kind NotFound here, where it does not exist or may not be seen.
func (r *Resolver) conversationByID(ctx context.Context, p auth.Principal, n int64) (*model.Conversation, error) {
	rows, err := r.conversationsByID(ctx, p, []int64{n})
	if err != nil {
		return nil, err
	}
	if rows[n] == nil {
		return nil, fault.Missing("the conversation")
	}
	return rows[n], nil
}

// conversationsByID is conversationByID of several; those that may not be seen are left out.
func (r *Resolver) conversationsByID(ctx context.Context, p auth.Principal, ids []int64) (map[int64]*model.Conversation, error) {
	wants := wantsOf(ctx)
	var out conversationRows
	if _, err := r.Inbox.Get(ctx, p, ids, wants.Wants, r.with(p, wants, &out)); err != nil {
		return nil, err
	}
	all := make(map[int64]*model.Conversation, len(out.All))
	for _, c := range out.All {
		all[c.ID] = r.conversationModel(p, c, &out)
	}
	return all, nil
}

// conversationModel is a conversation as the viewer sees it.
func (r *Resolver) conversationModel(p auth.Principal, c *ent.Conversation, rows *conversationRows) *model.Conversation {
	m := &model.Conversation{
		ID: id.Format(id.Conversation, c.ID), Version: c.Version, Kind: model.ConversationKind(c.Kind), Status: model.ConversationStatus(c.Status),
		Name: conversationName(p.Language, c), PictureURL: textOrNil(c.PictureURL), Tags: []*model.Tag{}, TagCount: len(c.TagIds),
		Collaborators: make([]*model.AgentSummary, 0, len(c.CollaboratorIds)), FollowedAt: c.FollowedAt, EndedAt: c.EndedAt,
		LastMessage: previewModel(p.Language, c), LastAt: c.LastAt, UnreadCount: row.Unread(p, row.Facets(c)), MentionMessageID: id.Optional(id.Message, c.MentionMessageID),
		HasPhone: c.HasPhone, IsStarred: c.IsStarred, IsArchived: c.IsArchived, IsPinned: p.AgentID != 0 && slices.Contains(c.PinnedBy, p.AgentID), CreatedAt: c.CreatedAt, LastExportedAt: c.LastExportedAt, Adverts: advertModels(rows.adverts[c.ID]),
	}
	if c.Status == "PENDING" {
		q := model.ConversationQueue(c.Queue)
		m.Queue = &q
	}
	if c.ContactID != nil {
		m.Contact = rows.contacts[*c.ContactID]
	}
	if since, level := inbox.Waiting(c, rows.now); since != nil {
		m.WaitingSince = since
		if level != "" {
			l := model.WaitingLevel(level)
			m.WaitingLevel = &l
		}
	}
	for _, n := range c.TagIds[:min(inbox.ShownTags, len(c.TagIds))] {
		if t := rows.Tags[n]; t != nil {
			m.Tags = append(m.Tags, tagModel(t))
		}
	}
	if c.FollowerID != nil {
		m.Follower = agentSummary(rows.Agents[*c.FollowerID])
	}
	for _, n := range c.CollaboratorIds {
		if a := agentSummary(rows.Agents[n]); a != nil {
			m.Collaborators = append(m.Collaborators, a)
		}
	}
	ch := rows.Channels[c.ChannelID]
	if ch != nil {
		m.Channel = *r.channelModel(p, ch, rows.windows[ch.ID])
	}
	if c.IdentityID != nil && rows.Identities[*c.IdentityID] != nil {
		m.Identity = identityModel(p, rows.Identities[*c.IdentityID], string(c.ChannelType), c.ID)
	}
	if c.IdentityID != nil {
		m.Visitor = visitorModel(rows.visitors[*c.IdentityID], rows.now)
	}
	var g *ent.Group
	if c.GroupID != nil {
		g = rows.Groups[*c.GroupID]
	}
	if g != nil {
		m.Group = groupModel(p.Language, string(c.ChannelType), g)
	}
	m.Findings = *findingsModel(p, rows.findings[c.ID])
	if text := rows.information[c.ChannelID]; text != "" && c.BegunBy == entconversation.BegunByCUSTOMER {
		m.ChannelInformation = &text
	}
	m.Snooze, m.SnoozeEnded, m.Reminder = snoozeModel(c, rows.moments), snoozeEndedModel(c, rows.moments), reminderModel(rows.moments.Reminders[c.ID])
	if rows.permits {
		m.ViewerCan = permitsModel(p, c, g, rows.collaborates)
	}
	if ch != nil {
		m.Sendability = r.sendabilityModel(p.Language, c, ch, g)
	}
	return m
}

func advertModels(all []*ent.Advert) []*model.Advert {
	out := make([]*model.Advert, len(all))
	for i, a := range all {
		out[i] = &model.Advert{AdID: textOrNil(a.AdID), Title: textOrNil(a.Title), URL: textOrNil(a.URL), PictureURL: textOrNil(a.PictureURL), Ref: textOrNil(a.Ref), At: a.At}
	}
	return out
}

// conversationName is what the row is called.
func conversationName(language string, c *ent.Conversation) string {
	switch {
	case c.Name != "":
		return c.Name
	case c.GroupID != nil:
		return catalogue.Text(language, "group.unnamed", nil)
	}
	return catalogue.Text(language, "customer.unknown", nil)
}

// previewModel is the message that the row shows; nil for none.
func previewModel(language string, c *ent.Conversation) *model.MessagePreview {
	if c.LastMessageID == nil {
		return nil
	}
	m := &model.MessagePreview{
		MessageID: id.Format(id.Message, *c.LastMessageID), Kind: model.MessageKind(c.LastMessageKind),
		Sender: model.MessageSender(c.LastMessageSender), Text: row.PreviewText(language, c.LastMessageKind, c.LastMessagePreview, c.LastMessageUnsent),
		IsUnsent: c.LastMessageUnsent, At: c.LastAt,
	}
	if c.LastMessageAt != nil {
		m.At = *c.LastMessageAt
	}
	return m
}

func permitsModel(p auth.Principal, c *ent.Conversation, g *ent.Group, collaborates bool) model.ConversationPermits {
	can := conversation.PermitsOf(p, row.Facets(c), conversation.Setting{HasLeft: g != nil && g.State == "LEFT", Collaborates: collaborates})
	permit := func(a conversation.Action) model.Permit {
		x := can[a]
		if x.Allowed {
			return model.Permit{Allowed: true}
		}
		why := catalogue.Text(p.Language, x.Reason, nil)
		return model.Permit{Reason: &why}
	}
	return model.ConversationPermits{Reply: permit(conversation.Replying), Follow: permit(conversation.Following), TakeOver: permit(conversation.TakingOver),
		Transfer: permit(conversation.Transferring), End: permit(conversation.Ending), Reopen: permit(conversation.Reopening),
		MarkRead: permit(conversation.MarkingRead), MarkUnread: permit(conversation.MarkingUnread), AddCollaborators: permit(conversation.Adding),
		Join: permit(conversation.Joining), RemoveCollaborators: permit(conversation.Removing), Leave: permit(conversation.Leaving),
		Delete: permit(conversation.Deleting), Blacklist: permit(conversation.Blacklisting), Note: permit(conversation.Noting), Export: permit(conversation.Exporting),
		GroupNote: permit(conversation.NotingGroup), OpenMember: permit(conversation.OpeningMember), LeaveGroup: permit(conversation.LeavingGroup),
		Pin: permit(conversation.Pinning), Star: permit(conversation.Starring), Archive: permit(conversation.Archiving),
		Snooze: permit(conversation.Snoozing), Unsnooze: permit(conversation.Waking)}
}

func (r *Resolver) sendabilityModel(language string, c *ent.Conversation, ch *ent.Channel, g *ent.Group) model.Sendability {
	o := conversation.Outlet{ChannelState: string(ch.State), IsDeleted: ch.DeletedAt != nil, Capability: r.Inbox.Capability(string(ch.Type)),
		IsGroup: c.GroupID != nil, MemberCount: c.MemberCount, CustomerAt: c.CustomerAt, Now: r.Clock.Now()}
	if g != nil {
		o.HasLeft, o.MemberCount = g.State == "LEFT", g.MemberCount
	}
	s := conversation.SendabilityOf(o)
	m := model.Sendability{Allowed: s.Allowed, Window: model.SendWindow(s.Window), Until: s.Until, RequiresTemplate: s.RequiresTemplate, PromotionalAllowed: s.PromotionalAllowed,
		CostPerMessage: s.CostPerMessage, TextLimit: s.TextLimit, Media: mediaRules(s.Media)}
	if s.Reason != "" {
		why := catalogue.Text(language, s.Reason, s.Params)
		m.Reason = &why
	}
	return m
}

// groupOf is a group that was read with its channel, as the viewer sees it.
func groupOf(language string, g *ent.Group) *model.Group {
	platform := ""
	if g.Edges.Channel != nil {
		platform = string(g.Edges.Channel.Type)
	}
	return groupModel(language, platform, g)
}

// groupModel is a group on a platform as the viewer sees it.
func groupModel(language, platform string, g *ent.Group) *model.Group {
	m := &model.Group{
		ID: id.Format(id.Group, g.ID), Version: g.Version, ChannelID: id.Format(id.Channel, g.ChannelID), PlatformGroupID: g.PlatformGroupID,
		Name: g.Name, PictureURL: textOrNil(g.PictureURL), MemberCount: g.MemberCount, State: model.GroupState(g.State),
		AreMembersListed: g.AreMembersListed, Note: g.Note, NoteVersion: g.NoteVersion, JoinedAt: g.JoinedAt, LeftAt: g.LeftAt,
	}
	if m.Name == "" {
		m.Name = catalogue.Text(language, "group.unnamed", nil)
	}
	if !g.AreMembersListed {
		notice := catalogue.Text(language, "group.members_hidden", map[string]string{"platform": "@platform." + platform})
		m.MembersNotice = &notice
	}
	return m
}

// memberModel is a group member as the viewer sees it.
func memberModel(language string, x inbox.Member) *model.GroupMember {
	m := &model.GroupMember{
		ID: id.Format(id.GroupMember, x.ID), Version: x.Version, PlatformUserID: x.PlatformUserID, Name: x.Name,
		PictureURL: textOrNil(x.PictureURL), Friendship: model.Friendship(x.Friendship), IsActive: x.IsActive, JoinedAt: x.JoinedAt,
	}
	if x.Contact != 0 {
		m.ContactID = id.Optional(id.Contact, &x.Contact)
	}
	if m.Name == "" {
		m.Name = catalogue.Text(language, "member.unknown", nil)
	}
	return m
}

// textOrNil is null for an empty text.
func textOrNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
