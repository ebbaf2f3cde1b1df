// Package line is a fake LINE: both hosts of the Messaging API in LINE's real wire format, and the people who write to its accounts.
//
//	server, err := line.Start(line.Options{})
//	defer server.Stop()
//	bot := server.AddBot(line.Setup{WebhookURL: "http://127.0.0.1:8080/webhooks/line/demo-line"})
//	mia := bot.AddCustomer(line.Person{Name: "Mia"})
//	answer, err := bot.Deliver(ctx, mia.Text("hello"))                 // a signed webhook
//	all, err := server.Journal().Wait(ctx, func(…) bool { … })         // what the desk answered
//	err = server.Faults().Add(fake.Fault{Kind: fake.HangAfter, Operation: line.Push})
//
// What it answers follows LINE's reference, https://developers.line.biz/en/reference/messaging-api/ (read 2026-08-07). Rate limits are
// not kept; they come as faults.
package line

import (
	"net/http"
	"sync"

	"github.com/switchyard-chat/switchyard/channels/fake"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/egress"
	"github.com/switchyard-chat/switchyard/internal/random"
)

// The names of LINE's operations, for faults and in the journal.
const (
	Push         = "push"
	Reply        = "reply"
	Multicast    = "multicast"
	Validate     = "validate"
	Info         = "info"
	Followers    = "followers"
	Profile      = "profile"
	Summary      = "summary"
	MembersCount = "membersCount"
	MembersIDs   = "membersIds"
	Member       = "member"
	Leave        = "leave"
	Quota        = "quota"
	Consumption  = "consumption"
	Endpoint     = "webhookEndpoint"
	EndpointTest = "webhookTest"
	Content      = "content"
)

// Options say how a fake LINE runs. Everything has a default.
type Options struct {
	Address     string         // of api.line.me's part; "" is a free port of 127.0.0.1
	DataAddress string         // of api-data.line.me's part; "" is a free port of 127.0.0.1
	Clock       clock.Clock    // nil is the machine's
	Random      *random.Source // nil is unpredictable; a seeded one repeats its ids
	Client      *http.Client   // calls webhooks; nil is one that waits 10 seconds and reaches this machine and public https hosts
}

// Server is a running fake LINE with any number of accounts. It is safe for concurrent use.
type Server struct {
	clock    clock.Clock
	random   *random.Source
	client   *http.Client
	journal  *fake.Journal
	recorder *fake.Recorder
	faults   *fake.Faults
	api      *fake.Server
	data     *fake.Server

	mu   sync.Mutex // guards everything below, and every Bot's state
	bots []*Bot
}

// Start starts a fake LINE. The caller stops it.
func Start(options Options) (*Server, error) {
	s := &Server{clock: options.Clock, random: options.Random, client: options.Client, journal: fake.NewJournal()}
	if s.clock == nil {
		s.clock = clock.Real{}
	}
	if s.random == nil {
		s.random = random.New()
	}
	if s.client == nil {
		gate, err := egress.New(egress.Options{Allow: []string{"127.0.0.0/8", "::1", "localhost"}})
		if err != nil {
			return nil, err
		}
		s.client = gate.Client(egress.Limits{KeepAlive: true})
	}
	s.recorder, s.faults = fake.NewRecorder(s.clock), fake.NewFaults(s.clock)

	root := http.NewServeMux()
	root.Handle(fake.AdminPath, fake.Admin(s.journal, s.recorder, s.faults))
	s.contentAdmin(root)
	root.Handle("/", s.recorder.Wrap(s.apiRoutes()))
	var err error
	if s.api, err = fake.Listen(options.Address, root); err != nil {
		return nil, err
	}
	if s.data, err = fake.Listen(options.DataAddress, s.recorder.Wrap(s.dataRoutes())); err != nil {
		s.api.Stop()
		return nil, err
	}
	return s, nil
}

// Stop ends the fake, and returns when nothing of it runs any more. The second time it does nothing.
func (s *Server) Stop() {
	s.api.Stop()
	s.data.Stop()
	s.client.CloseIdleConnections()
}

// URL is the address of api.line.me's part; the admin paths lie there.
func (s *Server) URL() string { return s.api.URL() }

// BaseURLs are the addresses of both parts as a channels.Account wants them.
func (s *Server) BaseURLs() map[string]string {
	return map[string]string{"api": s.api.URL(), "data": s.data.URL()}
}

// Journal is what was accepted.
func (s *Server) Journal() *fake.Journal { return s.journal }

// Requests is what was asked, accepted or not.
func (s *Server) Requests() *fake.Recorder { return s.recorder }

// Faults is the queue of failures to come.
func (s *Server) Faults() *fake.Faults { return s.faults }
