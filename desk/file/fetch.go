package file

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/desk/account"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/attachment"
	entfile "github.com/switchyard-chat/switchyard/ent/gen/ent/file"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// Why a file could not be fetched: codes of the catalogue of texts.
const (
	FailedGone        = "failure.MEDIA_GONE"
	FailedRefused     = "failure.MEDIA_REFUSED"
	FailedTooLarge    = "failure.MEDIA_TOO_LARGE"
	FailedUnreachable = "failure.MEDIA_UNREACHABLE"
	FailedChannel     = "failure.CHANNEL_UNAVAILABLE"
)

// giveUpAfter is how long a file is asked for. The queue's last try comes after an hour and three quarters.
const giveUpAfter = 90 * time.Minute

// about is what FetchTask is about: the attachment.
type about struct {
	ID int64 `json:"id"`
}

// bytesOf is what DeleteTask is about.
type bytesOf struct {
	Key string `json:"key"`
}

// Fetch handles FetchTask: what a customer sent comes from the platform, is judged by its content, and the message shows it. What is
// gone, refused or too large is FAILED with the reason at once, and what cannot be reached after giveUpAfter. What was erased
// meanwhile stays erased, and what came is deleted again.
func (s *Service) Fetch(ctx context.Context, team int64, args json.RawMessage) error {
	var t about
	if err := json.Unmarshal(args, &t); err != nil || t.ID <= 0 {
		return fault.New(fault.Invalid, "the task names nothing")
	}
	var a *ent.Attachment
	var channelID int64
	var now time.Time
	err := s.DB.Read(ctx, team, func(ctx context.Context, v *store.View) (err error) {
		now = v.Now
		if a, err = v.Attachment.Get(ctx, t.ID); err != nil {
			return missing(err)
		}
		m, err := v.Message.Get(ctx, a.MessageID)
		if err != nil {
			return missing(err)
		}
		channelID = m.ChannelID
		return nil
	})
	if err != nil || a.State != attachment.StatePENDING {
		return err
	}
	f, err := s.ask(ctx, team, channelID, a)
	if err == nil {
		return s.fetched(ctx, team, a.ID, f)
	}
	why := failure(err)
	if why == "" {
		if now.Sub(a.CreatedAt) < giveUpAfter {
			return err
		}
		why = FailedUnreachable
	}
	s.Log.InfoContext(ctx, "a file could not be fetched", "team", team, "attachment", a.ID, "error", err)
	return s.settle(ctx, team, a.ID, func(ctx context.Context, tx *store.Tx, a *ent.Attachment) error {
		return tx.Attachment.UpdateOne(a).SetState(attachment.StateFAILED).SetFailureCode(why).AddVersion(1).SetUpdatedAt(tx.Now).Exec(ctx)
	})
}

// failure is why there is no point in asking again; "" where there is.
func failure(err error) string {
	f := fault.As(err)
	switch f.Code {
	case CodeTooLarge, "RESPONSE_TOO_LARGE":
		return FailedTooLarge
	case CodeEmpty:
		return FailedGone
	case CodeIncomplete:
		return ""
	}
	switch f.Kind {
	case fault.NotFound:
		return FailedGone
	case fault.Conflict:
		return FailedChannel
	case fault.Forbidden, fault.Invalid:
		return FailedRefused
	}
	return ""
}

// ask fetches a file from the platform and keeps it. Credentials that the platform does not accept any more disconnect the channel (CHAN-3);
// connected again, it is asked once more.
func (s *Service) ask(ctx context.Context, team, channelID int64, a *ent.Attachment) (*ent.File, error) {
	c, err := s.Accounts.Load(ctx, team, channelID)
	if err != nil {
		return nil, err
	}
	if c.State == "DISCONNECTED" {
		return nil, fault.New(fault.Unavailable, "the channel is disconnected")
	}
	adapter, err := s.Adapters.Get(c.Type)
	if err != nil {
		return nil, err
	}
	from, err := adapter.FetchMedia(ctx, c.Account, channels.Media{ID: a.PlatformMediaID, URL: a.SourceURL, Name: a.Name, ContentType: a.ContentType, Size: a.Size})
	if fault.Is(err, fault.Unauthenticated) {
		return nil, s.refused(ctx, c, err)
	}
	if err != nil {
		return nil, err
	}
	defer from.Close()
	return s.keep(ctx, team, fmt.Sprintf("channel:%d", channelID), UploadInput{Name: a.Name, ContentType: from.ContentType, Body: from, Size: from.Size}, Rule{}, true)
}

// refused disconnects the channel whose credentials were refused, unless it was given others meanwhile.
func (s *Service) refused(ctx context.Context, c account.Opened, refusal error) error {
	now, err := s.Accounts.Load(ctx, c.TeamID, c.ChannelID)
	if err == nil && maps.Equal(now.Account.Credentials, c.Account.Credentials) {
		_, err = s.DB.Write(ctx, c.TeamID, func(ctx context.Context, tx *store.Tx) error {
			return s.Accounts.MarkDisconnectedIn(ctx, tx, c.ChannelID, channels.CodeCredentialsRevoked)
		})
	}
	if err != nil {
		return err
	}
	return fault.Wrap(refusal, fault.Unavailable, "the platform refused the channel's credentials")
}

// fetched shows a file that came.
func (s *Service) fetched(ctx context.Context, team, attachmentID int64, f *ent.File) error {
	isUsed := false
	err := s.settle(ctx, team, attachmentID, func(ctx context.Context, tx *store.Tx, a *ent.Attachment) error {
		now, err := s.ClaimIn(ctx, tx, f.Author, f.ID)
		if err != nil {
			return err
		}
		u := tx.Attachment.UpdateOne(a).SetState(attachment.StateREADY).SetFileID(now.ID).SetContentType(now.ContentType).SetSize(now.Size).
			SetWidth(now.Width).SetHeight(now.Height).SetFailureCode("").AddVersion(1).SetUpdatedAt(tx.Now)
		if now.DurationMs > 0 {
			u.SetDurationMs(now.DurationMs)
		}
		isUsed = true
		return u.Exec(ctx)
	})
	if err != nil || isUsed {
		return err
	}
	_, err = s.DB.Write(ctx, team, func(ctx context.Context, tx *store.Tx) error { return s.dropIn(ctx, tx, f.ID) })
	return err
}

// settle changes an attachment that is still PENDING, and its message tells of it. The conversation is held, so that nobody unsends it meanwhile.
func (s *Service) settle(ctx context.Context, team, attachmentID int64, change func(context.Context, *store.Tx, *ent.Attachment) error) error {
	_, err := s.DB.Write(ctx, team, func(ctx context.Context, tx *store.Tx) error {
		a, err := tx.Attachment.Get(ctx, attachmentID)
		if err != nil {
			return missing(err)
		}
		m, err := tx.Message.Get(ctx, a.MessageID)
		if err != nil {
			return missing(err)
		}
		c, err := row.Lock(ctx, tx, m.ConversationID)
		if err != nil {
			return err
		}
		if a, err = tx.Attachment.Get(ctx, attachmentID); err != nil {
			return missing(err)
		}
		if a.State != attachment.StatePENDING {
			return nil
		}
		if err := change(ctx, tx, a); err != nil {
			return err
		}
		if m, err = tx.Message.UpdateOneID(m.ID).AddVersion(1).SetUpdatedAt(tx.Now).Save(ctx); err != nil {
			return fmt.Errorf("change message %d: %w", m.ID, err)
		}
		f := row.Facets(c)
		tx.Emit(event.Event{Kind: event.MessageChanged, ObjectID: m.ID, ObjectVersion: m.Version, ConversationID: c.ID, Before: f, After: f,
			Actor: event.Actor{Kind: event.BySystem}})
		return nil
	})
	return err
}

// Delete handles DeleteTask: bytes of which no row tells are deleted, with their small picture.
func (s *Service) Delete(ctx context.Context, team int64, args json.RawMessage) error {
	var t bytesOf
	if err := json.Unmarshal(args, &t); err != nil || t.Key == "" {
		return fault.New(fault.Invalid, "the task names nothing")
	}
	isKept := false
	err := s.DB.Read(ctx, team, func(ctx context.Context, v *store.View) (err error) {
		isKept, err = v.File.Query().Where(entfile.BlobKey(t.Key)).Exist(ctx)
		return err
	})
	if err != nil || isKept {
		return err
	}
	return errors.Join(s.Blobs.Delete(ctx, t.Key), s.Blobs.Delete(ctx, t.Key+smaller))
}

// Sweep deletes the uploads of all teams that no message used in time, with their bytes. Several servers may do so at once.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.DB.Clock().Now()
	teams, err := s.DB.Across(store.Files).Teams(ctx, "SELECT DISTINCT team_id FROM files WHERE expires_at <= ?", now)
	if err != nil {
		return fmt.Errorf("look for expired uploads: %w", err)
	}
	var errs []error
	for _, team := range teams {
		for n := sweepBatch; n == sweepBatch && ctx.Err() == nil; {
			_, err := s.DB.Write(ctx, team, func(ctx context.Context, tx *store.Tx) error {
				ids, err := tx.File.Query().Where(entfile.ExpiresAtLTE(now)).Order(entfile.ByID()).Limit(sweepBatch).IDs(ctx)
				if err != nil {
					return fmt.Errorf("look for expired uploads: %w", err)
				}
				n = len(ids)
				return s.dropIn(ctx, tx, ids...)
			})
			if err != nil {
				errs = append(errs, fmt.Errorf("team %d: %w", team, err))
				break
			}
		}
	}
	return errors.Join(errs...)
}

const (
	sweepBatch = 100
	sweepEvery = 10 * time.Minute
)

// Run sweeps now and then, until the context ends.
func (s *Service) Run(ctx context.Context) {
	for s.DB.Clock().Sleep(ctx, sweepEvery) == nil {
		if err := s.Sweep(ctx); err != nil && !errors.Is(err, context.Canceled) {
			s.Log.WarnContext(ctx, "sweep uploads", "error", err)
		}
	}
}

func missing(err error) error {
	if ent.IsNotFound(err) {
		return fault.Missing("the file")
	}
	return err
}
