package main

import "github.com/switchyard-chat/switchyard/e2e/torture/live"

// The scenarios of live connections and of sending have a package of their own, since they share clients that misbehave.

func sockets() Scenario {
	return Scenario{
		Name: "sockets",
		Proves: "Slow, silent, garbage, flooding and never-init clients harm no good one, are cut off with the right code and leave nothing behind; of 1,000 sockets over a cap " +
			"of 800 exactly the longest idle go (RT-5, RT-6).",
		Run: live.Sockets,
	}
}

func views() Scenario {
	return Scenario{
		Name:   "views",
		Proves: "Whatever is cut, stalled, moved, taken away or purged, each client's view equals what a query gives, and each event came once and in order (RT-3, RT-4, RT-8).",
		Run:    live.Views,
	}
}

func sends() Scenario {
	return Scenario{
		Name: "sends",
		Proves: "Whatever the platform answers, or does not, it gets each conversation's messages once and in the agents' order, its rates are kept, its definite no is the end, and " +
			"what nobody can know is said to be uncertain (CHAN-11, MSG-2, MSG-6, MSG-15, MSG-16).",
		Run: live.Sends,
	}
}

func revoke() Scenario {
	return Scenario{
		Name:   "revoke",
		Proves: "Signing out, deactivation and a change of role reach every connection, also one that does not read; nothing that comes after them in the log is given (RT-2, RT-7).",
		Run:    live.Revoke,
	}
}

func drain() Scenario {
	return Scenario{
		Name:   "drain",
		Proves: "A server that is stopped under load tells every connection to come back and loses nothing: views and sends go on at another (RT-10).",
		Run:    live.Drain,
	}
}

// plantedLive are the planted bugs that these find.
func plantedLive() []Bug {
	return []Bug{
		{Name: "resume-skips-one", Scenario: "views", Does: "a stream that goes on from a cursor begins one event too late"},
		{Name: "resume-doubles-one", Scenario: "views", Does: "a stream that goes on from a cursor begins with the event that the cursor names"},
		{Name: "ring-overrun-unnoticed", Scenario: "views", Does: "a reader whose next event has left the memory is given the oldest that is there"},
		{Name: "rights-of-the-beginning", Scenario: "views", Does: "an open connection is judged by the rights that its agent had when it began"},
		{Name: "unseen-conversation-shown", Scenario: "views", Does: "the inbox shows what happens in conversations that the agent may not see"},
		{Name: "no-write-deadline", Scenario: "sockets", Does: "a write to a client that does not read waits for ever"},
		{Name: "limit-not-on-socket", Scenario: "sockets", Does: "a socket may have any number of subscriptions"},
		{Name: "newest-evicted", Scenario: "sockets", Does: "over the limit the connection goes that was active last"},
		{Name: "tick-without-cursor", Scenario: "sockets", Does: "the sign of life of a quiet stream names no position"},
		{Name: "revocation-not-followed", Scenario: "revoke", Does: "a connection learns of a revocation when something is next delivered to it"},
		{Name: "stream-ended-not-sent", Scenario: "revoke", Does: "server-sent events end without saying why"},
		{Name: "drain-without-a-word", Scenario: "drain", Does: "a server that stops cuts its connections off and says nothing"},
		{Name: "refused-tried-again", Scenario: "sends", Does: "what the platform refused for good is sent again"},
		{Name: "failed-head-passed-over", Scenario: "sends", Does: "while the head of a lane waits for its next try the one behind it is sent"},
		{Name: "rate-not-kept", Scenario: "sends", Does: "Retry-After is not read, and the account goes on"},
		{Name: "throttled-given-up", Scenario: "sends", Does: "a refusal by rate is taken for one for good"},
		{Name: "read-before-sent", Scenario: "sends", Does: "a customer's answer marks as READ what is still on its way"},
	}
}
