package push

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/SherClockHolmes/webpush-go"

	"github.com/switchyard-chat/switchyard/desk/workspace"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/pushdelivery"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/pushsubscription"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/internal/text"
)

// What a failed try is called.
const (
	failedGone     = "GONE"            // the receiver says that it is there no longer
	failedRefused  = "REFUSED"         // it does not take this one, and would not take it again
	failedBusy     = "BUSY"            // it asks to come later
	failedError    = "ERROR"           // it fails
	failedTimeout  = "TIMEOUT"         // it does not answer in time
	failedReach    = "UNREACHABLE"     // it cannot be reached
	failedAddress  = "ADDRESS_REFUSED" // its address may not be called
	failedOtherKey = "OTHER_KEY"       // it was registered for another key than this server's
)

// maxAnswer is how much of a failed answer is kept, in bytes.
const maxAnswer = 1024

// outcome is what one try came to.
type outcome struct {
	status  int
	failure string // empty where it was taken
	answer  string
	// isFinal says that another try would not help, and after how long the receiver says that one may.
	isFinal bool
	after   time.Duration
	took    time.Duration
}

// Work does a task of the kind Task: it sends a delivery, or lets it be. It is harmless twice.
func (s *Service) Work(ctx context.Context, team int64, raw json.RawMessage) error {
	e, err := readErrand(raw)
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "these args are no delivery")
	}
	var x *parcel
	if err := s.DB.Read(ctx, team, func(ctx context.Context, v *store.View) (err error) {
		x, err = s.look(ctx, v, e)
		return err
	}); err != nil {
		return fmt.Errorf("read delivery %d: %w", e.Delivery, err)
	}
	if x == nil {
		return nil
	}
	if x.isOver {
		return s.drop(ctx, team, x)
	}
	isConnected, err := s.IsConnected(ctx, team, x.notice.AgentID)
	if err != nil {
		// Nobody can say: the task is tried again.
		return fmt.Errorf("look whether the agent has a connection: %w", err)
	}
	if isConnected {
		if e.IsAgain {
			return s.drop(ctx, team, x)
		}
		return s.later(ctx, team, e)
	}
	began := s.DB.Clock().Now()
	var o outcome
	if x.device != nil {
		o, err = s.toDevice(ctx, team, x)
	} else {
		o, err = s.toWebhook(ctx, x)
	}
	if err != nil {
		return fmt.Errorf("send delivery %d: %w", e.Delivery, err)
	}
	o.took = s.DB.Clock().Now().Sub(began)
	return s.note(ctx, team, e, x, o)
}

// later has a delivery looked at once more, when a connection that has died is known to be dead.
func (s *Service) later(ctx context.Context, team int64, e errand) error {
	e.IsAgain = true
	_, err := s.DB.Write(ctx, team, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.PushDelivery.Update().Where(pushdelivery.ID(e.Delivery), pushdelivery.StateEQ(pushdelivery.StateWAITING), pushdelivery.Tries(e.Try)).
			SetNextTryAt(tx.Now.Add(secondLook)).Save(ctx)
		if err != nil || n == 0 {
			return err
		}
		return s.enqueue(ctx, tx, e, tx.Now.Add(secondLook))
	})
	return err
}

// drop forgets a delivery that is not to be sent, and its device where nothing is to be sent to that any more.
func (s *Service) drop(ctx context.Context, team int64, x *parcel) error {
	_, err := s.DB.Write(ctx, team, func(ctx context.Context, tx *store.Tx) error {
		if x.isDeviceOver {
			if err := s.forget(ctx, tx, x); err != nil {
				return err
			}
		}
		_, err := tx.PushDelivery.Delete().Where(pushdelivery.ID(x.delivery.ID), pushdelivery.StateEQ(pushdelivery.StateWAITING)).Exec(ctx)
		return err
	})
	return err
}

// forget deletes the device of a parcel, unless it was registered again since.
func (s *Service) forget(ctx context.Context, tx *store.Tx, x *parcel) error {
	_, err := tx.PushSubscription.Delete().Where(pushsubscription.ID(x.device.ID), pushsubscription.Version(x.device.Version)).Exec(ctx)
	return err
}

// toDevice sends a parcel to the push service of its browser.
func (s *Service) toDevice(ctx context.Context, team int64, x *parcel) (outcome, error) {
	keys, err := s.keys(ctx, team)
	if err != nil {
		return outcome{}, err
	}
	if x.device.PublicKey != keys.public {
		return outcome{failure: failedOtherKey, isFinal: true}, nil
	}
	to, err := s.target(x.device)
	if err != nil {
		return outcome{}, err
	}
	body, err := x.letter.bytes()
	if err != nil {
		return outcome{}, err
	}
	left := x.notice.CreatedAt.Add(lasts).Sub(s.DB.Clock().Now())
	return s.ask(func() (*http.Response, error) {
		return webpush.SendNotificationWithContext(ctx, body, &to, &webpush.Options{
			HTTPClient: s.Client, Subscriber: s.Contact, TTL: max(0, int(left.Seconds())), Urgency: urgency(x.letter.Kind), Topic: s.topic(team, x),
			VAPIDPublicKey: keys.public, VAPIDPrivateKey: keys.private.Reveal(),
		})
	}), nil
}

// urgency says how much a notice is worth waking a device for (RFC 8030, 5.3).
func urgency(k workspace.NoticeKind) webpush.Urgency {
	switch k {
	case workspace.OfMessage, workspace.OfMention, workspace.OfTransfer, workspace.OfAssignment, workspace.OfReminder:
		return webpush.UrgencyHigh
	case workspace.OfCollaboration, workspace.OfChannel, workspace.OfAccount:
	}
	return webpush.UrgencyNormal
}

// topic names what a newer push takes the place of while the device is not reached (RFC 8030, 5.4): of several messages of a conversation the last
// one counts, and of anything else the same notice. Push services cannot tell what it names.
func (s *Service) topic(team int64, x *parcel) string {
	of := "notice:" + x.letter.ID
	if x.letter.Kind == workspace.OfMessage {
		of = "conversation:" + x.letter.ConversationID
	}
	return encode(s.Keys.Sign([]byte(of), "push-topic:"+strconv.FormatInt(team, 10))[:24])
}

// ask makes a call and judges its answer.
func (s *Service) ask(call func() (*http.Response, error)) outcome {
	res, err := call()
	if err != nil {
		return unanswered(err)
	}
	defer res.Body.Close()
	o := outcome{status: res.StatusCode, after: retryAfter(res.Header.Get("Retry-After"), s.DB.Clock().Now())}
	switch c := res.StatusCode; {
	case c >= 200 && c < 300:
		return o
	case c == http.StatusNotFound || c == http.StatusGone:
		o.failure, o.isFinal = failedGone, true
	case c == http.StatusTooManyRequests || c == http.StatusServiceUnavailable:
		o.failure = failedBusy
	case c >= 500 || c == http.StatusRequestTimeout || c == http.StatusTooEarly:
		o.failure = failedError
	default:
		o.failure, o.isFinal = failedRefused, true
	}
	b, _ := io.ReadAll(io.LimitReader(res.Body, maxAnswer)) // what was read is shown
	o.answer = printable(b)
	return o
}

// unanswered judges a call that got no answer.
func unanswered(err error) outcome {
	var slow net.Error
	switch {
	case fault.As(err).Code == "ADDRESS_REFUSED":
		return outcome{failure: failedAddress, isFinal: true}
	case errors.Is(err, context.DeadlineExceeded) || errors.As(err, &slow) && slow.Timeout():
		return outcome{failure: failedTimeout}
	}
	return outcome{failure: failedReach}
}

// printable is what of an answer can be kept and shown as text.
func printable(b []byte) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == '\ufffd' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(string(b), ""))
}

// retryAfter reads the header of that name: seconds, or a time.
func retryAfter(h string, now time.Time) time.Duration {
	if n, err := strconv.Atoi(strings.TrimSpace(h)); err == nil && n > 0 {
		return min(time.Duration(n)*time.Second, lasts)
	}
	if at, err := http.ParseTime(h); err == nil && at.After(now) {
		return min(at.Sub(now), lasts)
	}
	return 0
}

// pauses are how long is waited after the first try, the second and so on.
var pauses = []time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour}

// again gives how long to wait after so many tries; false where it is given up.
func (s *Service) again(tries int, o outcome, left time.Duration) (time.Duration, bool) {
	if o.isFinal || tries >= maxTries {
		return 0, false
	}
	wait := pauses[min(tries, len(pauses))-1]
	wait = max(wait+s.Random.Jitter(wait/4), o.after)
	return wait, wait < left
}

// note keeps what a try came to: done, given up, or to be tried again.
func (s *Service) note(ctx context.Context, team int64, e errand, x *parcel, o outcome) error {
	_, err := s.DB.Write(ctx, team, func(ctx context.Context, tx *store.Tx) error {
		tries := e.Try + 1
		u := tx.PushDelivery.Update().Where(pushdelivery.ID(e.Delivery), pushdelivery.StateEQ(pushdelivery.StateWAITING), pushdelivery.Tries(e.Try)).
			SetTries(tries).SetStatus(o.status).SetFailure(o.failure).SetAnswer(o.answer).SetTookMs(int(o.took.Milliseconds())).SetUpdatedAt(tx.Now)
		wait, isAgain := s.again(tries, o, x.notice.CreatedAt.Add(lasts).Sub(tx.Now))
		isAgain = isAgain && o.failure != ""
		switch {
		case o.failure == "":
			u.SetState(pushdelivery.StateDELIVERED).ClearNextTryAt()
		case isAgain:
			u.SetNextTryAt(tx.Now.Add(wait))
		default:
			u.SetState(pushdelivery.StateFAILED).ClearNextTryAt()
		}
		n, err := u.Save(ctx)
		if err != nil || n == 0 { // another server noted the same try
			return err
		}
		if isAgain {
			if err := s.enqueue(ctx, tx, errand{Delivery: e.Delivery, Try: tries}, tx.Now.Add(wait)); err != nil {
				return err
			}
		}
		if x.device != nil {
			return s.noteDevice(ctx, tx, x, o)
		}
		return s.noteWebhook(ctx, tx, o)
	})
	if err != nil {
		return fmt.Errorf("note what became of delivery %d: %w", e.Delivery, err)
	}
	return nil
}

// noteDevice keeps what a try came to with its device, and forgets one that is gone or can never be reached.
func (s *Service) noteDevice(ctx context.Context, tx *store.Tx, x *parcel, o outcome) error {
	switch o.failure {
	case failedGone, failedAddress, failedOtherKey:
		return s.forget(ctx, tx, x)
	}
	u := tx.PushSubscription.Update().Where(pushsubscription.ID(x.device.ID)).SetFailure(text.Cut(o.failure, maxUserAgent))
	if o.failure == "" {
		u.SetPushedAt(tx.Now)
	}
	return u.Exec(ctx)
}
