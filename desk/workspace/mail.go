package workspace

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/agent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/link"
	"github.com/switchyard-chat/switchyard/internal/attempt"
	"github.com/switchyard-chat/switchyard/internal/catalogue"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/seal"
	"github.com/switchyard-chat/switchyard/internal/store"
)

const (
	// postRoom is how many letters may wait.
	postRoom = 256
	// mailTries is how often a letter is tried, mailPause how long is waited between.
	mailTries = 3
	mailPause = 2 * time.Second
)

// resetTries bounds requests for a new password, from one network and for one account.
var resetTries = attempt.Limit{Tries: 10, Window: time.Hour}

// Mailer sends mail. What it sends holds a link that opens an account: it must not be logged.
type Mailer interface {
	// Send sends a text to one address. An error may be tried again.
	Send(ctx context.Context, to, subject string, body seal.Secret) error
}

// letter is something to be mailed: a link that was made, or where there is none, the request of a new password.
type letter struct {
	to       string
	purpose  link.Purpose
	link     seal.Secret
	language string
	teamName string

	team, email string
}

// enqueue leaves a letter for Run. Where too many wait it is refused rather than forgotten.
func (s *Service) enqueue(l letter) error {
	select {
	case s.post <- l:
		return nil
	default:
		return fault.New(fault.Unavailable, "too much mail is waiting; try again in a while").After(time.Minute)
	}
}

// Run sends what is to be mailed, one letter after another, until the context ends. The server runs it once. A letter that is lost with the
// server is asked for again.
func (s *Service) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case l := <-s.post:
			if err := s.deliver(ctx, l); err != nil && ctx.Err() == nil {
				s.log.ErrorContext(ctx, "a letter was not sent", slog.String("purpose", string(l.purpose)), slog.Any("error", err))
			}
		}
	}
}

func (s *Service) deliver(ctx context.Context, l letter) error {
	if l.purpose == "" {
		var err error
		if l, err = s.prepareReset(ctx, l.team, l.email); err != nil || l.purpose == "" {
			return err
		}
	}
	if s.mailer == nil {
		return nil
	}
	subject, body := l.write()
	for n := 1; ; n++ {
		err := s.mailer.Send(ctx, l.to, subject, body)
		if err == nil || n == mailTries {
			return err
		}
		if err := s.db.Clock().Sleep(ctx, mailPause); err != nil {
			return err
		}
	}
}

// write makes the letter's words.
func (l letter) write() (subject string, body seal.Secret) {
	code := "mail.invitation"
	if l.purpose == reset {
		code = "mail.reset"
	}
	subject = catalogue.Text(l.language, code+"_subject", map[string]string{"team": l.teamName})
	return subject, seal.Hide(catalogue.Text(l.language, code, map[string]string{"team": l.teamName, "link": l.link.Reveal()}))
}

// prepareReset makes the link that somebody asked for, where there is such an agent; otherwise the letter has no purpose.
func (s *Service) prepareReset(ctx context.Context, team, email string) (letter, error) {
	a, err := s.byAddress(ctx, team, email)
	if err != nil {
		return letter{}, fmt.Errorf("find who asks for a new password: %w", err)
	}
	if a.agent == 0 || a.status != string(agent.StatusACTIVE) || a.isSuspended {
		return letter{}, nil
	}
	t, err := s.db.TeamByID(ctx, a.team)
	if err != nil {
		return letter{}, err
	}
	var l letter
	_, err = s.db.Write(ctx, a.team, func(ctx context.Context, tx *store.Tx) error {
		l = letter{}
		who, err := lockAgent(ctx, tx, a.agent)
		if err != nil {
			return err
		}
		if s.mailer == nil {
			return NotifyAdminsIn(ctx, tx, event.Actor{Kind: event.ByAgent, ID: who.ID}, Notice{
				Code: "notice.reset_requested", Params: map[string]string{"agent": who.Name},
			})
		}
		token, err := s.createLink(ctx, tx, who.ID, reset)
		l = letter{to: who.Email, purpose: reset, link: s.link(reset, token), language: languageOf(who, t), teamName: t.Name}
		return err
	})
	if err != nil {
		return letter{}, err
	}
	return l, nil
}

// languageOf is the language in which an agent is written to.
func languageOf(a *ent.Agent, t store.Team) string {
	if a.Language != "" {
		return a.Language
	}
	return t.Language
}
