package channels_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/channels/line"
	"github.com/switchyard-chat/switchyard/internal/fault"
)

// CHAN-1
func TestRegistry(t *testing.T) {
	t.Parallel()
	adapter := line.New(&http.Client{})
	t.Run("gives the adapter of a type and lists the types", func(t *testing.T) {
		t.Parallel()
		registry, err := channels.NewRegistry(adapter)
		if err != nil {
			t.Fatal(err)
		}
		got, err := registry.Get(channels.LINE)
		if err != nil || got != channels.Adapter(adapter) {
			t.Errorf("got %v, %v", got, err)
		}
		types := registry.Types()
		if !slices.Equal(types, []channels.Type{channels.LINE}) {
			t.Errorf("types %v", types)
		}
		types[0] = channels.Email
		if _, err := registry.Get(registry.Types()[0]); err != nil {
			t.Errorf("a caller changed the registry: %v", err)
		}
	})
	t.Run("a type without an adapter is not found", func(t *testing.T) {
		t.Parallel()
		registry, err := channels.NewRegistry()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := registry.Get(channels.Telegram); !fault.Is(err, fault.NotFound) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("two adapters of one type are refused", func(t *testing.T) {
		t.Parallel()
		if _, err := channels.NewRegistry(adapter, line.New(&http.Client{})); !fault.Is(err, fault.Internal) {
			t.Errorf("got %v", err)
		}
	})
}
