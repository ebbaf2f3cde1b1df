package bus_test

import (
	"encoding/json"
	"log/slog"
	"strconv"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/switchyard-chat/switchyard/internal/bus"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/testkit"
)

func TestMain(m *testing.M) {
	// The Redis of the tests lives as long as their process.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/switchyard-chat/switchyard/internal/testkit/service.(*Server).launch.func1"))
}

// world is what the suite runs on: two servers' views of the same bus, or one server's twice.
type world struct{ a, b bus.Bus }

func suite(t *testing.T, open func(t *testing.T) world) {
	t.Run("a message reaches every subscriber of its topic, on both servers, in order", func(t *testing.T) {
		w := open(t)
		var mu sync.Mutex
		got := map[string][]string{}
		listen := func(name string, b bus.Bus) {
			t.Cleanup(b.Subscribe("log", func(m bus.Message) {
				mu.Lock()
				defer mu.Unlock()
				got[name] = append(got[name], strconv.FormatInt(m.TeamID, 10)+string(m.Payload))
			}))
		}
		listen("a1", w.a)
		listen("a2", w.a)
		listen("b", w.b)
		t.Cleanup(w.a.Subscribe("typing", func(bus.Message) { t.Error("another topic's message arrived") }))
		// Joining takes a moment: knock until the other server hears.
		testkit.Await(t, "both servers hear each other", func() bool {
			_ = w.a.Publish(t.Context(), bus.Message{Topic: "log", TeamID: 1, Payload: json.RawMessage(`0`)})
			mu.Lock()
			defer mu.Unlock()
			return len(got["b"]) > 0 && len(got["a1"]) > 0
		})
		for i := 1; i <= 50; i++ {
			if err := w.a.Publish(t.Context(), bus.Message{Topic: "log", TeamID: 7, Payload: json.RawMessage(strconv.Itoa(i))}); err != nil {
				t.Fatal(err)
			}
		}
		testkit.Await(t, "all messages arrive", func() bool {
			mu.Lock()
			defer mu.Unlock()
			for _, name := range []string{"a1", "a2", "b"} {
				n := 0
				for _, g := range got[name] {
					if g[0] == '7' {
						n++
						if g != "7"+strconv.Itoa(n) {
							t.Fatalf("%s: out of order: %v", name, got[name])
						}
					}
				}
				if n != 50 {
					return false
				}
			}
			return true
		})
	})
	t.Run("a stopped subscriber hears nothing more, and closing twice is harmless", func(t *testing.T) {
		w := open(t)
		stop := w.a.Subscribe("log", func(bus.Message) { t.Error("heard after stop") })
		stop()
		stop()
		heard := make(chan struct{}, 1)
		defer w.a.Subscribe("log", func(bus.Message) {
			select {
			case heard <- struct{}{}:
			default:
			}
		})()
		if err := w.a.Publish(t.Context(), bus.Message{Topic: "log", TeamID: 1}); err != nil {
			t.Fatal(err)
		}
		<-heard
		if err := w.a.Ping(t.Context()); err != nil {
			t.Error(err)
		}
		if err := w.a.Close(); err != nil {
			t.Error(err)
		}
		if err := w.a.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestMemory(t *testing.T) {
	t.Parallel()
	suite(t, func(t *testing.T) world {
		b := bus.NewMemory()
		t.Cleanup(func() { _ = b.Close() })
		return world{b, b}
	})
}

// RT-8: what happens on one server is heard on all.
func TestRedis(t *testing.T) {
	t.Parallel()
	suite(t, func(t *testing.T) world {
		url, prefix := testkit.Redis(t)
		open := func(self string) bus.Bus {
			b, err := bus.NewRedis(url, prefix, self, clock.Real{}, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = b.Close() })
			return b
		}
		return world{open("one"), open("two")}
	})
}

// While Redis is away a server still hears itself: its own subscribers lose nothing.
func TestRedisAway(t *testing.T) {
	t.Parallel()
	b, err := bus.NewRedis("redis://127.0.0.1:1/0", "away", "one", clock.Real{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	heard := make(chan struct{})
	defer b.Subscribe("log", func(bus.Message) { close(heard) })()
	if err := b.Publish(t.Context(), bus.Message{Topic: "log", TeamID: 1}); err == nil {
		t.Error("publishing to nobody succeeded")
	}
	<-heard
}
