package server

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"log/slog"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/switchyard-chat/switchyard/automation"
	"github.com/switchyard-chat/switchyard/channels"
	"github.com/switchyard-chat/switchyard/channels/line"
	channelwebchat "github.com/switchyard-chat/switchyard/channels/webchat"
	"github.com/switchyard-chat/switchyard/desk/account"
	"github.com/switchyard-chat/switchyard/desk/contact"
	"github.com/switchyard-chat/switchyard/desk/conversation"
	"github.com/switchyard-chat/switchyard/desk/customfield"
	"github.com/switchyard-chat/switchyard/desk/delivery"
	"github.com/switchyard-chat/switchyard/desk/file"
	"github.com/switchyard-chat/switchyard/desk/finding"
	"github.com/switchyard-chat/switchyard/desk/group"
	"github.com/switchyard-chat/switchyard/desk/inbound"
	"github.com/switchyard-chat/switchyard/desk/inbox"
	"github.com/switchyard-chat/switchyard/desk/lane"
	"github.com/switchyard-chat/switchyard/desk/presence"
	"github.com/switchyard-chat/switchyard/desk/profile"
	"github.com/switchyard-chat/switchyard/desk/push"
	"github.com/switchyard-chat/switchyard/desk/savedreply"
	"github.com/switchyard-chat/switchyard/desk/savedview"
	"github.com/switchyard-chat/switchyard/desk/search"
	"github.com/switchyard-chat/switchyard/desk/tagging"
	"github.com/switchyard-chat/switchyard/desk/visitor"
	"github.com/switchyard-chat/switchyard/desk/workspace"
	"github.com/switchyard-chat/switchyard/graph"
	"github.com/switchyard-chat/switchyard/graph/gen"
	"github.com/switchyard-chat/switchyard/graph/transport"
	"github.com/switchyard-chat/switchyard/internal/attempt"
	"github.com/switchyard-chat/switchyard/internal/auth"
	"github.com/switchyard-chat/switchyard/internal/blob"
	"github.com/switchyard-chat/switchyard/internal/bus"
	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/config"
	"github.com/switchyard-chat/switchyard/internal/egress"
	"github.com/switchyard-chat/switchyard/internal/event"
	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/job"
	"github.com/switchyard-chat/switchyard/internal/live"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/internal/seal"
	"github.com/switchyard-chat/switchyard/internal/spool"
	"github.com/switchyard-chat/switchyard/internal/store"
	"github.com/switchyard-chat/switchyard/server/demo"
	"github.com/switchyard-chat/switchyard/server/origin"
	"github.com/switchyard-chat/switchyard/server/webchat"
	"github.com/switchyard-chat/switchyard/server/welcome"
)

// What is fetched of a customer's file, at the most: LINE takes 200 MB of film from people.
const (
	mediaTimeout = 90 * time.Second // less than a task may take
	mediaLimit   = 200 << 20
)

// pushTimeout is how long a push service or a team's push webhook may take.
const pushTimeout = 10 * time.Second

// contactOf is whom push services write to: whom the settings name, or this server's page or its sender of mail.
func contactOf(c config.Config) string {
	switch {
	case c.VAPIDContact != "":
		return strings.TrimPrefix(c.VAPIDContact, "mailto:")
	case strings.HasPrefix(c.PublicURL, "https://"), c.MailFrom == "":
		return c.PublicURL
	}
	return c.MailFrom
}

// parts are what a server is made of.
type parts struct {
	log       *slog.Logger
	random    *random.Source
	metrics   *metrics
	bus       bus.Bus
	announcer *announcer
	db        *store.DB
	health    *health

	adapters  *channels.Registry
	attempts  attempt.Counter
	blobs     blob.Store
	files     *file.Service
	workspace *workspace.Service
	accounts  *account.Service
	contacts  *contact.Service
	inbound   *inbound.Service
	bulk      *conversation.Bulk
	exports   *conversation.Exports
	levels    *conversation.Levels
	reminders *conversation.Reminders
	presence  *presence.Service
	pushes    *push.Service
	webhooks  *webhooks
	spool     *spool.Spool
	delivery  *delivery.Worker
	jobs      *job.Queue
	upkeep    *profile.Upkeep
	resolver  *graph.Resolver
	hub       *live.Hub
	transport *transport.Handler
	visitors  *visitor.Service
	windows   *webchat.Handler

	closers []func() error // the last is called first
}

// assemble opens the database, for which it waits where it must, and the bus, and puts the parts together. Nothing works yet. What it opened is closed by close, or here when
// it fails.
func assemble(ctx context.Context, o Options, platform *demo.Platform, h *health) (p *parts, err error) {
	c, log := o.Config, o.Log
	p = &parts{log: log, random: random.New(), metrics: newMetrics(), health: h}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.close())
		}
	}()
	if p.bus, err = newBus(c, p.random, log); err != nil {
		return p, err
	}
	p.closers = append(p.closers, p.bus.Close)
	h.bus.Store(&p.bus)
	p.announcer = newAnnouncer(p.bus)
	p.closers = append(p.closers, func() error { p.announcer.close(); return nil })
	if err := newPatience(c, log).with(ctx, func() (err error) {
		p.db, err = openStore(ctx, o, p.announcer.committed, func(ctx context.Context, tx *store.Tx, events []event.Event) error {
			return p.pushes.TakeIn(ctx, tx, events) // nothing is written before the desk is there
		})
		return err
	}); err != nil {
		return p, err
	}
	p.closers = append(p.closers, p.db.Close)
	h.db.Store(p.db)
	if err := p.fileStore(ctx, c); err != nil {
		return p, err
	}
	if c.SpoolDir != "" {
		if p.spool, err = spool.Open(c.SpoolDir, c.SpoolMaxBytes); err != nil {
			return p, err
		}
		p.closers = append(p.closers, p.spool.Close)
	}
	if err := p.desk(c, platform); err != nil {
		return p, err
	}
	return p, p.api(c)
}

// desk makes the rules and the machinery they run on.
func (p *parts) desk(c config.Config, platform *demo.Platform) error {
	keys, err := keyring(c, p.random)
	if err != nil {
		return err
	}
	bases := map[channels.Type]map[string]string{channels.LINE: {"api": c.LineAPIURL, "data": c.LineDataURL}}
	allow := c.EgressAllow
	if platform != nil {
		bases[channels.LINE] = platform.BaseURLs()
		for _, u := range platform.BaseURLs() {
			allow = append(allow, strings.TrimPrefix(u, "http://"))
		}
	}
	gate, err := egress.New(egress.Options{Allow: allow, Own: own(c)})
	if err != nil {
		return err
	}
	p.adapters, err = channels.NewRegistry(line.NewWithMedia(gate.Client(egress.Limits{KeepAlive: true, MaxBody: 1 << 20}),
		gate.Client(egress.Limits{KeepAlive: true, Timeout: mediaTimeout, MaxBody: mediaLimit})), channelwebchat.New())
	if err != nil {
		return err
	}
	p.attempts = attempt.NewMemory(clock.Real{})
	if c.RedisURL != "" {
		shared, err := attempt.NewRedis(c.RedisURL, busPrefix, clock.Real{})
		if err != nil {
			return err
		}
		p.closers = append(p.closers, shared.Close)
		p.attempts = shared
	}
	// Without a server there is no mailer at all, and not one of nothing.
	var mailer workspace.Mailer
	var fileMailer conversation.Mailer
	if c.SMTPURL != "" {
		post, err := egress.NewSMTP(seal.Hide(c.SMTPURL), c.MailFrom, "Switchyard")
		if err != nil {
			return err
		}
		mailer, fileMailer = post, post
	}
	// What a task asks for puts tasks into the queue: the handlers are called long after both exist.
	var profiles *profile.Service
	var windows *conversation.Windows
	var idle *conversation.Idle
	if p.jobs, err = job.New(p.db, p.log, 4, map[string]job.Handler{
		inbound.ReplayTask: func(ctx context.Context, team int64, args json.RawMessage) error {
			return p.inbound.Work(ctx, team, args)
		},
		file.FetchTask: func(ctx context.Context, team int64, args json.RawMessage) error {
			return p.files.Fetch(ctx, team, args)
		},
		file.DeleteTask: func(ctx context.Context, team int64, args json.RawMessage) error {
			return p.files.Delete(ctx, team, args)
		},
		conversation.WindowTask: func(ctx context.Context, team int64, args json.RawMessage) error {
			return windows.Work(ctx, team, args)
		},
		conversation.ExportTask: func(ctx context.Context, team int64, args json.RawMessage) error {
			return p.exports.Work(ctx, team, args)
		},
		account.IdleTask: func(ctx context.Context, team int64, args json.RawMessage) error {
			return idle.Work(ctx, team, args)
		},
		conversation.BulkTask: func(ctx context.Context, team int64, args json.RawMessage) error {
			return p.bulk.Work(ctx, team, args)
		},
		profile.PersonTask: func(ctx context.Context, team int64, args json.RawMessage) error {
			return profiles.Person(ctx, team, args)
		},
		profile.GroupTask: func(ctx context.Context, team int64, args json.RawMessage) error {
			return profiles.Group(ctx, team, args)
		},
		group.LeaveTask: func(ctx context.Context, team int64, args json.RawMessage) error {
			return profiles.Leave(ctx, team, args)
		},
		push.Task: func(ctx context.Context, team int64, args json.RawMessage) error {
			return p.pushes.Work(ctx, team, args)
		},
		profile.MemberTask: func(ctx context.Context, team int64, args json.RawMessage) error {
			return profiles.Member(ctx, team, args)
		},
	}); err != nil {
		return err
	}
	p.accounts = account.New(account.Config{
		DB: p.db, Adapters: p.adapters, Keys: keys, Random: p.random, PublicURL: c.PublicURL, BaseURLs: bases, Log: p.log, Queue: p.jobs,
	})
	if p.files, err = file.New(file.Config{
		DB: p.db, Blobs: p.blobs, Adapters: p.adapters, Accounts: p.accounts, Random: p.random, Queue: p.jobs, Log: p.log, PublicURL: c.PublicURL,
		Signer: keys, MaxBytes: c.UploadMaxBytes,
	}); err != nil {
		return err
	}
	if p.pushes, err = push.New(push.Config{
		DB: p.db, Keys: keys, Random: p.random, Queue: p.jobs, Client: gate.Client(egress.Limits{Timeout: pushTimeout}), Check: gate.Check, Log: p.log,
		IsConnected: func(ctx context.Context, team, agent int64) (bool, error) {
			return p.transport.IsConnected(ctx, team, agent)
		},
		Key: seal.Hide(c.VAPIDKey), Contact: contactOf(c),
	}); err != nil {
		return err
	}
	wake := func() { p.delivery.Wake() }
	actions := conversation.New(p.db, p.adapters, p.files, p.random, wake)
	p.bulk = conversation.NewBulk(actions, p.jobs, p.log)
	p.exports = conversation.NewExports(conversation.ExportConfig{Actions: actions, Queue: p.jobs, Mailer: fileMailer, Signer: keys, PublicURL: c.PublicURL, Log: p.log})
	p.levels = conversation.NewLevels(actions, p.log)
	p.reminders = conversation.NewReminders(actions, p.log)
	groups := group.New(p.db)
	p.workspace = workspace.New(workspace.Config{
		DB: p.db, Random: p.random, Attempts: p.attempts, Mailer: mailer, LinkURL: c.PublicURL + welcome.Path, Release: actions.Release,
		ReleaseGroups: actions.ReleaseGroups, Log: p.log,
		Connections: auth.Connections{Idle: c.IdleTimeout, PerAgent: c.SessionsPerAgent, PerTeam: c.SessionsPerTeam},
	})
	p.contacts = contact.New(p.db)
	p.presence = presence.New(p.bus, clock.Real{})
	p.closers = append(p.closers, func() error { p.presence.Close(); return nil })
	profiles = profile.New(profile.Config{
		DB: p.db, Adapters: p.adapters, Accounts: p.accounts, Contacts: p.contacts, Groups: groups, Queue: p.jobs, Log: p.log,
	})
	p.upkeep = profile.NewUpkeep(p.db, p.random, p.log)
	automatic := automation.New(automation.Config{DB: p.db, Files: p.files, Random: p.random, Keys: keys})
	windows = conversation.NewWindows(actions, p.jobs)
	idle = conversation.NewIdle(actions, p.jobs, p.log)
	p.inbound = inbound.New(inbound.Config{
		DB: p.db, Contacts: p.contacts, Groups: groups, Adapters: p.adapters, Files: p.files, Fetcher: profiles, Queue: p.jobs, Log: p.log,
		Actions: actions, Automation: automatic,
	})
	p.webhooks = newWebhooks(p.accounts, p.adapters, p.inbound, p.spool, p.db.Clock(), p.log, p.metrics.registry)
	p.delivery, err = delivery.New(delivery.Config{
		DB: p.db, Lanes: lane.New(p.db), Adapters: p.adapters, Accounts: p.accounts, Groups: groups, Files: p.files, Bus: p.bus, Random: p.random, Log: p.log,
		Metrics: p.metrics.registry, Name: p.random.UUID(), Senders: c.Workers,
	})
	if err != nil {
		return err
	}
	p.resolver = &graph.Resolver{
		DB: p.db, Bus: p.bus, Clock: clock.Real{}, Log: p.log, PublicURL: c.PublicURL,
		Workspace: p.workspace, Accounts: p.accounts, Contacts: p.contacts, Findings: finding.New(p.db), Fields: customfield.New(p.db, p.random), Tagging: tagging.New(p.db), Inbox: inbox.New(p.db, p.adapters),
		Searches: search.New(p.db), Actions: actions, Bulk: p.bulk, Departures: conversation.NewDepartures(actions, p.jobs), Exports: p.exports, SavedReplies: savedreply.New(p.db, p.files), SavedViews: savedview.New(p.db), Saved: conversation.NewSaved(actions, automatic), Files: p.files, Inbound: p.inbound, Presence: p.presence, Automation: automatic, Pushes: p.pushes,
	}
	return nil
}

// fileStore opens where files are kept: a bucket of FILES_URL, which must be usable, or a folder beside the embedded database.
func (p *parts) fileStore(ctx context.Context, c config.Config) error {
	if c.FilesURL == "" {
		local, err := blob.NewLocal(filepath.Join(c.DataDir, "files"), p.random, clock.Real{})
		if err != nil {
			return err
		}
		p.blobs = local
		p.closers = append(p.closers, local.Close)
		return nil
	}
	at, wrongs := blob.ParseS3(c.FilesURL, c.S3AccessKey, c.S3SecretKey)
	if err := errors.Join(wrongs...); err != nil {
		return err
	}
	at.Drafts = filepath.Join(c.DataDir, "drafts")
	bucket, err := blob.NewS3(at, p.random, clock.Real{})
	if err != nil {
		return err
	}
	p.blobs = bucket
	p.closers = append(p.closers, bucket.Close)
	return bucket.Check(ctx)
}

// api makes what clients talk to.
func (p *parts) api(c config.Config) error {
	guard, err := p.guard(c, p.log)
	if err != nil {
		return err
	}
	executor := newExecutor(p.resolver, guard, p.metrics, p.log)
	p.hub = live.New(live.Config{
		Log: p.db, Bus: p.bus, Clock: clock.Real{}, Executor: executor, IsViewerDependent: live.ViewerFields(gen.NewExecutableSchema(gen.Config{}).Schema(), "viewer"),
		Hooks: live.Hooks{
			Executed: func(d time.Duration) { p.metrics.rendered.Observe(d.Seconds()) },
			Failed: func(ctx context.Context, err error) {
				p.metrics.logErrors.Inc()
				p.log.WarnContext(ctx, "an event could not be shown", "error", err)
			},
			Panicked: p.panicked,
		},
	})
	delivered := map[string]struct{ frames, sent prometheus.Counter }{} // found once: it is counted for every delivery
	for _, kind := range []string{"websocket", "sse"} {
		delivered[kind] = struct{ frames, sent prometheus.Counter }{p.metrics.frames.WithLabelValues(kind), p.metrics.sent.WithLabelValues(kind)}
	}
	counted, err := p.census(c)
	if err != nil {
		return err
	}
	p.transport = transport.New(transport.Config{
		Executor: executor, Hub: p.hub, Authenticate: authenticate(p.workspace), Clock: clock.Real{}, AllowOrigin: origin.New(c.PublicURL, c.AllowedOrigins).Allows,
		Limits:  transport.Limits{PerAgent: c.SessionsPerAgent, PerTeam: c.SessionsPerTeam, PerAddress: c.SessionsPerPlace, Anonymous: c.AnonymousPlace, Idle: c.IdleTimeout},
		Address: household, Census: counted, Name: p.random.UUID(), Evict: p.evict,
		Hooks: transport.Hooks{
			Opened: func(kind string) { p.metrics.sessions.WithLabelValues(kind).Inc() },
			Closed: func(kind, reason string) {
				p.metrics.sessions.WithLabelValues(kind).Dec()
				p.metrics.closed.WithLabelValues(kind, reason).Inc()
			},
			Delivered: func(kind string, frames, bytes int) {
				d := delivered[kind]
				d.frames.Add(float64(frames))
				d.sent.Add(float64(bytes))
			},
			Panicked: p.panicked,
		},
	})
	p.closers = append(p.closers, p.listen())
	p.chat(c)
	return nil
}

func (p *parts) panicked(ctx context.Context, v any, stack []byte) {
	p.metrics.panics.Inc()
	p.log.ErrorContext(ctx, "a live stream panicked", "panic", fault.Panic(v), "stack", string(stack))
}

// keyring is what seals credentials: with the keys of SECRET_KEY, or with one that is kept beside the embedded database.
func keyring(c config.Config, r *random.Source) (*seal.Keyring, error) {
	keys := c.SecretKey
	if keys == "" {
		made, err := store.Key(c.DataDir, func() string { return hex.EncodeToString(r.Bytes(32)) })
		if err != nil {
			return nil, err
		}
		keys = made
	}
	return seal.NewKeyring(seal.Hide(keys), r)
}

// own are the hosts that no call of this server may reach: its own.
func own(c config.Config) []string {
	var hosts []string
	for _, at := range []string{c.PublicURL, c.DatabaseURL, c.RedisURL} {
		if u, err := url.Parse(at); err == nil && u.Hostname() != "" {
			hosts = append(hosts, u.Hostname())
		}
	}
	return hosts
}

// close closes what assemble opened, the last first. A second call does nothing.
func (p *parts) close() error {
	var errs []error
	for i := len(p.closers) - 1; i >= 0; i-- {
		errs = append(errs, p.closers[i]())
	}
	p.closers = nil
	return errors.Join(errs...)
}
