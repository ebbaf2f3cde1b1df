package server

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/switchyard-chat/switchyard/internal/clock"
	"github.com/switchyard-chat/switchyard/internal/config"
	"github.com/switchyard-chat/switchyard/internal/egress"
	"github.com/switchyard-chat/switchyard/internal/random"
	"github.com/switchyard-chat/switchyard/server/demo"
)

// demoCommand lets simulated customers write to a running demo server.
func demoCommand(ctx context.Context, p Process, args []string) error {
	f := flags("demo")
	rate := f.Float64("rate", 1, "")
	period := f.Duration("for", 0, "")
	address := f.String("url", "", "")
	if err := parse(f, args); err != nil {
		return err
	}
	if *rate <= 0 || *rate > 1000 {
		return UsageError{"demo: --rate must be above 0 and at most 1000 messages a second\n" + usage}
	}
	c, err := config.Read(p.Environment)
	if err != nil {
		return err
	}
	if *address == "" {
		*address = fmt.Sprintf("http://localhost:%d", c.Port)
	}
	gate, err := egress.New(egress.Options{Insecure: true, Allow: []string{"127.0.0.0/8", "::1/128", "localhost"}})
	if err != nil {
		return err
	}
	base := strings.TrimSuffix(*address, "/")
	client := gate.Client(egress.Limits{KeepAlive: true, MaxBody: 4 << 20})
	info, err := demoInfo(ctx, client, base)
	if err != nil {
		return err
	}
	if *period > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, *period)
		defer cancel()
	}
	if err := say(p.Out, "Customers write to %s, %g a second. Ctrl-C stops them.", base, *rate); err != nil {
		return err
	}
	customers := demo.Customers{URL: base, PlatformURL: info.Platform, Rate: *rate, Clock: clock.Real{}, Random: random.New(), Client: client, Out: p.Out}
	n, err := customers.Run(ctx)
	if err != nil {
		return err
	}
	return say(p.Out, "%d messages written.", n)
}

// demoInfo asks a server for its demo's fake platform.
func demoInfo(ctx context.Context, client *http.Client, base string) (demo.Info, error) {
	var info demo.Info
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/demo", nil)
	if err != nil {
		return info, UsageError{"demo: --url must look like http://localhost:8080\n" + usage}
	}
	res, err := client.Do(req)
	if err != nil {
		return info, fmt.Errorf("no server answers at %s: start one with `make run` first, or say where it is: PORT=9000 make demo: %w", base, err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return info, fmt.Errorf("the server at %s was not started with --demo", base)
	}
	if err := json.NewDecoder(res.Body).Decode(&info); err != nil {
		return info, fmt.Errorf("read %s/demo: %w", base, err)
	}
	return info, nil
}

// demoSecrets are the webhook keys that only demo data has.
func demoSecrets() []string {
	keys := make([]string, len(demo.Lines))
	for i, l := range demo.Lines {
		keys[i] = l.Key
	}
	return append(keys, demo.WebchatKey)
}
