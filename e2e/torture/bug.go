package main

import "github.com/switchyard-chat/switchyard/e2e/torture/rig"

// Bug is a mistake that the tagged program makes when it is told to (internal/planted), so that it is known what the scenarios would find.
type Bug struct {
	Name string
	// Scenario is the one that must find it, and Database where; "" is SQLite.
	Scenario, Database string
	// Points are the fault points near which the mistake shows; none is all that the scenario dies at.
	Points []string
	// Does says what goes wrong.
	Does string
}

// database is where the bug is shown.
func (b Bug) database() string {
	if b.Database == "" {
		return rig.SQLite
	}
	return b.Database
}

// planted are all planted bugs. docs/reliability.md shows them.
func planted() []Bug {
	return append([]Bug{
		{Name: "acknowledge-before-commit", Scenario: "kill", Does: "a webhook is answered 200 before its transaction is committed"},
		{Name: "publish-before-commit", Scenario: "log", Database: rig.Postgres, Does: "events are shown before the transaction they tell of is committed"},
		{Name: "events-outside-transaction", Scenario: "kill", Points: []string{"store/after-commit"}, Does: "events are written in a transaction of their own, after the work"},
		{Name: "order-by-serial-id", Scenario: "log", Database: rig.Postgres, Does: "the log's numbers come from a sequence: taken for good, in another order than commits"},
		{Name: "conversation-not-held", Scenario: "kill", Database: rig.Postgres, Does: "a message takes its number before its conversation is locked"},
		{Name: "dedupe-left-out", Scenario: "kill", Does: "an event of the platform leaves no mark against being done twice"},
		{Name: "client-id-ignored", Scenario: "kill", Points: []string{"send/committed"}, Does: "a message that an app sends again after a lost answer is another message"},
		{Name: "counters-outside-transaction", Scenario: "kill", Points: []string{"store/after-commit"}, Does: "the unread counters are moved after the commit"},
		{Name: "delivery-goes-back", Scenario: "kill", Does: "a late report turns READ into SENT"},
		{Name: "retry-key-regenerated", Scenario: "kill", Points: []string{"delivery/called"}, Does: "each try of a message has a retry key of its own"},
		{Name: "newest-sent-first", Scenario: "kill", Does: "a lane sends its newest message first"},
		{Name: "lane-taken-by-two", Scenario: "lanes", Does: "a lane is taken although another holds its lease"},
		{Name: "fence-not-checked", Scenario: "clocks", Database: rig.Postgres, Does: "who was overtaken in a lane goes on writing"},
		{Name: "spool-overtaken", Scenario: "spool", Database: rig.Postgres, Does: "a webhook goes past those that wait in the spool"},
		{Name: "spool-not-synced", Scenario: "spool", Database: rig.Postgres, Points: []string{"webhook/before-answer"}, Does: "a webhook is acknowledged before the spool is on the disk"},
		{Name: "torn-record-kept", Scenario: "spool", Database: rig.Postgres, Points: []string{"spool/mid-append"}, Does: "what a crash cut short stays in the spool, in the way of what follows"},
		{Name: "epoch-ignored", Scenario: "restore", Does: "a cursor from before a restore is taken for one of now"},
		{Name: "tenant-filter-missing", Scenario: "walls", Does: "the guard between teams leaves contacts out"},
	}, plantedLive()...)
}
