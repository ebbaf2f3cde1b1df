// Command centrifuge is an outside peer of the live benchmarks: the centrifuge library with its Redis broker, one channel, JSON protocol. It
// serves clients at /ws of ADDR, and takes messages to publish at /publish, a line each. MODE=small has smaller buffers and
// MODE=delay joins writes for ten milliseconds, as its documentation advises where memory or bursts count.
package main

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/centrifugal/centrifuge"
)

const channel = "fan"

func main() {
	if err := run(os.Getenv("REDIS_URL"), os.Getenv("MODE")); err != nil {
		fmt.Fprintln(os.Stderr, "centrifuge:", err)
		os.Exit(1)
	}
}

func run(redis, mode string) error {
	node, err := centrifuge.New(centrifuge.Config{ClientChannelLimit: 128})
	if err != nil {
		return err
	}
	shard, err := centrifuge.NewRedisShard(node, centrifuge.RedisShardConfig{Address: redis})
	if err != nil {
		return err
	}
	broker, err := centrifuge.NewRedisBroker(node, centrifuge.RedisBrokerConfig{
		Prefix: "fan " + os.Getenv("ADDR"), // its own: others that are measured publish on the same Redis
		Shards: []*centrifuge.RedisShard{shard},
	})
	if err != nil {
		return err
	}
	node.SetBroker(broker)
	node.OnConnecting(func(context.Context, centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
		reply := centrifuge.ConnectReply{Credentials: &centrifuge.Credentials{UserID: "agent"}}
		if mode == "delay" {
			reply.WriteDelay = 10 * time.Millisecond
		}
		return reply, nil
	})
	node.OnConnect(func(c *centrifuge.Client) {
		c.OnSubscribe(func(_ centrifuge.SubscribeEvent, answer centrifuge.SubscribeCallback) {
			answer(centrifuge.SubscribeReply{}, nil)
		})
	})
	if err := node.Run(); err != nil {
		return err
	}
	config := centrifuge.WebsocketConfig{CheckOrigin: func(*http.Request) bool { return true }}
	if mode == "small" {
		config.ReadBufferSize, config.UseWriteBufferPool, config.ProcessCommandsOffReadLoop = 512, true, true
	}
	mux := http.NewServeMux()
	mux.Handle("/ws", centrifuge.NewWebsocketHandler(node, config))
	mux.HandleFunc("/publish", func(w http.ResponseWriter, r *http.Request) {
		lines := bufio.NewScanner(r.Body)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			if _, err := node.Publish(channel, append([]byte(nil), lines.Bytes()...)); err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
		}
	})
	mux.HandleFunc("/healthz", func(http.ResponseWriter, *http.Request) {})
	return http.ListenAndServe(os.Getenv("ADDR"), mux)
}
