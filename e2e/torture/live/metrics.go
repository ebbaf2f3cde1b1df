package live

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/switchyard-chat/switchyard/e2e/torture/rig"
)

// metrics reads what a server says of itself: the sum over the labels of each name, and each line for itself.
func metrics(ctx context.Context, s *rig.Server) (map[string]float64, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/metrics", http.NoBody)
	if err != nil {
		return nil, err
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	all := map[string]float64{}
	lines := bufio.NewScanner(res.Body)
	for lines.Scan() {
		name, value, ok := strings.Cut(lines.Text(), " ")
		n, err := strconv.ParseFloat(value, 64)
		if !ok || err != nil || strings.HasPrefix(name, "#") {
			continue
		}
		all[name] = n
		if bare, _, ok := strings.Cut(name, "{"); ok {
			all[bare] += n
		}
	}
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("/metrics was answered %d", res.StatusCode)
	}
	return all, lines.Err()
}

const (
	openSockets = "switchyard_live_connections"
	goroutines  = "go_goroutines"
	heap        = "go_memstats_heap_alloc_bytes"
)

// closed is the name of the counter of connections that were closed for a reason.
func closed(kind, reason string) string {
	return fmt.Sprintf("switchyard_live_closed_total{kind=%q,reason=%q}", kind, reason)
}

// count is a counter of the server's; -1 while it does not answer.
func count(ctx context.Context, s *rig.Server, name string) float64 {
	all, err := metrics(ctx, s)
	if err != nil {
		return -1
	}
	return all[name]
}
