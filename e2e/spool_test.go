package e2e_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/switchyard-chat/switchyard/internal/testkit"
	"github.com/switchyard-chat/switchyard/server/demo"
)

// cable is the line between a server and its database, and can be cut: connections end, and new ones are refused until it is mended.
type cable struct {
	t      *testing.T
	target string
	at     string
	mu     sync.Mutex
	open   net.Listener
	conns  map[net.Conn]bool
}

func newCable(t *testing.T, target string) *cable {
	t.Helper()
	c := &cable{t: t, target: target, at: "127.0.0.1:0", conns: map[net.Conn]bool{}}
	c.mend()
	t.Cleanup(c.cut)
	return c
}

func (c *cable) mend() {
	c.t.Helper()
	open, err := net.Listen("tcp", c.at)
	if err != nil {
		c.t.Fatal(err)
	}
	c.mu.Lock()
	c.open, c.at = open, open.Addr().String()
	c.mu.Unlock()
	go func() {
		for {
			in, err := open.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", c.target)
			if err != nil {
				_ = in.Close()
				continue
			}
			c.mu.Lock()
			c.conns[in], c.conns[out] = true, true
			c.mu.Unlock()
			for _, pair := range [][2]net.Conn{{in, out}, {out, in}} {
				go func() {
					_, _ = io.Copy(pair[0], pair[1])
					_, _ = pair[0].Close(), pair[1].Close()
				}()
			}
		}
	}()
}

func (c *cable) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = c.open.Close()
	for conn := range c.conns {
		_ = conn.Close()
	}
	clear(c.conns)
}

// CHAN-9: while the database is away a signed webhook is kept on the disk and acknowledged; a forged one is refused as ever. What was kept is
// stored in its order once the database is back, before what comes then, and once.
func TestSpool(t *testing.T) {
	t.Parallel()
	env := environment(t, "postgres")
	var wire *cable
	for i, s := range env {
		if at, ok := strings.CutPrefix(s, "DATABASE_URL="); ok {
			u, err := url.Parse(at)
			if err != nil {
				t.Fatal(err)
			}
			wire = newCable(t, u.Host)
			u.Host = wire.at
			env[i] = "DATABASE_URL=" + u.String()
		}
	}
	env = append(env, "SPOOL_DIR="+t.TempDir())
	w := start(t, env)
	c := &customer{t: t, w: w, user: "Uabcdef0123456789abcdef0123456e01"}
	secret := demo.Lines[0].Secret
	n := 0
	write := func(texts ...string) {
		t.Helper()
		for _, text := range texts {
			n++
			if code := c.write(secret, c.event(fmt.Sprintf("9500000000000000%02d", n), text, nil)); code != http.StatusOK {
				t.Fatalf("%q was answered %d", text, code)
			}
		}
	}
	write("一")
	wire.cut()
	write("二", "三")
	if code := c.write("not the secret", c.event("950000000000000099", "canary", nil)); code != http.StatusUnauthorized {
		t.Errorf("a forged body was answered %d", code)
	}
	again := c.event("950000000000000098", "四", nil)
	for range 2 {
		if code := c.write(secret, again); code != http.StatusOK {
			t.Fatal(code)
		}
	}
	wire.mend()
	write("五")
	amy := w.signIn(t, "agent@demo.example")
	var texts []string
	testkit.Await(t, "all five", func() bool {
		found := amy.do(`{ conversations(view: PENDING_HUMAN, first: 5) { nodes { id lastMessage { text } } } }`, nil)
		texts = nil
		nodes, _ := at(found, "conversations.nodes").([]any)
		for i := range nodes {
			if str(found, fmt.Sprintf("conversations.nodes.%d.lastMessage.text", i)) != "五" {
				continue
			}
			all := amy.do(history, map[string]any{"c": str(found, fmt.Sprintf("conversations.nodes.%d.id", i))})
			messages, _ := at(all, "messages.nodes").([]any)
			for j := range messages {
				texts = append(texts, str(all, fmt.Sprintf("messages.nodes.%d.content.text", j)))
			}
		}
		return len(texts) >= 5
	})
	if got := strings.Join(texts, ""); got != "一二三四五" {
		t.Errorf("the conversation is %s", got)
	}
}
