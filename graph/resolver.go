// Package graph is the API: it converts, calls the desk and returns. The schema is in graph/schema, what gqlgen makes of it in graph/gen.
package graph

import (
	"log/slog"

	"github.com/switchyard-chat/switchyard/automation"
	"github.com/switchyard-chat/switchyard/desk/account"
	"github.com/switchyard-chat/switchyard/desk/contact"
	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/customfield"
	"github.com/switchyard-chat/switchyard/desk/file"
	"github.com/switchyard-chat/switchyard/desk/finding"
	"github.com/switchyard-chat/switchyard/desk/inbound"
	"github.com/switchyard-chat/switchyard/desk/inbox"
	"github.com/switchyard-chat/switchyard/desk/presence"
	"github.com/switchyard-chat/switchyard/desk/push"
	"github.com/switchyard-chat/switchyard/desk/savedreply"
	"github.com/switchyard-chat/switchyard/desk/savedview"
	"github.com/switchyard-chat/switchyard/desk/search"
	"github.com/switchyard-chat/switchyard/desk/tagging"
	"github.com/switchyard-chat/switchyard/desk/workspace"
	"github.com/switchyard-chat/switchyard/internal/bus"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// Resolver holds what resolvers call. The server makes it once.
type Resolver struct {
	DB    *store.DB
	Bus   bus.Bus
	Clock clock.Clock
	Log   *slog.Logger
	// PublicURL is where platforms and browsers reach this server, without a slash at the end.
	PublicURL string

	Workspace *workspace.Service
	Accounts  *account.Service
	Contacts  *contact.Service
	Findings  *finding.Service
	Fields    *customfield.Service
	Tagging   *tagging.Service
	Inbox     *inbox.Service
	Searches  *search.Service
	Actions   *conversation.Service
	Bulk      *conversation.Bulk
	// Departures take the account out of groups.
	Departures *conversation.Departures
	Exports    *conversation.Exports
	// SavedReplies keeps answers to send again, and Saved sends them.
	SavedReplies *savedreply.Service
	Saved        *conversation.Saved
	// SavedViews keeps filters with a name.
	SavedViews *savedview.Service
	Inbound    *inbound.Service
	Files      *file.Service
	// Automation is what works when nobody is there.
	Automation *automation.Service
	Presence   *presence.Service
	// Pushes tells agents who have no connection open.
	Pushes *push.Service
}
