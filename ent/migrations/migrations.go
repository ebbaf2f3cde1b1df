// Package migrations holds the versioned migrations of both databases, as ent/migrate wrote them.
package migrations

import "embed"

// FS has a folder a dialect: postgres and sqlite.
//
//go:embed postgres/*.sql sqlite/*.sql
var FS embed.FS
