package main

import (
	"context"
	"slices"

	"github.com/switchyard-chat/switchyard/e2e/torture/rig"
)

// Scenario is a way to torture a server. Each has a file of its own.
type Scenario struct {
	Name string
	// Proves says in a sentence what stands when it ends well, and which rules that is.
	Proves string
	// Databases are those it runs on; none is both.
	Databases []string
	// Run does it in a world of its own, in the short form where World.IsShort, and notes what was promised and is not so by World.Violate,
	// and its figures by World.Count. An error means that it could not be carried out: it fails the run and finds no bug.
	Run func(ctx context.Context, w *rig.World) error
}

// scenarios are all there are, in the order in which they run.
func scenarios() []Scenario {
	return []Scenario{
		release(), migrate(), kill(), servers(), lanes(), clocks(), log(), redis(), postgres(), spool(), disk(), restore(), walls(),
		sockets(), views(), sends(), revoke(), drain(),
	}
}

// on says whether a scenario runs on a database.
func (s Scenario) on(database string) bool {
	return len(s.Databases) == 0 || slices.Contains(s.Databases, database)
}
