package push_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/switchyard-chat/switchyard/desk/factory"
	"github.com/switchyard-chat/switchyard/desk/push"
	"github.com/switchyard-chat/switchyard/desk/workspace"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/id"
	"github.com/switchyard-chat/switchyard/internal/page"
	"github.com/switchyard-chat/switchyard/internal/seal"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// transferred is something to be told.
var transferred = workspace.Notice{Code: "notice.transferred", Params: map[string]string{"actor": "Jess", "role": "@role.ADMIN"}}

// register registers a browser and gives the device.
func (w *world) register(p auth.Principal, b *browser) *ent.PushSubscription {
	w.t.Helper()
	x, _, err := w.Register(w.t.Context(), p, b.in)
	if err != nil {
		w.t.Fatal(err)
	}
	return x
}

// RT-9, PROD-9, COLL-14: what an agent without a connection is told reaches its browsers, each once, in its language, sealed and signed as the standards say.
func TestPush(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		amy, ben := w.member(auth.AgentRole, "en"), w.member(auth.AgentRole, "zh-Hant")
		public, err := w.PublicKey(ctx, amy)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := w.PublicKey(ctx, ben); err != nil || again != public {
			t.Errorf("the key is another each time: %v", err)
		}
		laptop, phone, desk := w.browser("laptop"), w.browser("phone"), w.browser("desk")
		w.register(amy, laptop)
		w.register(amy, phone)
		w.register(ben, desk)
		open := w.Conversation(w.Channel("LINE"), factory.Spec{Status: "IN_PROGRESS", Follower: amy.AgentID})
		said := w.Hear(open.ID)
		w.tell(amy.AgentID, workspace.Notice{Code: "notice.message", Params: map[string]string{"customer": "王小明"}, ConversationID: open.ID, MessageID: said})
		w.tell(ben.AgentID, transferred)
		if n := w.work(); n != 3 {
			t.Fatalf("%d tasks, not 3", n)
		}
		got := map[string]taken{}
		for _, x := range w.at.take() {
			if _, twice := got[x.path]; twice {
				t.Errorf("%s was pushed to twice", x.path)
			}
			got[x.path] = x
			isSigned(t, x, w.at.URL, public)
		}
		for _, b := range []*browser{laptop, phone} {
			x := got[strings.TrimPrefix(b.in.Endpoint, w.at.URL)]
			l := b.read(t, x)
			if l.Title != "王小明" || !strings.HasPrefix(l.Body, "message ") || l.ConversationID != id.Format(id.Conversation, open.ID) || l.Kind != workspace.OfMessage {
				t.Errorf("it says %+v", l)
			}
			if x.header.Get("TTL") != "86400" || x.header.Get("Urgency") != "high" || len(x.header.Get("Topic")) != 32 {
				t.Errorf("it comes with %v", x.header)
			}
		}
		if l := desk.read(t, got["/desk"]); l.Title != "Team" || l.Body != "Jess (管理員) 已將 1 個對話移轉給你" || l.ConversationID != "" {
			t.Errorf("it says %+v", l)
		}
		// What was erased before it is pushed is not in it.
		w.tell(amy.AgentID, workspace.Notice{Code: "notice.message", Params: map[string]string{"customer": "王小明"}, ConversationID: open.ID, MessageID: said})
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			return tx.Message.UpdateOneID(said).SetText("").SetUnsentAt(tx.Now).Exec(ctx)
		})
		w.work()
		for _, x := range w.at.take() {
			if b := map[string]*browser{"/laptop": laptop, "/phone": phone}[x.path]; b.read(t, x).Body != "A message was unsent" {
				t.Errorf("it says %+v", b.read(t, x))
			}
		}
	})
}

// RT-9: nothing is pushed to who has a connection, has read it, may not see it any more, does not want it, has signed out or was deactivated.
func TestPushIsKeptBack(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		amy := w.member(auth.AgentRole, "en")
		b := w.browser("phone")
		w.register(amy, b)
		nothing := func(what string) {
			t.Helper()
			for w.work() > 0 {
				w.clock.Advance(time.Minute)
			}
			if got := w.at.take(); len(got) != 0 {
				t.Errorf("%s: pushed %d times", what, len(got))
			}
			if left := w.deliveries(); len(left) != 0 {
				t.Errorf("%s: left %+v", what, left)
			}
		}
		w.connected[amy.AgentID] = true
		w.tell(amy.AgentID, transferred)
		nothing("a live connection")
		// A connection that has died without a word was taken for a live one: it is looked at again when that is known.
		w.tell(amy.AgentID, transferred)
		w.work()
		w.connected[amy.AgentID] = false
		w.clock.Advance(time.Minute)
		w.work()
		if got := w.at.take(); len(got) != 1 {
			t.Fatalf("a connection that was dead: pushed %d times", len(got))
		}
		w.Write(func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.PushDelivery.Delete().Exec(ctx)
			return err
		})
		w.tell(amy.AgentID, transferred)
		if _, _, err := w.people.MarkRead(ctx, amy, nil); err != nil {
			t.Fatal(err)
		}
		nothing("what was read")
		w.tell(amy.AgentID, transferred)
		w.clock.Advance(25 * time.Hour)
		nothing("what is a day old")
		open := w.Conversation(w.Channel("LINE"), factory.Spec{Status: "IN_PROGRESS", Follower: amy.AgentID})
		said := w.Hear(open.ID)
		w.tell(amy.AgentID, workspace.Notice{Code: "notice.message", ConversationID: open.ID, MessageID: said})
		ben := w.Agent(auth.AgentRole)
		w.Change(open.ID, func(u *ent.ConversationUpdateOne) { u.SetFollowerID(ben.AgentID) })
		nothing("a conversation that another works on")
		no := []workspace.NoticeKind{workspace.OfMessage}
		if _, _, err := w.people.SetNoticeSettings(ctx, amy, workspace.NoticeSettingsInput{Pushed: &no}); err != nil {
			t.Fatal(err)
		}
		w.tell(amy.AgentID, transferred)
		nothing("a kind that is not wanted")
		all := workspace.NoticeKinds
		if _, _, err := w.people.SetNoticeSettings(ctx, amy, workspace.NoticeSettingsInput{Pushed: &all}); err != nil {
			t.Fatal(err)
		}
		w.tell(amy.AgentID, transferred)
		if _, err := w.people.SignOut(ctx, amy, true); err != nil {
			t.Fatal(err)
		}
		nothing("who signed out everywhere")
		if left, err := w.Devices(ctx, amy); err != nil || len(left) != 0 {
			t.Errorf("the devices of who signed out are %v: %v", left, err)
		}
		if _, _, err := w.Register(ctx, amy, b.in); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("a sign-in that has ended registers: %v", err)
		}
		boss, eve := w.member(auth.Admin, "en"), w.member(auth.AgentRole, "en")
		w.register(eve, b)
		w.tell(eve.AgentID, transferred)
		if _, err := w.people.Deactivate(ctx, boss, eve.AgentID); err != nil {
			t.Fatal(err)
		}
		nothing("who was deactivated")
		// A sign-in that was not used for a month ends its device when there is something to push.
		ida := w.member(auth.AgentRole, "en")
		w.register(ida, b)
		w.clock.Advance(31 * 24 * time.Hour)
		w.tell(ida.AgentID, transferred)
		nothing("a sign-in that is over")
		if left, err := w.Devices(ctx, ida); err != nil || len(left) != 0 {
			t.Errorf("its devices are %v: %v", left, err)
		}
	})
}

// RT-9: what fails for now is tried again when the push service says or after a while, each time as one try; what is gone is forgotten.
func TestPushAgain(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		amy := w.member(auth.AgentRole, "en")
		b := w.browser("phone")
		w.register(amy, b)
		w.tell(amy.AgentID, transferred)
		w.at.answers(http.StatusTooManyRequests, "Retry-After", "300")
		w.work()
		if wait := w.waits(); wait < 300*time.Second || wait > 302*time.Second {
			t.Errorf("it is tried again after %v, not 300 s", wait)
		}
		if d := w.deliveries()[0]; d.State != "WAITING" || d.Tries != 1 || d.Status != 429 || d.Failure != "BUSY" || d.NextTryAt == nil {
			t.Errorf("it is kept as %+v", d)
		}
		w.clock.Advance(302 * time.Second)
		w.at.answers(http.StatusInternalServerError)
		w.work()
		if wait := w.waits(); wait < 30*time.Second || wait > 40*time.Second {
			t.Errorf("it is tried again after %v, not 30 s", wait)
		}
		// A service that takes longer than is waited for.
		w.clock.Advance(time.Minute)
		release := make(chan struct{})
		w.at.mu.Lock()
		w.at.answer = func(http.ResponseWriter, *http.Request) { <-release }
		w.at.mu.Unlock()
		w.work()
		close(release)
		if d := w.deliveries()[0]; d.Failure != "TIMEOUT" || d.Tries != 3 {
			t.Errorf("it is kept as %+v", d)
		}
		w.at.answers(http.StatusCreated)
		w.clock.Advance(5 * time.Minute)
		w.work()
		if d := w.deliveries()[0]; d.State != "DELIVERED" || d.Tries != 4 || d.Failure != "" || d.NextTryAt != nil {
			t.Errorf("it is kept as %+v", d)
		}
		if got := w.at.take(); len(got) != 4 {
			t.Errorf("it was tried %d times, not 4", len(got))
		}
		// The service fails for long: it is given up after eight tries.
		w.at.answers(http.StatusBadGateway)
		w.tell(amy.AgentID, transferred)
		for w.work() > 0 {
			w.clock.Advance(3 * time.Hour)
		}
		if d := w.deliveries()[1]; d.State != "FAILED" || d.Tries != 8 {
			t.Errorf("it is kept as %+v", d)
		}
		if got := w.at.take(); len(got) != 8 {
			t.Errorf("it was tried %d times, not 8", len(got))
		}
		for _, gone := range []int{http.StatusGone, http.StatusNotFound} {
			w.register(amy, b)
			w.at.answers(gone)
			w.tell(amy.AgentID, transferred)
			w.work()
			if left, err := w.Devices(t.Context(), amy); err != nil || len(left) != 0 {
				t.Errorf("after %d there are %v: %v", gone, left, err)
			}
			w.tell(amy.AgentID, transferred)
			if n := w.work(); n != 0 {
				t.Errorf("after %d %d pushes are tried", gone, n)
			}
		}
		w.clock.Advance(8 * 24 * time.Hour)
		if n, err := w.Purge(t.Context()); err != nil || n != 4 || len(w.deliveries()) != 0 {
			t.Errorf("%d were purged, not 4: %v", n, err)
		}
	})
}

// RT-9: who may be pushed to, how many, and where.
func TestDevices(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		amy, ben := w.member(auth.AgentRole, "en"), w.member(auth.AgentRole, "en")
		b := w.browser("shared")
		for what, change := range map[string]func(in *push.DeviceInput){
			"a private address":    func(in *push.DeviceInput) { in.Endpoint = "https://10.0.0.1/x" },
			"the machine itself":   func(in *push.DeviceInput) { in.Endpoint = "https://127.0.0.1/x" },
			"no TLS":               func(in *push.DeviceInput) { in.Endpoint = "http://93.184.216.34/x" },
			"another port":         func(in *push.DeviceInput) { in.Endpoint = "https://93.184.216.34:8443/x" },
			"the cloud's metadata": func(in *push.DeviceInput) { in.Endpoint = "https://169.254.169.254/x" },
			"no address":           func(in *push.DeviceInput) { in.Endpoint = "hello" },
			"a key of nobody":      func(in *push.DeviceInput) { in.P256dh = "BAAA" },
			"a short secret":       func(in *push.DeviceInput) { in.Auth = "AAAA" },
		} {
			in := b.in
			change(&in)
			if _, _, err := w.Register(ctx, amy, in); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s is registered: %v", what, err)
			}
		}
		if _, _, err := w.Register(ctx, auth.Principal{TeamID: w.Team, TokenID: 1, Role: auth.Admin}, b.in); !fault.Is(err, fault.Forbidden) {
			t.Errorf("an integration is pushed to: %v", err)
		}
		first := w.register(amy, b)
		if again := w.register(ben, b); again.ID != first.ID || again.AgentID != ben.AgentID {
			t.Errorf("the browser is kept twice: %+v", again)
		}
		if err := w.Unregister(ctx, amy, push.UnregisterInput{ID: first.ID}); !fault.Is(err, fault.NotFound) {
			t.Errorf("another's device is removed: %v", err)
		}
		if err := w.Unregister(ctx, ben, push.UnregisterInput{Endpoint: b.in.Endpoint}); err != nil {
			t.Error(err)
		}
		for _, n := range strings.Split("0123456789a", "") {
			w.clock.Advance(time.Second)
			w.register(amy, w.browser(n))
		}
		all, err := w.Devices(ctx, amy)
		if err != nil || len(all) != 10 {
			t.Fatalf("there are %d devices, not 10: %v", len(all), err)
		}
		for _, x := range all {
			if strings.Contains(string(x.Target), w.at.URL) || x.UserAgent != "Firefox" || x.Service != "127.0.0.1" {
				t.Errorf("it is kept as %+v", x)
			}
		}
		w.tell(amy.AgentID, transferred)
		w.work()
		for _, x := range w.at.take() {
			if x.path == "/0" {
				t.Error("the oldest did not make way")
			}
		}
		if err := w.Unregister(ctx, amy, push.UnregisterInput{ID: all[0].ID}); err != nil {
			t.Error(err)
		}
	})
}

// RT-9: a team's own webhook is told of agents without a connection, signed as Standard Webhooks are, again where it fails, and what came of it is shown.
func TestPushWebhook(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		boss, amy := w.member(auth.Admin, "en"), w.member(auth.AgentRole, "en")
		if _, _, _, err := w.SetWebhook(ctx, amy, push.WebhookInput{URL: w.at.URL + "/relay"}); !fault.Is(err, fault.Forbidden) {
			t.Errorf("an agent sets the webhook: %v", err)
		}
		for _, bad := range []push.WebhookInput{{URL: "https://10.0.0.1/"}, {URL: "http://93.184.216.34/"}, {URL: w.at.URL, Secret: seal.Hide("hunter2")}} {
			if _, _, _, err := w.SetWebhook(ctx, boss, bad); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s is taken: %v", bad.URL, err)
			}
		}
		_, made, _, err := w.SetWebhook(ctx, boss, push.WebhookInput{URL: w.at.URL + "/relay"})
		if err != nil || made.IsEmpty() {
			t.Fatal(err)
		}
		verify := func(x taken, secret seal.Secret) {
			t.Helper()
			key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret.Reveal(), "whsec_"))
			if err != nil {
				t.Fatal(err)
			}
			h := hmac.New(sha256.New, key)
			h.Write([]byte(x.header.Get("webhook-id") + "." + x.header.Get("webhook-timestamp") + "." + string(x.body)))
			if want := "v1," + base64.StdEncoding.EncodeToString(h.Sum(nil)); !strings.Contains(" "+x.header.Get("webhook-signature")+" ", " "+want+" ") {
				t.Errorf("it is signed %q, not %q", x.header.Get("webhook-signature"), want)
			}
		}
		w.at.answers(http.StatusInternalServerError)
		w.tell(amy.AgentID, transferred)
		w.work()
		w.at.answers(http.StatusOK)
		w.clock.Advance(time.Minute)
		w.work()
		got := w.at.take()
		if len(got) != 2 || got[0].header.Get("webhook-id") != got[1].header.Get("webhook-id") {
			t.Fatalf("it came %d times", len(got))
		}
		for _, x := range got {
			verify(x, made)
		}
		var body struct {
			Type string
			Data struct{ AgentID, Kind, Body string }
		}
		if err := json.Unmarshal(got[1].body, &body); err != nil || body.Type != "notification.added" || body.Data.AgentID != id.Format(id.Agent, amy.AgentID) ||
			body.Data.Body != "Jess (Administrator) transferred 1 conversation to you" {
			t.Errorf("it says %s: %v", got[1].body, err)
		}
		// A new secret signs beside the old one for a day.
		own := seal.Hide("whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32))))
		if _, again, _, err := w.SetWebhook(ctx, boss, push.WebhookInput{URL: w.at.URL + "/relay", Secret: own}); err != nil || !again.IsEmpty() {
			t.Fatal(err)
		}
		w.tell(amy.AgentID, transferred)
		w.work()
		for _, x := range w.at.take() {
			verify(x, own)
			verify(x, made)
		}
		w.clock.Advance(25 * time.Hour)
		w.tell(amy.AgentID, transferred)
		w.work()
		for _, x := range w.at.take() {
			if verify(x, own); strings.Contains(x.header.Get("webhook-signature"), " ") {
				t.Error("the old secret signs for ever")
			}
		}
		w.connected[amy.AgentID] = true
		w.tell(amy.AgentID, transferred)
		for w.work() > 0 {
			w.clock.Advance(time.Minute)
		}
		w.connected[amy.AgentID] = false
		if got := w.at.take(); len(got) != 0 {
			t.Errorf("it is told of who has a connection: %d", len(got))
		}
		// It fails for days: it is given up, and the administrators are told.
		w.at.answers(http.StatusInternalServerError)
		for range 12 {
			w.tell(amy.AgentID, transferred)
			for w.work() > 0 {
				w.clock.Advance(3 * time.Hour)
			}
		}
		now, err := w.Webhook(ctx, boss)
		if err != nil || now == nil || now.DisabledAt == nil || now.FailingSince == nil {
			t.Fatalf("it stands at %+v: %v", now, err)
		}
		if none, err := w.Webhook(ctx, amy); err != nil || none != nil {
			t.Errorf("an agent sees the webhook: %v", err)
		}
		notices, err := w.people.Notifications(ctx, boss, true, page.Window{Limit: 5})
		if err != nil || len(notices.Rows) != 1 || notices.Rows[0].Code != "notice.push_webhook_disabled" {
			t.Errorf("the administrator is told %+v: %v", notices.Rows, err)
		}
		w.at.take()
		w.tell(amy.AgentID, transferred)
		if n := w.work(); n != 0 {
			t.Errorf("what was given up is tried %d times", n)
		}
		failed, err := w.Deliveries(ctx, boss, true, page.Window{Limit: 2})
		if err != nil || len(failed.Rows) != 2 || !failed.HasNext || failed.Rows[0].Answer != "because" || failed.Rows[0].Status != 500 {
			t.Errorf("the failed are %+v: %v", failed.Rows, err)
		}
		all, err := w.Deliveries(ctx, boss, false, page.Window{Limit: 100})
		if err != nil || len(all.Rows) < 4 || all.Rows[len(all.Rows)-1].Tries != 2 || all.Rows[len(all.Rows)-1].State != "DELIVERED" {
			t.Errorf("the deliveries are %+v: %v", all.Rows, err)
		}
		if none, err := w.Deliveries(ctx, amy, false, page.Window{Limit: 5}); err != nil || len(none.Rows) != 0 {
			t.Errorf("an agent sees deliveries: %v", err)
		}
		if err := w.DeleteWebhook(ctx, boss); err != nil {
			t.Error(err)
		}
		if err := w.DeleteWebhook(ctx, boss); !fault.Is(err, fault.NotFound) {
			t.Errorf("it is deleted twice: %v", err)
		}
	})
}

// PROD-9: the notice of new messages is off until it is wanted, and its sound is with it alone.
func TestNoticeSettings(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		amy := w.member(auth.AgentRole, "en")
		if n, err := w.people.NoticeSettings(ctx, amy); err != nil || n.NewMessages || n.Sound || len(n.Pushed()) != len(workspace.NoticeKinds) {
			t.Errorf("at first it is %+v: %v", n, err)
		}
		yes, no := true, false
		if _, _, err := w.people.SetNoticeSettings(ctx, amy, workspace.NoticeSettingsInput{Sound: &yes}); !fault.Is(err, fault.Invalid) {
			t.Errorf("a sound without the notice: %v", err)
		}
		n, at, err := w.people.SetNoticeSettings(ctx, amy, workspace.NoticeSettingsInput{NewMessages: &yes, Sound: &yes})
		if err != nil || !n.NewMessages || !n.Sound || n.Version != 1 || at.Seq == 0 {
			t.Errorf("switched on it is %+v: %v", n, err)
		}
		if _, at, err := w.people.SetNoticeSettings(ctx, amy, workspace.NoticeSettingsInput{NewMessages: &yes}); err != nil || at.Epoch != "" {
			t.Errorf("the same again is told: %v", err)
		}
		if n, _, err := w.people.SetNoticeSettings(ctx, amy, workspace.NoticeSettingsInput{NewMessages: &no}); err != nil || n.NewMessages || n.Sound || n.Version != 2 {
			t.Errorf("switched off it is %+v: %v", n, err)
		}
	})
}
