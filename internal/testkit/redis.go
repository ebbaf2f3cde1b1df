package testkit

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// claim is the key that says in the server's first database which of its databases a test has taken. It runs out by itself where the
// test was killed.
const claim = "switchyard:test:database:"

// Redis gives this test a logical database of its own, empty at first and emptied at the end, as a URL, and a prefix that no other
// test has: what Redis does not divide by database, as its channels, is divided by prefix.
func Redis(t testing.TB) (url, prefix string) {
	t.Helper()
	base := need(t, &redises)
	options, err := redis.ParseURL(base)
	if err != nil {
		t.Fatalf("the address of Redis: %v", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	first := redis.NewClient(options)
	t.Cleanup(func() { _ = first.Close() })
	count := 16
	if limits, err := first.ConfigGet(ctx, "databases").Result(); err == nil { // a hosted server may refuse to say
		if n, err := strconv.Atoi(limits["databases"]); err == nil {
			count = n
		}
	}
	for {
		for n := range count {
			if n == options.DB {
				continue
			}
			mine, err := first.SetNX(ctx, claim+strconv.Itoa(n), "taken", time.Hour).Result()
			if err != nil {
				t.Fatalf("ask Redis for a free database: %v", err)
			}
			if !mine {
				continue
			}
			own := *options
			own.DB = n
			if client, ok := empty(ctx, t, &own); ok {
				t.Cleanup(func() {
					ctx, cancel := context.WithTimeout(context.Background(), patience)
					defer cancel()
					if err := client.FlushDB(ctx).Err(); err != nil {
						t.Errorf("empty the Redis database of this test: %v", err)
					}
					_ = client.Close()
					if err := first.Del(ctx, claim+strconv.Itoa(n)).Err(); err != nil {
						t.Errorf("give the Redis database back: %v", err)
					}
				})
				return named(base, strconv.Itoa(n)), "test:" + nonce() + ":"
			}
			// What holds keys is somebody else's and stays claimed, so that no other test looks at it again.
		}
		select { // all are taken: wait for a test that ends
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			t.Fatalf("no free database among the %d of Redis", count)
		}
	}
}

// empty connects to a database and says whether it holds nothing.
func empty(ctx context.Context, t testing.TB, options *redis.Options) (*redis.Client, bool) {
	t.Helper()
	client := redis.NewClient(options)
	size, err := client.DBSize(ctx).Result()
	if err != nil {
		t.Fatalf("ask Redis for a free database: %v", err)
	}
	if size > 0 {
		_ = client.Close()
		return nil, false
	}
	return client, true
}
