package channels

import (
	"slices"

	"github.com/switchyard-chat/switchyard/internal/fault"
)

// Registry holds the adapters this server speaks with, one for each type of channel. It does not change after it was made and is safe
// for concurrent use.
type Registry struct {
	adapters map[Type]Adapter
	types    []Type
}

// NewRegistry makes a registry of the adapters. It fails with kind Internal when two of them claim the same type, or one claims none:
// which of the two would speak must not depend on their order.
func NewRegistry(adapters ...Adapter) (*Registry, error) {
	r := &Registry{adapters: make(map[Type]Adapter, len(adapters))}
	for _, adapter := range adapters {
		t := adapter.Capability().Type
		if t == "" {
			return nil, fault.New(fault.Internal, "an adapter names no type of channel")
		}
		if _, taken := r.adapters[t]; taken {
			return nil, fault.New(fault.Internal, "two adapters for %s", t)
		}
		r.adapters[t] = adapter
		r.types = append(r.types, t)
	}
	slices.Sort(r.types)
	return r, nil
}

// Get gives the adapter of a type. A type without an adapter is a fault of kind NotFound.
func (r *Registry) Get(t Type) (Adapter, error) {
	adapter, ok := r.adapters[t]
	if !ok {
		return nil, fault.New(fault.NotFound, "this server does not speak with channels of type %s", t).WithCode("NOT_FOUND", nil)
	}
	return adapter, nil
}

// Types lists the types that have an adapter, in alphabetical order. The slice is the caller's own.
func (r *Registry) Types() []Type { return slices.Clone(r.types) }
