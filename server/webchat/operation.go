package webchat

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/switchyard-chat/switchyard/channels/webchat"
	"github.com/switchyard-chat/switchyard/desk/file"
	"github.com/switchyard-chat/switchyard/desk/visitor"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
)

// take reads a request's JSON, in bounded time and of a bounded size. Fields that nobody knows are ignored: windows and servers are not always
// of one version.
func (h *Handler) take(w http.ResponseWriter, r *http.Request, into any) error {
	control := http.NewResponseController(w)
	// What is no connection has no deadline.
	_ = control.SetReadDeadline(h.Clock.Now().Add(bodyFor))
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(into)
	_ = control.SetReadDeadline(time.Time{})
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "the body is no JSON of this operation")
	}
	return nil
}

// config tells how the window of a public key looks, before there is a session.
func (h *Handler) config(w http.ResponseWriter, r *http.Request) error {
	window, err := h.Accounts.WindowByKey(r.Context(), r.URL.Query().Get("channel_key"))
	if err != nil {
		return err
	}
	if err := h.allow(w, r, window); err != nil {
		return err
	}
	write(w, http.StatusOK, map[string]any{"settings": settingsOf(window, r.Header.Get("Accept-Language"))})
	return nil
}

type beginBody struct {
	ChannelKey   string `json:"channel_key"`
	VisitorToken string `json:"visitor_token"`
	Page         page   `json:"page"`
	Language     string `json:"language"`
	TimeZone     string `json:"time_zone"`
	Identity     *struct {
		ExternalID string      `json:"external_id"`
		UserHash   string      `json:"user_hash"`
		Time       json.Number `json:"time"`
		Name       string      `json:"name"`
		Email      string      `json:"email"`
		Phone      string      `json:"phone"`
	} `json:"identity"`
}

func (b beginBody) proof() *visitor.Proof {
	i := b.Identity
	if i == nil {
		return nil
	}
	p := &visitor.Proof{ExternalID: i.ExternalID, Hash: i.UserHash, Name: i.Name, Email: i.Email, Phone: i.Phone}
	if i.Time != "" {
		var err error
		if p.Time, err = i.Time.Int64(); err != nil || p.Time == 0 {
			return nil // a time that is none is no proof without one
		}
	}
	return p
}

// begin begins a session, or goes on with one.
func (h *Handler) begin(w http.ResponseWriter, r *http.Request) error {
	var in beginBody
	if err := h.take(w, r, &in); err != nil {
		return err
	}
	window, err := h.Accounts.WindowByKey(r.Context(), in.ChannelKey)
	if err != nil {
		return err
	}
	if err := h.allow(w, r, window); err != nil {
		return err
	}
	if err := h.count(r, "sessions", h.from(r).String(), sessionsFrom); err != nil {
		return err
	}
	b, err := h.Visitors.Begin(r.Context(), window, visitor.BeginInput{Token: in.VisitorToken, Page: *in.Page.known(), Language: in.Language,
		TimeZone: in.TimeZone, UserAgent: r.UserAgent(), Identity: in.proof()})
	if err != nil {
		return err
	}
	language := in.Language
	if language == "" {
		language = r.Header.Get("Accept-Language")
	}
	write(w, http.StatusOK, begunOf(b, language))
	return nil
}

func begunOf(b visitor.Begun, language string) map[string]any {
	return map[string]any{
		"visitor_token": b.Token, "visitor_id": b.Session.PublicID, "is_identified": b.Session.ExternalID != "",
		"settings": settingsOf(b.Session.Window, language), "messages": messagesOf(b.Messages), "has_more": b.HasMore, "unread": b.Unread, "agent": b.Agent,
		"cursor": b.Cursor.String(), "server_time": b.Now,
	}
}

func (h *Handler) logout(w http.ResponseWriter, r *http.Request) error {
	x, err := h.session(w, r)
	if err != nil {
		return err
	}
	b, err := h.Visitors.Logout(r.Context(), x)
	if err != nil {
		return err
	}
	write(w, http.StatusOK, begunOf(b, r.Header.Get("Accept-Language")))
	return nil
}

// messages gives older messages or, with after, what happened since a cursor.
func (h *Handler) messages(w http.ResponseWriter, r *http.Request) error {
	x, err := h.session(w, r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	if q.Has("after") {
		after, err := event.ParseCursor(q.Get("after"))
		if err != nil {
			return err
		}
		items, at, err := h.Visitors.Missed(r.Context(), x, after)
		if err != nil {
			return err
		}
		events := make([]told, len(items))
		for i, item := range items {
			events[i] = toldOf(item)
		}
		write(w, http.StatusOK, map[string]any{"events": events, "cursor": at.String()})
		return nil
	}
	before, limit := int64(0), pageSize
	if q.Has("before") {
		if before, err = strconv.ParseInt(q.Get("before"), 10, 64); err != nil || before < 1 {
			return fault.Input("before", "before is the seq of a message")
		}
	}
	if q.Has("limit") {
		if limit, err = strconv.Atoi(q.Get("limit")); err != nil || limit < 1 || limit > maxPage {
			return fault.Input("limit", "limit is a number from 1 to %d", maxPage)
		}
	}
	all, hasMore, err := h.Visitors.History(r.Context(), x, before, limit)
	if err != nil {
		return err
	}
	write(w, http.StatusOK, map[string]any{"messages": messagesOf(all), "has_more": hasMore})
	return nil
}

type sendBody struct {
	ClientMessageID string `json:"client_msg_id"`
	Type            string `json:"type"`
	Text            string `json:"text"`
	UploadID        string `json:"upload_id"`
	Page            *page  `json:"page"`
}

func (h *Handler) send(w http.ResponseWriter, r *http.Request) error {
	x, err := h.session(w, r)
	if err != nil {
		return err
	}
	if err := h.count(r, "messages", x.PublicID, writing); err != nil {
		return err
	}
	var in sendBody
	if err := h.take(w, r, &in); err != nil {
		return err
	}
	m, err := h.Visitors.Send(r.Context(), x, visitor.SendInput{ClientMessageID: in.ClientMessageID, Type: visitor.Type(in.Type), Text: in.Text,
		UploadID: in.UploadID, Page: in.Page.known()})
	if err != nil {
		return err
	}
	write(w, http.StatusOK, map[string]any{"message": messageOf(m)})
	return nil
}

func (h *Handler) upload(w http.ResponseWriter, r *http.Request) error {
	x, err := h.session(w, r)
	if err != nil {
		return err
	}
	if err := h.count(r, "uploads", x.PublicID, uploading); err != nil {
		return err
	}
	if err := h.count(r, "uploads from", h.from(r).String(), uploadsFrom); err != nil {
		return err
	}
	if r.ContentLength > webchat.MaxImage {
		return fault.New(fault.Invalid, "a picture has at most 10 MB").WithCode(file.CodeTooLarge, nil)
	}
	name, err := url.PathUnescape(r.Header.Get("Upload-Name"))
	if err != nil {
		return fault.Input("Upload-Name", "the name is written as encodeURIComponent does")
	}
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(h.Clock.Now().Add(uploadFor))
	id, f, err := h.Visitors.Upload(r.Context(), x, file.UploadInput{Name: name, ContentType: r.Header.Get("Content-Type"),
		Body: http.MaxBytesReader(w, r.Body, webchat.MaxImage), Size: r.ContentLength})
	if err != nil {
		return err
	}
	_ = control.SetReadDeadline(time.Time{})
	write(w, http.StatusOK, map[string]any{"upload_id": id, "content_type": f.ContentType, "size": f.Size, "width": f.Width, "height": f.Height})
	return nil
}

// quietly serves an operation that has no answer.
func (h *Handler) quietly(w http.ResponseWriter, r *http.Request, into any, f func(visitor.Session) error) error {
	x, err := h.session(w, r)
	if err != nil {
		return err
	}
	if err := h.take(w, r, into); err != nil {
		return err
	}
	if err := f(x); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (h *Handler) read(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		UpTo int64 `json:"up_to"`
	}
	return h.quietly(w, r, &in, func(x visitor.Session) error { return h.Visitors.Read(r.Context(), x, in.UpTo) })
}

func (h *Handler) page(w http.ResponseWriter, r *http.Request) error {
	in := &page{}
	return h.quietly(w, r, in, func(x visitor.Session) error { return h.Visitors.SetPage(r.Context(), x, *in.known()) })
}

// typing tells the agents who look at the conversation.
func (h *Handler) typing(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		IsTyping bool `json:"is_typing"`
	}
	return h.quietly(w, r, &in, func(x visitor.Session) error { return h.Visitors.Typing(r.Context(), x, in.IsTyping) })
}

// leaveWithin is how long noting a good-bye may take.
const leaveWithin = 5 * time.Second

// leave takes a page's good-bye, which cannot carry a header: the secret is in the body, as text.
func (h *Handler) leave(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		VisitorToken string `json:"visitor_token"`
	}
	if err := h.take(w, r, &in); err != nil {
		return err
	}
	// Who closes a page does not wait for the answer.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), leaveWithin)
	defer cancel()
	x, err := h.sessionOf(w, r.WithContext(ctx), in.VisitorToken)
	if err != nil {
		return err
	}
	if err := h.Visitors.Leave(ctx, x); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
