package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

// facts notes what figures depend on.
func (e *Env) facts(ctx context.Context, db *sql.DB) error {
	var postgres string
	if err := db.QueryRowContext(ctx, "SELECT current_setting('server_version') || ', fsync ' || current_setting('fsync') || ', synchronous_commit ' || current_setting('synchronous_commit') || ', shared_buffers ' || current_setting('shared_buffers')").Scan(&postgres); err != nil {
		return err
	}
	load, _ := os.ReadFile("/proc/loadavg")
	loads := strings.Fields(string(load) + " ? ? ?")
	model, memory := "unknown", "unknown"
	if b, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if _, rest, ok := strings.Cut(string(b), "model name"); ok {
			model, _, _ = strings.Cut(strings.TrimLeft(rest, "\t :"), "\n")
		}
	}
	if b, err := os.ReadFile("/proc/meminfo"); err == nil {
		var kb int
		if _, err := fmt.Sscanf(string(b), "MemTotal: %d kB", &kb); err == nil {
			memory = fmt.Sprintf("%d GB", kb>>20)
		}
	}
	e.Report.Facts = append(e.Report.Facts,
		fmt.Sprintf("%s, command: `%s`", time.Now().UTC().Format("2006-01-02 15:04"), e.command()),
		fmt.Sprintf("%d processors (%s), %s of memory, %s; load before it began %s, %s, %s (1, 5, 15 minutes)", runtime.NumCPU(), model, memory, runtime.Version(), loads[0], loads[1], loads[2]),
		"PostgreSQL "+postgres,
		fmt.Sprintf("%d rounds of %s a target, in turn; ratios are taken round by round: middle (least–most)", e.Effort.Rounds, e.Effort.For))
	for _, f := range e.Report.Facts {
		fmt.Fprintf(e.Report.out, "- %s\n", f)
	}
	return nil
}

// command is how this run is repeated.
func (e *Env) command() string {
	c := "make bench"
	if e.named != "" {
		c += fmt.Sprintf(" BENCH=%q", e.named)
	}
	if e.Scale != standard {
		c += fmt.Sprintf(" SCALE=%d", e.Scale)
	}
	if e.Base != standard && e.Base < e.Scale {
		c += fmt.Sprintf(" BASE=%d", e.Base)
	}
	if e.Peers != "" {
		c = "PEERS=1 " + c
	}
	if e.Small {
		c = ".ci/bench --small"
	}
	return c
}
