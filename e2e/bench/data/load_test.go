package data_test

import (
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/switchyard-chat/switchyard/e2e/bench/data"
	"github.com/switchyard-chat/switchyard/internal/store/storetest"
)

// What is loaded is as the program would have written it, and the check that says so sees what is not.
func TestLoad(t *testing.T) {
	t.Parallel()
	url := storetest.URL(t)
	size := data.SizeOf(500)
	if err := data.Load(t.Context(), url, size, func(string, time.Duration) {}); err != nil {
		t.Fatal(err)
	}
	if err := data.Check(t.Context(), url, size); err != nil {
		t.Fatal(err)
	}
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(t.Context()) }()
	for _, x := range []struct{ change, back, says string }{
		{"UPDATE conversation_counters SET unread = unread + 1 WHERE id = 1", "UPDATE conversation_counters SET unread = unread - 1 WHERE id = 1", "recount"},
		{"UPDATE conversations SET last_message_seq = last_message_seq + 1 WHERE id % 97 = 1", "UPDATE conversations SET last_message_seq = last_message_seq - 1 WHERE id % 97 = 1", "newest message"},
		{"UPDATE search_messages SET grams = grams || 1", "UPDATE search_messages SET grams = trim_array(grams, 1)", "grams"},
		{"UPDATE tags SET contact_count = contact_count + 1 WHERE id = 1", "UPDATE tags SET contact_count = contact_count - 1 WHERE id = 1", "tags"},
	} {
		if _, err := c.Exec(t.Context(), x.change); err != nil {
			t.Fatal(err)
		}
		if err := data.Check(t.Context(), url, size); err == nil || !strings.Contains(err.Error(), x.says) {
			t.Errorf("after %s the check says %v", x.change, err)
		}
		if _, err := c.Exec(t.Context(), x.back); err != nil {
			t.Fatal(err)
		}
	}
	if err := data.Check(t.Context(), url, size); err != nil {
		t.Error(err)
	}
}
