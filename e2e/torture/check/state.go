package check

import (
	"context"
	"database/sql"
	"fmt"

	_ "github.com/lib/pq"  // the driver "postgres"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

// State is what a database holds of one team.
type State struct {
	Team          int64
	Head          int64 // of the event log
	Conversations []Conversation
	Events        []Event           // in the order of the log
	Marks         map[string]int    // how often an event of the platform is marked as done, by its id
	Aside         map[string]string // why an event was put aside, by its id
	Tries         map[int64][]Try   // the ledger, by message, in its order
	Waiting       map[int64]int     // how many messages a lane says wait, by conversation
	Unfetched     map[string]int64  // people whose profile was not asked for, by the platform's id
	Tasks         []string          // the arguments of the jobs that are still to be done
	// CountedConversations and CountedUnread are the sums of the counters that views are counted by.
	CountedConversations, CountedUnread int
}

// Conversation is one with a person, and its messages in their order.
type Conversation struct {
	ID         int64
	Customer   string // the platform's id of the person
	MessageSeq int    // the last number given
	Unread     int
	ReadSeq    int
	Messages   []Message
}

// Message is a row of the history.
type Message struct {
	ID        int64
	Seq       int
	Version   int
	IsInbound bool
	Kind      string
	Text      string
	Platform  string // the platform's id
	Key       string // the client's id
	Delivery  string
}

// Try is a row of the ledger of attempts.
type Try struct {
	Number, Fence int64
	Key, Outcome  string
}

// Event is a row of the event log.
type Event struct {
	Seq          int64
	Kind         string
	Object       int64
	Version      int
	Conversation int64
}

// Read reads a team's rows, by plain SQL that both databases understand. The slug names the team.
func Read(ctx context.Context, db *sql.DB, slug string) (*State, error) {
	s := &State{}
	if err := db.QueryRowContext(ctx, "SELECT t.id, s.seq FROM teams t JOIN streams s ON s.team_id = t.id WHERE t.slug = '"+slug+"'").Scan(&s.Team, &s.Head); err != nil {
		return nil, fmt.Errorf("read the team %s: %w", slug, err)
	}
	if err := db.QueryRowContext(ctx, fmt.Sprintf("SELECT coalesce(sum(n), 0), coalesce(sum(unread), 0) FROM conversation_counters WHERE team_id = %d", s.Team)).
		Scan(&s.CountedConversations, &s.CountedUnread); err != nil {
		return nil, fmt.Errorf("read the counters: %w", err)
	}
	at := map[int64]int{}
	err := rows(ctx, db, fmt.Sprintf(`SELECT c.id, i.platform_user_id, c.message_seq, c.unread, c.read_seq FROM conversations c
		JOIN identities i ON i.team_id = c.team_id AND i.id = c.identity_id WHERE c.team_id = %d ORDER BY c.id`, s.Team), func(r *sql.Rows) error {
		var c Conversation
		if err := r.Scan(&c.ID, &c.Customer, &c.MessageSeq, &c.Unread, &c.ReadSeq); err != nil {
			return err
		}
		at[c.ID] = len(s.Conversations)
		s.Conversations = append(s.Conversations, c)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the conversations: %w", err)
	}
	err = rows(ctx, db, fmt.Sprintf(`SELECT conversation_id, id, seq, version, direction, kind, text, platform_message_id, client_message_id, delivery FROM messages
		WHERE team_id = %d ORDER BY conversation_id, seq, id`, s.Team), func(r *sql.Rows) error {
		var m Message
		var conversation int64
		var direction string
		var platform, key sql.NullString
		if err := r.Scan(&conversation, &m.ID, &m.Seq, &m.Version, &direction, &m.Kind, &m.Text, &platform, &key, &m.Delivery); err != nil {
			return err
		}
		m.IsInbound, m.Platform, m.Key = direction == "INBOUND", platform.String, key.String
		if i, ok := at[conversation]; ok {
			s.Conversations[i].Messages = append(s.Conversations[i].Messages, m)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the messages: %w", err)
	}
	err = rows(ctx, db, fmt.Sprintf("SELECT seq, kind, object_id, object_version, conversation_id FROM events WHERE team_id = %d ORDER BY seq", s.Team), func(r *sql.Rows) error {
		var e Event
		if err := r.Scan(&e.Seq, &e.Kind, &e.Object, &e.Version, &e.Conversation); err != nil {
			return err
		}
		s.Events = append(s.Events, e)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the event log: %w", err)
	}
	return s, s.work(ctx, db)
}

// work reads what is done beside the messages themselves.
func (s *State) work(ctx context.Context, db *sql.DB) error {
	s.Marks, s.Aside, s.Tries, s.Waiting, s.Unfetched = map[string]int{}, map[string]string{}, map[int64][]Try{}, map[int64]int{}, map[string]int64{}
	for _, q := range []struct {
		what, query string
		scan        func(*sql.Rows) error
	}{
		{"marks", "SELECT dedupe_key, state, reason FROM inbound_events WHERE team_id = %d", func(r *sql.Rows) error {
			var key, state, reason string
			err := r.Scan(&key, &state, &reason)
			s.Marks[key]++
			if state == "FAILED" {
				s.Aside[key] = reason
			}
			return err
		}},
		{"attempts", "SELECT message_id, number, fence, retry_key, outcome FROM attempts WHERE team_id = %d ORDER BY message_id, number", func(r *sql.Rows) error {
			var message int64
			var t Try
			err := r.Scan(&message, &t.Number, &t.Fence, &t.Key, &t.Outcome)
			s.Tries[message] = append(s.Tries[message], t)
			return err
		}},
		{"lanes", "SELECT conversation_id, waiting FROM lanes WHERE team_id = %d", func(r *sql.Rows) error {
			var conversation int64
			var n int
			err := r.Scan(&conversation, &n)
			s.Waiting[conversation] = n
			return err
		}},
		{"people", "SELECT platform_user_id, id FROM identities WHERE team_id = %d AND profile_fetched_at IS NULL", func(r *sql.Rows) error {
			var person string
			var id int64
			err := r.Scan(&person, &id)
			s.Unfetched[person] = id
			return err
		}},
		{"jobs", "SELECT CAST(args AS text) FROM river_job WHERE state IN ('available', 'running', 'retryable', 'scheduled', 'pending') AND %d > 0", func(r *sql.Rows) error {
			var args string
			err := r.Scan(&args)
			s.Tasks = append(s.Tasks, args)
			return err
		}},
	} {
		if err := rows(ctx, db, fmt.Sprintf(q.query, s.Team), q.scan); err != nil {
			return fmt.Errorf("read the %s: %w", q.what, err)
		}
	}
	return nil
}

// Marked is how many events of the platform are marked as done.
func Marked(ctx context.Context, db *sql.DB) (n int, err error) {
	err = db.QueryRowContext(ctx, "SELECT COUNT(*) FROM inbound_events").Scan(&n)
	return n, err
}

// Sending is how many messages are still under way.
func Sending(ctx context.Context, db *sql.DB) (n int, err error) {
	err = db.QueryRowContext(ctx, "SELECT COUNT(*) FROM messages WHERE delivery = 'SENDING'").Scan(&n)
	return n, err
}

func rows(ctx context.Context, db *sql.DB, query string, scan func(*sql.Rows) error) error {
	r, err := db.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer r.Close()
	for r.Next() {
		if err := scan(r); err != nil {
			return err
		}
	}
	return r.Err()
}
