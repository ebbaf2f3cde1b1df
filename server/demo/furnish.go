package demo

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"strings"
	"time"

	"github.com/switchyard-chat/switchyard/automation"
	"github.com/switchyard-chat/switchyard/automation/keyword"
	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/account"
	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/file"
	"github.com/switchyard-chat/switchyard/desk/inbound"
	"github.com/switchyard-chat/switchyard/desk/inbox"
	"github.com/switchyard-chat/switchyard/desk/savedreply"
	"github.com/switchyard-chat/switchyard/desk/savedview"
	"github.com/switchyard-chat/switchyard/desk/visitor"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/agent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/channel"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/channelscript"
	entconversation "github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/identity"
	entvisitor "github.com/switchyard-chat/switchyard/ent/gen/ent/visitor"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// The demo team's website.
const (
	// WebchatKey is the public key of its chat window.
	WebchatKey = "demo-webchat"
	// IdentitySecret is what the demo shop signs its members' ids with.
	IdentitySecret = "demo-webchat-identity-secret"
	browser        = "Mozilla/5.0 (demo visitor)"
)

// shopPage is where the demo visitor is.
func shopPage(publicURL string) visitor.Page {
	return visitor.Page{URL: publicURL + "/webchat/demo?product=teapot", Title: "手作紫砂茶壺 — 山茶選物"}
}

// Desk is what furnishing and visiting the demo team need; everything must be given.
type Desk struct {
	DB        *store.DB
	Accounts  *account.Service
	Actions   *conversation.Service
	Files     *file.Service
	Inbound   *inbound.Service
	Visitors  *visitor.Service
	Automatic *automation.Service
	Replies   *savedreply.Service
	Views     *savedview.Service
	PublicURL string
}

// Furnish gives a team that Seed has filled pictures, files and a website visitor, by the ways that customers and agents use. What is there
// already it leaves alone.
func (d Desk) Furnish(ctx context.Context, team int64) error {
	known, err := d.visitor(ctx, team)
	if err != nil || known != 0 {
		return err
	}
	for _, step := range []func(context.Context, int64) error{d.pictures, d.answers, d.visit, d.automatic, d.replies, d.views, d.marks, d.snooze} {
		if err := step(ctx, team); err != nil {
			return fmt.Errorf("furnish the demo team: %w", err)
		}
	}
	return nil
}

// replies gives the team answers to send again: for everybody, with a picture, for some roles with the bot module, and one of an agent's own; and what that agent
// and the team are writing.
func (d Desk) replies(ctx context.Context, team int64) error {
	var boss auth.Principal
	var menuID int64
	if err := d.DB.Read(ctx, team, func(ctx context.Context, v *store.View) error {
		a, err := v.Agent.Query().Where(agent.EmailFolded(Accounts[0].Email)).Only(ctx)
		if err != nil {
			return err
		}
		boss = auth.Principal{TeamID: team, AgentID: a.ID, Name: a.Name, Role: auth.Role(a.Role), Language: "zh-Hant"}
		menuID, err = v.BotModule.Query().OnlyID(ctx)
		return err
	}); err != nil {
		return err
	}
	amy, conversationID, err := d.follower(ctx, team, UserID(0, senders[1].n))
	if err != nil {
		return err
	}
	chart, err := swatches()
	if err != nil {
		return err
	}
	up, err := d.Files.Upload(ctx, boss, file.UploadInput{Name: "swatches.png", ContentType: "image/png", Body: bytes.NewReader(chart), Size: int64(len(chart))})
	if err != nil {
		return err
	}
	for _, x := range []struct {
		by auth.Principal
		in savedreply.CreateInput
	}{
		{boss, savedreply.CreateInput{Title: "運費說明", Category: "物流", Body: "{{system:customer_name}}您好,單筆滿 1,000 元免運費,未滿則酌收 80 元。", Visibility: savedreply.Everybody}},
		{boss, savedreply.CreateInput{Title: "色卡", Category: "商品", Body: "{{system:customer_name}}您好,這是本季的色卡,請參考。", Visibility: savedreply.Everybody, FileIDs: []int64{up.ID}}},
		{boss, savedreply.CreateInput{Title: "服務選單", Category: "自助", Body: "以下服務都可以自己查詢:", Visibility: savedreply.Roles, Roles: []string{string(auth.AgentRole), string(auth.Supervisor)}, ModuleID: menuID}},
		{amy, savedreply.CreateInput{Title: "道歉", Body: "{{system:customer_name}}您好,讓您久等了,真的很抱歉。", Visibility: savedreply.Me}},
	} {
		if _, _, err := d.Replies.Create(ctx, x.by, x.in); err != nil {
			return err
		}
	}
	if err := d.scripts(ctx, boss); err != nil {
		return err
	}
	for _, in := range []conversation.DraftInput{
		{ConversationID: conversationID, Text: "您好,刮痕的部分我們"}, {ConversationID: conversationID, Text: "建議:補償 100 元購物金,大家覺得呢?", IsShared: true},
	} {
		if _, _, err := d.Actions.SetDraft(ctx, amy, in); err != nil {
			return err
		}
	}
	return nil
}

// views gives the team lists with a name: what has waited long, for everybody, what is starred, for the agents, and one of an agent's own.
func (d Desk) views(ctx context.Context, team int64) error {
	var boss auth.Principal
	if err := d.DB.Read(ctx, team, func(ctx context.Context, v *store.View) error {
		a, err := v.Agent.Query().Where(agent.EmailFolded(Accounts[0].Email)).Only(ctx)
		if err == nil {
			boss = auth.Principal{TeamID: team, AgentID: a.ID, Name: a.Name, Role: auth.Role(a.Role), Language: "zh-Hant"}
		}
		return err
	}); err != nil {
		return err
	}
	amy, _, err := d.follower(ctx, team, UserID(0, senders[1].n))
	if err != nil {
		return err
	}
	yes := true
	for _, x := range []struct {
		by auth.Principal
		in savedview.CreateInput
	}{
		{boss, savedview.CreateInput{Name: "等候超過半小時", View: inbox.All, Filter: &inbox.Filter{WaitingAtLeast: inbox.HalfHour.Least()}, Sort: inbox.ByWaiting, IsDescending: true,
			Columns: []string{"NAME", "CHANNEL", "WAITING", "FOLLOWER"}, Visibility: savedview.Everybody}},
		{boss, savedview.CreateInput{Name: "待追蹤", View: inbox.All, Filter: &inbox.Filter{IsStarred: &yes}, Sort: inbox.ByLastMessage, IsDescending: true, Visibility: savedview.Roles,
			Roles: []string{string(auth.AgentRole), string(auth.Supervisor)}}},
		{amy, savedview.CreateInput{Name: "我的未讀", View: inbox.MyInProgress, Filter: &inbox.Filter{IsUnread: &yes}, Sort: inbox.ByLastMessage, IsDescending: true, Visibility: savedview.Me}},
	} {
		if _, _, err := d.Views.Create(ctx, x.by, x.in); err != nil {
			return err
		}
	}
	return nil
}

// marks has an agent pin a conversation of its own and star another, and put away the one that ended longest ago.
func (d Desk) marks(ctx context.Context, team int64) error {
	amy, pinned, err := d.follower(ctx, team, UserID(0, senders[1].n))
	if err != nil {
		return err
	}
	if _, _, err := d.Actions.Pin(ctx, amy, conversation.PinInput{ConversationID: pinned, IsPinned: true}); err != nil {
		return err
	}
	ben, starred, err := d.follower(ctx, team, UserID(0, senders[2].n))
	if err != nil {
		return err
	}
	if _, _, err := d.Actions.Star(ctx, ben, conversation.StarInput{ConversationID: starred, IsStarred: true}); err != nil {
		return err
	}
	var whose string
	if err := d.DB.Read(ctx, team, func(ctx context.Context, v *store.View) error {
		c, err := v.Conversation.Query().Where(entconversation.StatusEQ(entconversation.StatusENDED), entconversation.KindEQ(entconversation.KindONE_ON_ONE), entconversation.FollowerIDNotNil(),
			entconversation.IdentityIDNotNil()).Order(entconversation.ByLastAt(), entconversation.ByID()).First(ctx)
		if err != nil {
			return err
		}
		i, err := v.Identity.Get(ctx, *c.IdentityID)
		if err == nil {
			whose = i.PlatformUserID
		}
		return err
	}); err != nil {
		return err
	}
	cat, over, err := d.follower(ctx, team, whose)
	if err != nil {
		return err
	}
	_, _, err = d.Actions.Archive(ctx, cat, conversation.ArchiveInput{ConversationID: over, IsArchived: true})
	return err
}

// snooze has an agent put off a conversation of its own that waits for somebody else.
func (d Desk) snooze(ctx context.Context, team int64) error {
	var whose string
	if err := d.DB.Read(ctx, team, func(ctx context.Context, v *store.View) error {
		c, err := v.Conversation.Query().Where(entconversation.StatusEQ(entconversation.StatusIN_PROGRESS), entconversation.KindEQ(entconversation.KindONE_ON_ONE), entconversation.FollowerIDNotNil(),
			entconversation.IdentityIDNotNil(), entconversation.PinnedByIsNil(), entconversation.IsStarred(false), entconversation.WaitingSinceIsNil()).Order(entconversation.ByLastAt(), entconversation.ByID()).First(ctx)
		if err != nil {
			return err
		}
		i, err := v.Identity.Get(ctx, *c.IdentityID)
		if err == nil {
			whose = i.PlatformUserID
		}
		return err
	}); err != nil {
		return err
	}
	ben, snoozed, err := d.follower(ctx, team, whose)
	if err != nil {
		return err
	}
	until := d.DB.Clock().Now().Add(3 * 24 * time.Hour)
	_, _, err = d.Actions.Snooze(ctx, ben, conversation.SnoozeInput{ConversationID: snoozed, Until: &until, Note: "等供應商回覆交期"})
	return err
}

// scripts has the second account welcome its customers and say when a conversation has ended.
func (d Desk) scripts(ctx context.Context, boss auth.Principal) error {
	var storeID int64
	err := d.DB.Read(ctx, boss.TeamID, func(ctx context.Context, v *store.View) (err error) {
		storeID, err = v.Channel.Query().Where(channel.WebhookKey(Lines[1].Key)).OnlyID(ctx)
		return err
	})
	if err != nil {
		return err
	}
	on, name := true, channelscript.AgentNameFIRST
	welcome := "{{system:customer_name}}您好,這裡是信義門市,請問需要什麼服務?"
	day := 24 * 60
	_, _, err = d.Accounts.SetScript(ctx, boss, account.ScriptInput{
		ChannelID: storeID, Welcome: account.LineInput{IsOn: &on, Text: &welcome}, Closing: account.LineInput{IsOn: &on}, AgentName: &name,
		AutoEnd: account.AutoEndInput{IsOn: &on, IdleMinutes: &day, SparesPinned: &on, Reminder: account.LineInput{IsOn: &on}},
	})
	return err
}

// automatic gives the team a bot module, a keyword that opens it, and the shop's hours. Nothing of it answers what the demo's customers write by
// themselves: who wants to see it writes 服務選單 or menu.
func (d Desk) automatic(ctx context.Context, team int64) error {
	var p auth.Principal
	if err := d.DB.Read(ctx, team, func(ctx context.Context, v *store.View) error {
		a, err := v.Agent.Query().Where(agent.EmailFolded(Accounts[0].Email)).Only(ctx)
		if err == nil {
			p = auth.Principal{TeamID: team, AgentID: a.ID, Name: a.Name, Role: auth.Role(a.Role), Language: "zh-Hant"}
		}
		return err
	}); err != nil {
		return err
	}
	menu, _, err := d.Automatic.CreateModule(ctx, p, automation.ModuleInput{Name: "服務選單", Messages: []automation.Message{
		{Text: "{{system:customer_name}},您好!請問需要什麼服務?", Buttons: []automation.Button{
			{Label: "逛逛商店", Kind: automation.OpensAddress, URL: d.PublicURL + "/webchat/demo"}, {Label: "真人客服", Kind: automation.AsksPerson},
		}},
	}})
	if err != nil {
		return err
	}
	if _, _, err := d.Automatic.CreateRule(ctx, p, automation.RuleInput{Name: "服務選單", IsEnabled: true, ModuleID: menu.ID, Keywords: []automation.Keyword{
		{Text: "服務選單", Match: keyword.Exact}, {Text: "menu", Match: keyword.Exact},
	}}); err != nil {
		return err
	}
	name, zone, starts, ends := "門市時間", "Asia/Taipei", "11:00", "21:30"
	_, _, err = d.Automatic.CreateShift(ctx, p, automation.ShiftUpdate{
		Name: &name, TimeZone: &zone, Days: &[]int{1, 2, 3, 4, 5, 6, 7}, StartsAt: &starts, EndsAt: &ends, AgentIDs: &[]int64{p.AgentID},
	})
	return err
}

// The customers of the first account who send pictures, and what they say.
var senders = []struct {
	n    int
	text string
}{{27, "收到的顏色好像不太一樣,請幫我看一下"}, {24, "這裡有一道刮痕"}, {32, "The stitching came loose, please see the picture"}}

// pictures has customers on LINE send pictures.
func (d Desk) pictures(ctx context.Context, team int64) error {
	var lineID int64
	if err := d.DB.Read(ctx, team, func(ctx context.Context, v *store.View) error {
		c, err := v.Channel.Query().Where(channel.WebhookKey(Lines[0].Key)).Only(ctx)
		if err == nil {
			lineID = c.ID
		}
		return err
	}); err != nil {
		return err
	}
	for i, who := range senders {
		body, err := photo(i)
		if err != nil {
			return err
		}
		f, err := d.Files.Store(ctx, team, fmt.Sprintf("channel:%d", lineID), file.UploadInput{
			Name: fmt.Sprintf("IMG_%04d.jpg", 4100+who.n), ContentType: "image/jpeg", Body: bytes.NewReader(body), Size: int64(len(body)),
		}, file.Rule{})
		if err != nil {
			return err
		}
		at := d.DB.Clock().Now().Add(time.Duration(i-len(senders)) * time.Minute)
		event := func(n int, content channels.Content) channels.Event {
			id := fmt.Sprintf("demo-picture-%d-%d", who.n, n)
			return channels.Event{
				Kind: channels.MessageReceived, DedupeKey: id, MessageID: id, Peer: &channels.Peer{Type: channels.PeerUser, ID: UserID(0, who.n)},
				SenderID: UserID(0, who.n), OccurredAt: at.Add(time.Duration(n) * time.Second), Content: &content,
			}
		}
		r, err := d.Inbound.Receive(ctx, inbound.Body{Team: team, ChannelID: lineID, Type: channels.LINE, Events: []channels.Event{
			event(0, channels.Content{Kind: channels.Text, Text: who.text}),
			event(1, channels.Content{Kind: channels.Image, Media: &channels.Media{StoredID: f.ID, Name: f.Name}}),
		}})
		if err != nil {
			return err
		}
		if r.Failed > 0 {
			return fmt.Errorf("%d events failed", r.Failed)
		}
	}
	return nil
}

// answers has an agent answer the first of them with a picture and a file, and note something for the others.
func (d Desk) answers(ctx context.Context, team int64) error {
	p, conversationID, err := d.follower(ctx, team, UserID(0, senders[0].n))
	if err != nil {
		return err
	}
	chart, err := swatches()
	if err != nil {
		return err
	}
	leaflet := pdf("Demo Shop", "Care instructions: wash by hand below 30 C, dry in the shade.")
	if err := d.say(ctx, p, conversationID, "demo-answer-1", conversation.Text("您好,這是這款的色卡,請對照一下;洗滌方式也附上給您。"), nil); err != nil {
		return err
	}
	for i, f := range []file.UploadInput{
		{Name: "swatches.png", ContentType: "image/png", Body: bytes.NewReader(chart), Size: int64(len(chart))},
		{Name: "care-instructions.pdf", ContentType: "application/pdf", Body: bytes.NewReader(leaflet), Size: int64(len(leaflet))},
	} {
		up, err := d.Files.Upload(ctx, p, f)
		if err != nil {
			return err
		}
		if err := d.say(ctx, p, conversationID, fmt.Sprintf("demo-answer-%d", 2+i), channels.Content{}, &conversation.Media{UploadID: up.ID}); err != nil {
			return err
		}
	}
	_, _, _, err = d.Actions.Note(ctx, p, conversation.NoteInput{ConversationID: conversationID, ClientMessageID: "demo-note-1", Text: "這批出貨時有色差,已請倉庫確認。若要換貨,運費由我們負擔。"})
	return err
}

// follower is the agent who answers a person: who follows the conversation, or else the first of those who answer, who follows it then.
func (d Desk) follower(ctx context.Context, team int64, platformUserID string) (p auth.Principal, conversationID int64, err error) {
	isPending := false
	err = d.DB.Read(ctx, team, func(ctx context.Context, v *store.View) error {
		i, err := v.Identity.Query().Where(identity.PlatformUserID(platformUserID)).Only(ctx)
		if err != nil {
			return err
		}
		c, err := v.Conversation.Query().Where(entconversation.IdentityID(i.ID)).Only(ctx)
		if err != nil {
			return err
		}
		who := agent.EmailFolded(Accounts[4].Email)
		if conversationID, isPending = c.ID, c.Status == entconversation.StatusPENDING; c.FollowerID != nil {
			who = agent.ID(*c.FollowerID)
		}
		a, err := v.Agent.Query().Where(who).Only(ctx)
		if err != nil {
			return err
		}
		p = auth.Principal{TeamID: team, AgentID: a.ID, Name: a.Name, Role: auth.Role(a.Role), Permissions: []auth.Permission{auth.SendMessages}, Language: "zh-Hant"}
		return nil
	})
	if err != nil || !isPending {
		return p, conversationID, err
	}
	_, _, err = d.Actions.Follow(ctx, p, conversation.FollowInput{ConversationID: conversationID})
	return p, conversationID, err
}

func (d Desk) say(ctx context.Context, p auth.Principal, conversationID int64, id string, content conversation.Content, media *conversation.Media) error {
	_, _, _, err := d.Actions.Send(ctx, p, conversation.SendInput{ConversationID: conversationID, ClientMessageID: id, Content: content, Media: media})
	return err
}

// visit has a visitor of the demo shop write, with a picture, and an agent answer.
func (d Desk) visit(ctx context.Context, team int64) error {
	w, err := d.Accounts.WindowByKey(ctx, WebchatKey)
	if err != nil {
		return err
	}
	page := shopPage(d.PublicURL)
	begun, err := d.Visitors.Begin(ctx, w, visitor.BeginInput{Page: page, Language: "zh-TW", TimeZone: "Asia/Taipei", UserAgent: browser})
	if err != nil {
		return err
	}
	x := begun.Session
	shot, err := photo(len(senders))
	if err != nil {
		return err
	}
	upload, _, err := d.Visitors.Upload(ctx, x, file.UploadInput{Name: "screenshot.jpg", ContentType: "image/jpeg", Body: bytes.NewReader(shot), Size: int64(len(shot))})
	if err != nil {
		return err
	}
	for _, in := range []visitor.SendInput{
		{ClientMessageID: "5d0c6a52-7d4e-4c5b-9a57-0d3a8f4b1c01", Type: visitor.Text, Text: "請問這把茶壺還有現貨嗎?朋友送的這個可以配同一個茶盤嗎", Page: &page},
		{ClientMessageID: "5d0c6a52-7d4e-4c5b-9a57-0d3a8f4b1c02", Type: visitor.Image, UploadID: upload, Page: &page},
	} {
		if _, err := d.Visitors.Send(ctx, x, in); err != nil {
			return err
		}
	}
	p, conversationID, err := d.follower(ctx, team, x.PublicID)
	if err != nil {
		return err
	}
	return d.say(ctx, p, conversationID, "demo-answer-web", conversation.Text("您好!茶壺現貨還有兩把,也適合您這個茶盤,需要幫您保留嗎?"), nil)
}

// visitor is the demo visitor; 0 where there is none yet.
func (d Desk) visitor(ctx context.Context, team int64) (id int64, err error) {
	err = d.DB.Read(ctx, team, func(ctx context.Context, v *store.View) error {
		x, err := v.Visitor.Query().Where(entvisitor.UserAgent(browser)).Order(entvisitor.ByID()).First(ctx)
		if ent.IsNotFound(err) {
			return nil
		}
		if err == nil {
			id = x.ID
		}
		return err
	})
	return id, err
}

// Visit keeps the demo visitor on the demo shop until the context ends.
func (d Desk) Visit(ctx context.Context, team int64) error {
	id, err := d.visitor(ctx, team)
	if err != nil || id == 0 {
		return err
	}
	w, err := d.Accounts.WindowByKey(ctx, WebchatKey)
	if err != nil {
		return err
	}
	x, err := d.Visitors.Again(ctx, visitor.Session{Team: team, ChannelID: w.ChannelID, VisitorID: id})
	if err != nil {
		return err
	}
	page := shopPage(d.PublicURL)
	stream, err := d.Visitors.Open(ctx, x, nil, &page)
	if err != nil {
		return err
	}
	defer stream.Close(context.WithoutCancel(ctx))
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-stream.Wake():
		}
		for {
			_, ok, reason := stream.Next(ctx)
			if reason != "" {
				return nil
			}
			if !ok {
				break
			}
		}
	}
}

// photo draws the n-th picture that a customer sends: something coloured on a table.
func photo(n int) ([]byte, error) {
	const w, h = 960, 720
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	thing := []color.RGBA{{200, 190, 170, 255}, {60, 90, 140, 255}, {170, 70, 60, 255}, {225, 222, 210, 255}}[n%4]
	for y := range h {
		for x := range w {
			c := color.RGBA{uint8(120 + y/12), uint8(95 + y/14), uint8(70 + y/18), 255}
			if dx, dy := x-w/2, y-h/2; dx*dx/4+dy*dy < 180*180 {
				shade := uint8((dx + dy + 540) / 24)
				c = color.RGBA{thing.R - shade/2, thing.G - shade/2, thing.B - shade/2, 255}
				if n%4 == 1 && dy > dx/3-4 && dy < dx/3+4 { // the scratch
					c = color.RGBA{235, 235, 235, 255}
				}
			}
			m.SetRGBA(x, y, c)
		}
	}
	var b bytes.Buffer
	err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 80})
	return b.Bytes(), err
}

// swatches draws a colour chart.
func swatches() ([]byte, error) {
	m := image.NewRGBA(image.Rect(0, 0, 600, 200))
	colours := []color.RGBA{{245, 240, 225, 255}, {200, 190, 170, 255}, {150, 150, 150, 255}, {60, 90, 140, 255}, {170, 70, 60, 255}, {50, 60, 50, 255}}
	for y := range 200 {
		for x := range 600 {
			m.SetRGBA(x, y, colours[x/100])
		}
	}
	var b bytes.Buffer
	err := png.Encode(&b, m)
	return b.Bytes(), err
}

// pdf writes a page with a title and a line.
func pdf(title, line string) []byte {
	text := fmt.Sprintf("BT /F 20 Tf 60 760 Td (%s) Tj /F 12 Tf 0 -30 Td (%s) Tj ET", title, line)
	objects := []string{
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(text), text),
		"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
	}
	var b strings.Builder
	b.WriteString("%PDF-1.4\n")
	at := make([]int, len(objects))
	for i, o := range objects {
		at[i] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, offset := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, start)
	return []byte(b.String())
}
