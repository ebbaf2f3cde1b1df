package push

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/switchyard-chat/switchyard/desk/workspace"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/pushwebhook"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/id"
	"github.com/switchyard-chat/switchyard/internal/seal"
	"github.com/switchyard-chat/switchyard/internal/store"
)

const (
	// secretPrefix is how the secrets of Standard Webhooks begin; base64 of 24 to 64 bytes follows.
	secretPrefix = "whsec_"
	minSecret    = 24
	maxSecret    = 64
	// overlap is how long a secret signs beside the one that took its place.
	overlap = 24 * time.Hour
	// patience is how long a webhook may fail until it is given up.
	patience = 75 * time.Hour
)

// WebhookInput is where notices are posted, and what they are signed with; an empty secret keeps the one there is, or has one made.
type WebhookInput struct {
	URL    string
	Secret seal.Secret
}

// SetWebhook sets the team's webhook (RT-9): each notice of an agent without a connection is posted there, signed as Standard Webhooks are. A webhook
// that was given up is tried again. A secret that takes another's place leaves that signing too for a day. The secret is given where it was made here,
// this once. Faults: Forbidden for all but ADMINs; Invalid.
func (s *Service) SetWebhook(ctx context.Context, p auth.Principal, in WebhookInput) (*ent.PushWebhook, seal.Secret, event.Cursor, error) {
	none := func(err error) (*ent.PushWebhook, seal.Secret, event.Cursor, error) {
		return nil, seal.Secret{}, event.Cursor{}, err
	}
	if err := p.NeedAdmin(); err != nil {
		return none(err)
	}
	in.URL = strings.TrimSpace(in.URL)
	u, err := url.Parse(in.URL)
	if err != nil || u.Host == "" || u.Fragment != "" || len(in.URL) > maxEndpoint {
		return none(fault.Input("url", "a webhook is an https address of at most %d characters", maxEndpoint))
	}
	if err := s.Check(ctx, in.URL); err != nil {
		return none(fault.Input("url", "a webhook is an https address of a public host"))
	}
	if !in.Secret.IsEmpty() {
		if _, err := signer(in.Secret); err != nil {
			return none(err)
		}
	}
	var row *ent.PushWebhook
	var made seal.Secret
	at, err := s.DB.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		made = seal.Secret{}
		old, err := s.lockWebhook(ctx, tx)
		if err != nil {
			return err
		}
		secret := in.Secret
		if old == nil && secret.IsEmpty() {
			made = seal.Hide(secretPrefix + base64.StdEncoding.EncodeToString(s.Random.Bytes(32)))
			secret = made
		}
		sealed := func() []byte { return s.Keys.Seal([]byte(secret.Reveal()), webhookPlace(tx.Team)) }
		if old == nil {
			row, err = tx.PushWebhook.Create().SetTeamID(tx.Team).SetURL(in.URL).SetSecret(sealed()).SetCreatedAt(tx.Now).SetUpdatedAt(tx.Now).Save(ctx)
			return err
		}
		u := tx.PushWebhook.UpdateOne(old).SetURL(in.URL).ClearFailingSince().ClearDisabledAt().AddVersion(1).SetUpdatedAt(tx.Now)
		if !secret.IsEmpty() {
			u.SetPreviousSecret(old.Secret).SetPreviousUntil(tx.Now.Add(overlap)).SetSecret(sealed())
		}
		row, err = u.Save(ctx)
		return err
	})
	if err != nil {
		return none(err)
	}
	return row, made, at, nil
}

// lockWebhook gives the team's webhook, nil where there is none; changes of it wait for each other.
func (s *Service) lockWebhook(ctx context.Context, tx *store.Tx) (*ent.PushWebhook, error) {
	n, err := tx.PushWebhook.Query().FirstID(ctx)
	if ent.IsNotFound(err) {
		return nil, nil //nolint:nilnil // there is none
	}
	if err != nil {
		return nil, err
	}
	if err := tx.Lock(ctx, pushwebhook.Table, n); err != nil {
		return nil, err
	}
	return tx.PushWebhook.Get(ctx, n)
}

// DeleteWebhook ends the team's webhook. Faults: Forbidden for all but ADMINs, NotFound where there is none.
func (s *Service) DeleteWebhook(ctx context.Context, p auth.Principal) error {
	if err := p.NeedAdmin(); err != nil {
		return err
	}
	_, err := s.DB.Write(ctx, p.TeamID, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.PushWebhook.Delete().Exec(ctx)
		if err == nil && n == 0 {
			return fault.Missing("the webhook")
		}
		return err
	})
	return err
}

// Webhook gives the team's webhook; nil where there is none, and for all but ADMINs.
func (s *Service) Webhook(ctx context.Context, p auth.Principal) (*ent.PushWebhook, error) {
	if p.Role != auth.Admin || !p.May(auth.ReadWorkspace) {
		return nil, nil //nolint:nilnil // not theirs to know
	}
	var w *ent.PushWebhook
	err := s.DB.Read(ctx, p.TeamID, func(ctx context.Context, v *store.View) (err error) {
		w, err = v.PushWebhook.Query().Only(ctx)
		if ent.IsNotFound(err) {
			return nil
		}
		return err
	})
	return w, err
}

// signer reads a secret of Standard Webhooks.
func signer(secret seal.Secret) ([]byte, error) {
	rest, ok := strings.CutPrefix(secret.Reveal(), secretPrefix)
	key, err := base64.StdEncoding.DecodeString(rest)
	if !ok || err != nil || len(key) < minSecret || len(key) > maxSecret {
		return nil, fault.Input("secret", "a secret is %s and base64 of %d to %d bytes; leave it out to have one made", secretPrefix, minSecret, maxSecret)
	}
	return key, nil
}

// notice is the body of a webhook's post.
type notice struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Data      told      `json:"data"`
}

// told is who is told what.
type told struct {
	AgentID string `json:"agentId"`
	Letter
}

// toWebhook posts a parcel to the team's webhook.
func (s *Service) toWebhook(ctx context.Context, x *parcel) (outcome, error) {
	body, err := json.Marshal(notice{Type: "notification.added", Timestamp: x.letter.At, Data: told{AgentID: id.Format(id.Agent, x.notice.AgentID), Letter: x.letter}})
	if err != nil {
		return outcome{}, err
	}
	now := s.DB.Clock().Now()
	stamp := strconv.FormatInt(now.Unix(), 10)
	signatures, err := s.signatures(x.webhook, now, x.letter.ID+"."+stamp+"."+string(body))
	if err != nil {
		return outcome{}, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, x.webhook.URL, bytes.NewReader(body))
	if err != nil {
		return outcome{}, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "Switchyard")
	r.Header.Set("webhook-id", x.letter.ID)
	r.Header.Set("webhook-timestamp", stamp)
	r.Header.Set("webhook-signature", signatures)
	o := s.ask(func() (*http.Response, error) { return s.Client.Do(r) })
	// Whoever keeps a webhook may put right whatever it answers; only 410 says that it is not wanted any more.
	o.isFinal = o.isFinal && (o.status == http.StatusGone || o.failure == failedAddress)
	return o, nil
}

// signatures signs a text with the webhook's secret, and with the one before as long as that holds.
func (s *Service) signatures(w *ent.PushWebhook, now time.Time, text string) (string, error) {
	sealed := [][]byte{w.Secret}
	if w.PreviousSecret != nil && w.PreviousUntil != nil && now.Before(*w.PreviousUntil) {
		sealed = append(sealed, *w.PreviousSecret)
	}
	var all []string
	for _, b := range sealed {
		plain, err := s.Keys.Open(b, webhookPlace(w.TeamID))
		if err != nil {
			return "", fault.Wrap(err, fault.Internal, "the webhook's secret cannot be opened; set it again")
		}
		key, err := signer(seal.Hide(string(plain)))
		if err != nil {
			return "", err
		}
		h := hmac.New(sha256.New, key)
		h.Write([]byte(text))
		all = append(all, "v1,"+base64.StdEncoding.EncodeToString(h.Sum(nil)))
	}
	return strings.Join(all, " "), nil
}

// noteWebhook keeps since when the webhook fails, and gives it up after days, which the administrators are told, or at once where it says that it is gone.
func (s *Service) noteWebhook(ctx context.Context, tx *store.Tx, o outcome) error {
	w, err := tx.PushWebhook.Query().Only(ctx)
	if ent.IsNotFound(err) || err == nil && w.DisabledAt != nil {
		return nil
	}
	if err != nil {
		return err
	}
	// Not at every post: all of them would wait for one row.
	u := tx.PushWebhook.Update().Where(pushwebhook.DisabledAtIsNil())
	switch {
	case o.failure == "":
		if w.FailingSince == nil && w.DeliveredAt != nil && tx.Now.Sub(*w.DeliveredAt) < time.Minute {
			return nil
		}
		return u.SetDeliveredAt(tx.Now).ClearFailingSince().Exec(ctx)
	case o.status == http.StatusGone || w.FailingSince != nil && tx.Now.Sub(*w.FailingSince) >= patience:
		if _, err := u.SetDisabledAt(tx.Now).AddVersion(1).SetUpdatedAt(tx.Now).Save(ctx); err != nil {
			return err
		}
		at, _ := url.Parse(w.URL)
		return workspace.NotifyAdminsIn(ctx, tx, event.Actor{Kind: event.BySystem}, workspace.Notice{Code: "notice.push_webhook_disabled", Params: map[string]string{"host": at.Hostname()}})
	case w.FailingSince == nil:
		return u.SetFailingSince(tx.Now).Exec(ctx)
	}
	return nil
}
