package line

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// memberPage is how many ids LINE lists at once.
const memberPage = 100

func info(b *Bot, _ *call) reply {
	value := map[string]string{
		"userId": b.setup.UserID, "basicId": b.setup.BasicID, "displayName": b.setup.DisplayName, "chatMode": "bot", "markAsReadMode": "manual",
	}
	if b.setup.PremiumID != "" {
		value["premiumId"] = b.setup.PremiumID
	}
	return ok(value)
}

func (b *Bot) isEntitled() bool { return b.setup.IsVerified || b.setup.PremiumID != "" }

func notEntitled() reply {
	return refuse(http.StatusForbidden, "Access to this API is not available for your account")
}

func followers(b *Bot, r *call) reply {
	if !b.isEntitled() {
		return notEntitled()
	}
	ids := []string{}
	for id, p := range b.people {
		if p.isFriend && !p.isBlocked {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	limit, err := strconv.Atoi(cmp.Or(r.FormValue("limit"), "300"))
	if err != nil || limit < 1 || limit > 1000 {
		return refuse(http.StatusBadRequest, "The value for the 'limit' parameter is invalid")
	}
	return page("userIds", ids, r.FormValue("start"), limit)
}

// page answers a part of a list. The token of the next part is its position.
func page(name string, ids []string, start string, size int) reply {
	from, err := strconv.Atoi(cmp.Or(start, "0"))
	if err != nil || from < 0 || from > len(ids) {
		return refuse(http.StatusBadRequest, "Invalid start param")
	}
	to := min(from+size, len(ids))
	value := map[string]any{name: ids[from:to]}
	if to < len(ids) {
		value["next"] = strconv.Itoa(to)
	}
	return ok(value)
}

// profile shows friends, and people who wrote; not those who blocked the account.
func profile(b *Bot, r *call) reply {
	id := r.PathValue("user")
	if !isID("U", id) {
		return refuse(http.StatusBadRequest, "The value for the 'userId' parameter is invalid")
	}
	p := b.acquaintance(id)
	if p == nil || p.isBlocked || !p.isFriend && p.wroteAt.IsZero() {
		return notFound()
	}
	return ok(p.wire(true))
}

func (p *person) wire(isWhole bool) map[string]string {
	value := map[string]string{"userId": p.ID, "displayName": p.Name}
	if p.PictureURL != "" {
		value["pictureUrl"] = p.PictureURL
	}
	if isWhole && p.StatusMessage != "" {
		value["statusMessage"] = p.StatusMessage
	}
	if isWhole && p.Language != "" {
		value["language"] = p.Language
	}
	return value
}

// inGroup serves an operation of a group or room the account is in.
func inGroup(isRoom bool, h func(*Bot, *group, *call) reply) handler {
	letter := "C"
	if isRoom {
		letter = "R"
	}
	return func(b *Bot, r *call) reply {
		chat := r.PathValue("chat")
		if !isID(letter, chat) {
			return refuse(http.StatusBadRequest, "The value for the 'groupId' parameter is invalid")
		}
		g := b.joined(chat, isRoom)
		if g == nil {
			return notFound()
		}
		return h(b, g, r)
	}
}

func summary(_ *Bot, g *group, _ *call) reply {
	value := map[string]string{"groupId": g.id, "groupName": g.name}
	if g.pictureURL != "" {
		value["pictureUrl"] = g.pictureURL
	}
	return ok(value)
}

func membersCount(_ *Bot, g *group, _ *call) reply {
	return ok(map[string]int{"count": len(g.members)})
}

func membersIDs(b *Bot, g *group, r *call) reply {
	if !b.isEntitled() {
		return notEntitled()
	}
	return page("memberIds", g.members, r.FormValue("start"), memberPage)
}

// member shows anybody in the group, also strangers and people who blocked the account.
func member(b *Bot, g *group, r *call) reply {
	id := r.PathValue("user")
	if !isID("U", id) {
		return refuse(http.StatusBadRequest, "The value for the 'userId' parameter is invalid")
	}
	p := b.acquaintance(id)
	if p == nil || !slices.Contains(g.members, id) && !b.setup.KnowsEverybody {
		return notFound()
	}
	return ok(p.wire(false))
}

func leave(_ *Bot, g *group, _ *call) reply {
	g.isJoined = false
	return ok(struct{}{})
}

func quota(b *Bot, _ *call) reply {
	if b.setup.Quota == 0 {
		return ok(map[string]any{"type": "none"})
	}
	return ok(map[string]any{"type": "limited", "value": b.setup.Quota})
}

func consumption(b *Bot, _ *call) reply { return ok(map[string]int64{"totalUsage": b.used}) }

func webhookEndpoint(b *Bot, _ *call) reply {
	if b.setup.WebhookURL == "" {
		return notFound()
	}
	return ok(map[string]any{"endpoint": b.setup.WebhookURL, "active": !b.setup.WebhookOff})
}

func setWebhookEndpoint(b *Bot, r *call) reply {
	var request struct{ Endpoint string }
	if refused, fine := r.read(&request); !fine {
		return refused
	}
	if !isWebhook(request.Endpoint) {
		return refuse(http.StatusBadRequest, "Invalid webhook endpoint URL")
	}
	b.setup.WebhookURL = request.Endpoint
	return ok(struct{}{})
}

// isWebhook says whether an address can be a webhook. LINE wants https; here http is as good.
func isWebhook(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && len(address) <= 500
}

// contentOf finds the bytes of a customer's message.
func (b *Bot) contentOf(id string) (*content, reply) {
	c := b.contents[id]
	switch {
	case c == nil:
		return nil, notFound()
	case c.isGone:
		return nil, refuse(http.StatusGone, "The content is gone")
	}
	return c, reply{}
}

func contentBytes(b *Bot, r *call) reply {
	c, refused := b.contentOf(r.PathValue("id"))
	if c == nil {
		return refused
	}
	if c.pendingFor != 0 {
		return reply{status: http.StatusAccepted, value: struct{}{}}
	}
	return reply{status: http.StatusOK, contentType: c.contentType, content: c.bytes}
}

func contentPreview(b *Bot, r *call) reply {
	c, refused := b.contentOf(r.PathValue("id"))
	switch {
	case c == nil:
		return refused
	case c.preview == nil:
		return notFound()
	case c.pendingFor != 0:
		return reply{status: http.StatusAccepted, value: struct{}{}}
	}
	return reply{status: http.StatusOK, contentType: "image/jpeg", content: c.preview}
}

// contentTranscoding tells how far the preparation of a film or sound is. Each time it is asked brings it nearer.
func contentTranscoding(b *Bot, r *call) reply {
	c, refused := b.contentOf(r.PathValue("id"))
	if c == nil {
		return refused
	}
	switch {
	case c.pendingFor < 0:
		return ok(map[string]string{"status": "failed"})
	case c.pendingFor > 0:
		c.pendingFor--
		return ok(map[string]string{"status": "processing"})
	}
	return ok(map[string]string{"status": "succeeded"})
}
