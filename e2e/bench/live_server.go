package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"time"

	"github.com/lib/pq"

	fakeline "github.com/switchyard-chat/switchyard/channels/fake/line"
	"github.com/switchyard-chat/switchyard/e2e/bench/data"
	"github.com/switchyard-chat/switchyard/e2e/bench/fan"
	"github.com/switchyard-chat/switchyard/server/demo"
)

// conversations is how many the messages of the live benchmarks are spread over: enough that two of one conversation are never so near that an
// event of the first shows the second.
const conversations = 50

// liveServer is a server whose subscribers are counted.
type liveServer struct {
	name string
	proc *Process
	plan fan.Plan
	// publish hands messages to the server, back to back; they have been taken when it returns.
	publish func(context.Context, []fan.Mark) error
	// others is the time that processes beside the server have used for it.
	others func() (time.Duration, error)
	stop   func()
}

// inboxEvents is what every subscriber of ours asks for: what a row of the inbox shows of a new message. Servers that execute nothing are given
// the like to broadcast, of the same length.
const inboxEvents = `subscription Inbox { inboxEvents(view: ALL) { __typename cursor
	... on ConversationEntered { conversation { ...Row } }
	... on ConversationChanged { conversation { ...Row } } } }
fragment Row on Conversation { id version status name unreadCount lastAt lastMessage { messageId kind sender text at } }`

// peerEvents is the like of it, for a peer that executes GraphQL.
const peerEvents = `subscription { inboxEvents { __typename cursor conversation { id version status name unreadCount lastAt lastMessage { messageId kind sender text at } } } }`

// words follow the mark in a message's text.
const words = " 您好,請問上週訂購的茶壺什麼時候會寄出?我想改寄到公司,謝謝!"

// payload is the event that peers broadcast.
func payload(m fan.Mark) []byte {
	return fmt.Appendf(nil, `{"__typename":"ConversationChanged","cursor":"MWU5Y2Q0ZjA2YTcuMTIzNDU2","conversation":{"id":"cnv_%012d","version":%d,"status":"PENDING","name":"陳小美",`+
		`"unreadCount":%d,"lastAt":"2026-11-30T11:20:31.123456Z","lastMessage":{"messageId":"msg_00000000%04d","kind":"TEXT","sender":"CONTACT","text":"%s%s","at":"2026-11-30T11:20:31.123456Z"}}}`,
		m.Conversation, m.Number, m.Number, m.Number, m, words)
}

// byLines publishes to a peer: a line a message.
func byLines(url string) func(context.Context, []fan.Mark) error {
	client := &http.Client{Timeout: time.Minute}
	return func(ctx context.Context, marks []fan.Mark) error {
		var body bytes.Buffer
		for _, m := range marks {
			body.Write(payload(m))
			body.WriteByte('\n')
		}
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/publish", &body)
		if err != nil {
			return err
		}
		a, err := client.Do(r)
		if err != nil {
			return err
		}
		defer a.Body.Close()
		if a.StatusCode != http.StatusOK {
			return fmt.Errorf("the peer answered %s", a.Status)
		}
		return nil
	}
}

// startPeer starts a server that knows nothing of the desk: the limit, or one from outside.
func (e *Env) startPeer(ctx context.Context, name, protocol, path string, env []string, argv ...string) (*liveServer, error) {
	port, err := Port()
	if err != nil {
		return nil, err
	}
	addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(port))
	base := "http://" + addr.String()
	env = append(env, "ADDR="+addr.String(), "REDIS_URL="+e.Redis)
	folder, err := os.MkdirTemp(e.Folder, "peer-")
	if err != nil {
		return nil, err
	}
	p, err := Start(ctx, folder, "peer", base, env, Answers(base+"/healthz"), argv...)
	if err != nil {
		return nil, err
	}
	return &liveServer{name: name, proc: p, publish: byLines(base), stop: p.Stop,
		plan:   fan.Plan{Addr: addr, Path: path, Protocol: protocol, Query: peerEvents, Conversations: conversations},
		others: func() (time.Duration, error) { return 0, nil }}, nil
}

// startOurs starts two of our servers on one database: subscribers are at the one that is measured, customers write to the other, by
// signed webhooks. What the second and the database use is told apart.
func (e *Env) startOurs(ctx context.Context, subscribers int) (_ *liveServer, err error) {
	database, err := e.demoDatabase(ctx)
	if err != nil {
		return nil, err
	}
	var stops []func()
	stop := func() {
		for i := len(stops) - 1; i >= 0; i-- {
			stops[i]()
		}
	}
	defer func() {
		if err != nil {
			stop()
		}
	}()
	var both [2]*Process
	for i := range both {
		if both[i], err = e.demoServer(ctx, database, i == 0); err != nil {
			return nil, err
		}
		stops = append(stops, both[i].Stop)
	}
	desk, server := both[0], both[1]
	tokens, err := signIn(ctx, database, subscribers)
	if err != nil {
		return nil, err
	}
	platform, err := fakeline.Start(fakeline.Options{})
	if err != nil {
		return nil, err
	}
	stops = append(stops, platform.Stop)
	line := demo.Lines[0]
	bot := platform.AddBot(fakeline.Setup{UserID: line.UserID, ChannelID: line.ChannelID, ChannelSecret: line.Secret, AccessToken: line.Token,
		WebhookURL: desk.URL + "/webhooks/line/" + line.Key, IsVerified: true, KnowsEverybody: true})
	customers := make([]*fakeline.Customer, conversations)
	for n := range customers {
		customers[n] = bot.AddCustomer(fakeline.Person{ID: demo.UserID(0, n), Name: "Customer", Language: "zh-Hant"})
	}
	at, err := url.Parse(server.URL)
	if err != nil {
		return nil, err
	}
	return &liveServer{
		name: ours, proc: server, stop: stop,
		plan: fan.Plan{Addr: netip.MustParseAddrPort(at.Host), Path: "/graphql", Protocol: "graphql", Query: inboxEvents, Tokens: tokens, Conversations: conversations},
		publish: func(ctx context.Context, marks []fan.Mark) error {
			var body []fakeline.Event
			for _, m := range marks {
				body = append(body, customers[m.Conversation].Text(m.String()+words))
			}
			a, err := bot.Deliver(ctx, body...)
			if err == nil && a.Status != http.StatusOK {
				err = fmt.Errorf("the webhook answered %d: %s", a.Status, a.Body)
			}
			return err
		},
		others: func() (time.Duration, error) {
			a, err := desk.CPU()
			if err != nil {
				return 0, err
			}
			b, err := e.databaseCPU()
			return a + b, err
		},
	}, nil
}

// demoDatabase makes a database of its own, empty.
func (e *Env) demoDatabase(ctx context.Context) (string, error) {
	db, err := sql.Open("postgres", e.postgres)
	if err != nil {
		return "", err
	}
	defer db.Close()
	e.demos++
	name := fmt.Sprintf("bench_live_%d", e.demos)
	for _, q := range []string{"DROP DATABASE IF EXISTS " + name + " WITH (FORCE)", "CREATE DATABASE " + name} {
		if _, err := db.ExecContext(ctx, q); err != nil {
			return "", err
		}
	}
	return e.DatabaseURL(name), nil
}

// demoServer starts our server with the demo team; the first one makes it.
func (e *Env) demoServer(ctx context.Context, database string, isFirst bool) (*Process, error) {
	port, err := Port()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp(e.Folder, "demo-")
	if err != nil {
		return nil, err
	}
	base := fmt.Sprintf("http://127.0.0.1:%d", port)
	const endless = "1000000000"
	env := []string{"HOST=127.0.0.1", fmt.Sprintf("PORT=%d", port), "PUBLIC_URL=" + base, "DATA_DIR=" + folder, "DATABASE_URL=" + database, "REDIS_URL=" + e.Redis,
		"SECRET_KEY=" + data.SecretKey, "LOG_LEVEL=ERROR", "SESSIONS_PER_AGENT=100000", "SESSIONS_PER_TEAM=100000",
		"AGENT_COST_BURST=" + endless, "TEAM_COST_BURST=" + endless, "ADDRESS_COST_BURST=" + endless}
	argv := []string{e.Program, "serve", "--demo"}
	if isFirst {
		argv = []string{"/bin/sh", "-c", `"$0" migrate && exec "$0" serve --demo`, e.Program}
	}
	return Start(ctx, folder, "switchyard", base, env, Answers(base+"/readyz"), argv...)
}

// agents is how many people the subscribers are.
const agents = 200

// signIn makes agents in the demo team and a signed-in session for each subscriber.
func signIn(ctx context.Context, database string, subscribers int) (tokens []string, err error) {
	db, err := sql.Open("postgres", database)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, `INSERT INTO agents (team_id, created_at, updated_at, email, email_folded, name, name_folded, role, status)
		SELECT a.team_id, now(), now(), 'bench' || n, 'bench' || n, 'Agent ' || n, 'agent ' || n, (ARRAY['SUPERVISOR', 'CS_MANAGER', 'ADMIN'])[n % 3 + 1], 'ACTIVE'
		FROM (SELECT min(team_id) AS team_id FROM agents) a, generate_series(1, $1::int) n`, agents); err != nil {
		return nil, err
	}
	hashes := make([]string, subscribers)
	for i := range hashes {
		b := make([]byte, 32)
		_, _ = rand.Read(b)
		token := "swa_" + base64.RawURLEncoding.EncodeToString(b)
		sum := sha256.Sum256([]byte(token))
		tokens, hashes[i] = append(tokens, token), hex.EncodeToString(sum[:])
	}
	_, err = db.ExecContext(ctx, `INSERT INTO sessions (team_id, agent_id, family, access_hash, refresh_hash, access_expires_at, refresh_expires_at, created_at)
		SELECT a.team_id, a.id, gen_random_uuid()::text, h.hash, 'r' || h.hash, now() + interval '6 hours', now() + interval '6 hours', now()
		FROM unnest($1::text[]) WITH ORDINALITY h(hash, n) JOIN agents a ON a.email = 'bench' || (h.n % $2::int + 1)`, pq.Array(hashes), agents)
	return tokens, err
}
