package server

import (
	"context"
	"encoding/json"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/switchyard-chat/switchyard/internal/bus"
	"github.com/switchyard-chat/switchyard/internal/store"
)

// health answers /healthz and /readyz. Alive never depends on the database; ready does. Redis is reported and does not decide: without it
// everything works, a little later on other servers.
type health struct {
	bus      atomic.Pointer[bus.Bus]
	db       atomic.Pointer[store.DB] // nil while the server waits for it
	isReady  atomic.Bool
	draining atomic.Bool
}

func (h *health) alive(w http.ResponseWriter, _ *http.Request) {
	write(w, http.StatusOK, map[string]string{"status": "alive"})
}

func (h *health) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	state := map[string]string{"status": "ready", "database": "ok", "bus": "ok"}
	code := http.StatusOK
	if b := h.bus.Load(); b == nil || (*b).Ping(ctx) != nil {
		state["bus"] = "away"
	}
	if db := h.db.Load(); db == nil || db.Ping(ctx) != nil {
		state["database"], state["status"], code = "away", "not ready", http.StatusServiceUnavailable
	}
	switch {
	case h.draining.Load():
		state["status"], code = "draining", http.StatusServiceUnavailable
	case !h.isReady.Load():
		state["status"], code = "starting", http.StatusServiceUnavailable
	}
	write(w, code, state)
}

func write(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(v)
}
