package delivery

import (
	"context"

	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/ent/gen/ent"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// Accounts are the connected accounts.
type Accounts interface {
	// Open gives the account of a channel as its adapter needs it.
	Open(c *ent.Channel) (channels.Account, error)
	// MarkDisconnectedIn marks the channel DISCONNECTED for a reason and tells the team's administrators (CHAN-3).
	MarkDisconnectedIn(ctx context.Context, tx *store.Tx, channelID int64, code string) error
}

// Groups keep what became of a group.
type Groups interface {
	// LeftIn applies that the account is no longer in the group (GRP-4).
	LeftIn(ctx context.Context, tx *store.Tx, groupID int64) error
}
