package main

import "github.com/switchyard-chat/switchyard/e2e/torture/live"

// The scenarios of live connections and of sending have a package of their own, since they share clients that misbehave.

func views() Scenario {
	return Scenario{
		Name:   "views",
		Proves: "Whatever is cut, stalled, moved, taken away or purged, each client's view equals what a query gives, and each event came once and in order (RT-3, RT-4, RT-8).",
		Run:    live.Views,
	}
}
