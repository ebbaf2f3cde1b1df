package workspace

import (
	"context"
	"net/netip"

	"github.com/switchyard-chat/switchyard/internal/text"
)

// Caller is from where a request comes.
type Caller struct {
	// Addr is the client's own address, behind whatever proxies the server trusts.
	Addr netip.Addr
	// Language is what the client prefers where the person has chosen none: zh-Hant, en or empty.
	Language string
	// UserAgent is what the client calls itself.
	UserAgent string
}

type callerKey struct{}

// WithCaller puts the caller into the context.
func WithCaller(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// CallerFrom gives the context's caller. Without one all are counted as one.
func CallerFrom(ctx context.Context) Caller {
	c, _ := ctx.Value(callerKey{}).(Caller)
	return c
}

// network is what tries are counted by: the address, or of version 6 the network that one household has.
func (c Caller) network() string {
	a := c.Addr.Unmap().WithZone("")
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}

// agent is what the client calls itself, short enough to keep.
func (c Caller) agent() string { return text.Cut(text.Line(c.UserAgent), 200) }
