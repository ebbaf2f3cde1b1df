package conversation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/switchyard-chat/switchyard/desk/inbox"
	"github.com/switchyard-chat/switchyard/desk/row"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/ent/gen/ent/conversation"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/store"
)

const (
	// levelsEvery is how often it is looked who has waited long enough.
	levelsEvery = time.Second
	// levelsBatch is how many conversations are found at once, and levelsTold how many of a team's are told of in a transaction.
	levelsBatch = 1000
	levelsTold  = 100
	// levelsPause lets others write between, where many levels are reached at once: after an upgrade, or when all servers were away.
	levelsPause = 10 * time.Millisecond
)

// Levels tells when a customer has waited for half an hour, one hour and two (CONV-19): what time alone changes reaches those who watch as an event of the
// conversation, once for each level, however many servers look. It is safe for concurrent use.
type Levels struct {
	s   *Service
	log *slog.Logger
}

// NewLevels makes what tells; nothing is told before Run.
func NewLevels(s *Service, log *slog.Logger) *Levels {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Levels{s, log}
}

// Run tells until the context ends. Every server runs it.
func (l *Levels) Run(ctx context.Context) {
	for l.s.db.Clock().Sleep(ctx, levelsEvery) == nil {
		if err := l.Once(ctx); err != nil && !errors.Is(err, context.Canceled) {
			l.log.WarnContext(ctx, "levels of waiting", "error", err)
		}
	}
}

// Once tells of all levels that have been reached by now. One team's failure does not keep the others.
func (l *Levels) Once(ctx context.Context) error {
	var errs []error
	for told := range inbox.Levels {
		for {
			found, isFull, err := l.find(ctx, told)
			if err != nil {
				return errors.Join(append(errs, err)...)
			}
			failed := false
			for _, f := range found {
				if err := l.tell(ctx, f.team, f.ids); err != nil {
					errs, failed = append(errs, fmt.Errorf("team %d: %w", f.team, err)), true
				}
				if ctx.Err() != nil {
					return ctx.Err()
				}
			}
			if !isFull || failed { // what failed would be found again
				break
			}
			if err := l.s.db.Clock().Sleep(ctx, levelsPause); err != nil {
				return err
			}
		}
	}
	return errors.Join(errs...)
}

// due are conversations of a team.
type due struct {
	team int64
	ids  []int64
}

// find gives conversations of which so many levels were told, and whose next one has been reached, in the order in which they reached it. The index of what was not
// told of holds those that wait, and no others.
func (l *Levels) find(ctx context.Context, told int) (found []due, isFull bool, err error) {
	rows, err := l.s.db.Across(store.Waiting).Query(ctx, "SELECT team_id, id FROM conversations WHERE waiting_since IS NOT NULL AND waiting_level < 3 AND waiting_level = ? AND waiting_since <= ? ORDER BY waiting_since LIMIT ?",
		told, l.s.db.Clock().Now().Add(-inbox.Levels[told].Least()), levelsBatch)
	if err != nil {
		return nil, false, fmt.Errorf("find who waits: %w", err)
	}
	defer rows.Close()
	at := map[int64]int{}
	n := 0
	for ; rows.Next(); n++ {
		var team, id int64
		if err := rows.Scan(&team, &id); err != nil {
			return nil, false, fmt.Errorf("find who waits: %w", err)
		}
		i, ok := at[team]
		if !ok || len(found[i].ids) == levelsTold {
			i = len(found)
			at[team], found = i, append(found, due{team: team})
		}
		found[i].ids = append(found[i].ids, id)
	}
	return found, n == levelsBatch, rows.Err()
}

// tell tells of the levels that conversations of a team have reached, of each once: what another server told meanwhile, and who was answered, is left alone. While a
// bot serves it the clock runs and nothing is told; whoever it is handed to sees by that event how long it has waited.
func (l *Levels) tell(ctx context.Context, team int64, ids []int64) error {
	_, err := l.s.db.Write(ctx, team, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.Lock(ctx, conversation.Table, ids...); err != nil {
			return err
		}
		all, err := tx.Conversation.Query().Where(conversation.IDIn(ids...)).Order(conversation.ByID()).All(ctx)
		if err != nil {
			return fmt.Errorf("read who waits: %w", err)
		}
		for _, c := range all {
			level := inbox.LevelsReached(c, tx.Now)
			if level <= c.WaitingLevel {
				continue
			}
			if since, _ := inbox.Waiting(c, tx.Now); since == nil {
				if err := tx.Conversation.UpdateOneID(c.ID).SetWaitingLevel(level).Exec(ctx); err != nil {
					return fmt.Errorf("note how long conversation %d waits: %w", c.ID, err)
				}
				continue
			}
			if _, err := row.Change(ctx, tx, c, event.Actor{Kind: event.BySystem}, func(u *ent.ConversationUpdateOne) { u.SetWaitingLevel(level) }); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}
