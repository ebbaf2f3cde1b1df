package fake

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/switchyard-chat/switchyard/internal/fault"
)

// AdminPath is where Admin's handlers lie. No platform has paths that begin like this.
const AdminPath = "/_fake/"

// FaultWire is a fault as Admin reads and writes it.
type FaultWire struct {
	Kind         FaultKind `json:"kind"`
	Operation    string    `json:"operation,omitempty"`
	Times        int       `json:"times,omitempty"`
	DelayMS      int64     `json:"delayMs,omitempty"`
	RetryAfterMS int64     `json:"retryAfterMs,omitempty"`
}

// Admin lets another process look into and steer a fake platform:
//
//	GET    /_fake/log       {"deliveries": […]}; ?to= one recipient, ?after= a Seq
//	GET    /_fake/requests  {"requests": […]} with their statuses; ?after= a Seq
//	GET    /_fake/faults    {"faults": […]} that still wait
//	POST   /_fake/faults    adds one FaultWire: 204, or 400 with {"message": …}
//	DELETE any of them      empties it: 204
func Admin(journal *Journal, recorder *Recorder, faults *Faults) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+AdminPath+"log", func(w http.ResponseWriter, r *http.Request) {
		list := journal.All()
		if to := r.FormValue("to"); to != "" {
			list = journal.To(to)
		}
		after := afterOf(r)
		list = slices.DeleteFunc(list, func(d Delivery) bool { return d.Seq <= after })
		WriteJSON(w, http.StatusOK, map[string]any{"deliveries": orEmpty(list)})
	})
	mux.HandleFunc("GET "+AdminPath+"requests", func(w http.ResponseWriter, r *http.Request) {
		after := afterOf(r)
		list := slices.DeleteFunc(recorder.Requests(), func(one Request) bool { return one.Seq <= after })
		WriteJSON(w, http.StatusOK, map[string]any{"requests": orEmpty(list)})
	})
	mux.HandleFunc("GET "+AdminPath+"faults", func(w http.ResponseWriter, _ *http.Request) {
		list := []FaultWire{}
		for _, f := range faults.Pending() {
			list = append(list, FaultWire{f.Kind, f.Operation, f.Times, f.Delay.Milliseconds(), f.RetryAfter.Milliseconds()})
		}
		WriteJSON(w, http.StatusOK, map[string]any{"faults": list})
	})
	mux.HandleFunc("POST "+AdminPath+"faults", func(w http.ResponseWriter, r *http.Request) {
		var wire FaultWire
		decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&wire); err != nil {
			WriteJSON(w, http.StatusBadRequest, map[string]string{"message": "the body is no fault: " + err.Error()})
			return
		}
		err := faults.Add(Fault{
			Kind: wire.Kind, Operation: wire.Operation, Times: wire.Times,
			Delay: time.Duration(wire.DelayMS) * time.Millisecond, RetryAfter: time.Duration(wire.RetryAfterMS) * time.Millisecond,
		})
		if err != nil {
			WriteJSON(w, http.StatusBadRequest, map[string]string{"message": fault.As(err).Text})
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	for name, empty := range map[string]func(){"log": journal.Clear, "requests": recorder.Clear, "faults": faults.Clear} {
		mux.HandleFunc("DELETE "+AdminPath+name, func(w http.ResponseWriter, _ *http.Request) {
			empty()
			w.WriteHeader(http.StatusNoContent)
		})
	}
	return mux
}

// WriteJSON answers with a value as JSON.
func WriteJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) // the client left
}

// afterOf reads the position to list from; 0, the beginning, where none is given.
func afterOf(r *http.Request) int64 {
	after, err := strconv.ParseInt(r.FormValue("after"), 10, 64)
	if err != nil {
		return 0
	}
	return after
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
