package server

import (
	"math"
	"runtime"
	"runtime/debug"
	runtimemetrics "runtime/metrics"
	"slices"
	"strings"
	"sync/atomic"
)

// leastHeap is up to where the heap grows before it is collected, in bytes. A server with little in memory would otherwise collect many times a
// second while it answers, for a seventh of its processor time.
const leastHeap = 96 << 20

// pacer has the collector wait for leastHeap. Beyond it the collector works as ever, at twice what is live.
type pacer struct{ isOver atomic.Bool }

// keepHeap begins to, unless the operator has said by GOGC or GOMEMLIMIT how memory is to be used. The second call of what it gives does
// nothing.
func keepHeap(environment []string) (stop func()) {
	if slices.ContainsFunc(environment, func(v string) bool { return strings.HasPrefix(v, "GOGC=") || strings.HasPrefix(v, "GOMEMLIMIT=") }) {
		return func() {}
	}
	h := &pacer{}
	before := debug.SetGCPercent(percentOf(liveHeap()))
	h.watch()
	return func() {
		if !h.isOver.Swap(true) {
			debug.SetGCPercent(before)
		}
	}
}

// watch sets the pace anew after every collection: that is when what nothing refers to is found.
func (h *pacer) watch() {
	type mark struct{ _ *mark }
	runtime.AddCleanup(&mark{}, func(h *pacer) {
		if !h.isOver.Load() {
			debug.SetGCPercent(percentOf(liveHeap()))
			h.watch()
		}
	}, h)
}

// percentOf is by how many percent the heap may grow beyond what is live.
func percentOf(live uint64) int {
	const usual = 100
	if live >= leastHeap/2 {
		return usual
	}
	return int(min((leastHeap-live)*100/max(live, 1), math.MaxInt32)) //nolint:gosec // bounded
}

// liveHeap is what the last collection left, in bytes.
func liveHeap() uint64 {
	s := []runtimemetrics.Sample{{Name: "/gc/heap/live:bytes"}}
	runtimemetrics.Read(s)
	if s[0].Value.Kind() != runtimemetrics.KindUint64 {
		return leastHeap
	}
	return s[0].Value.Uint64()
}
