package fan

import "math/bits"

// Tally is what the clients saw of a run.
type Tally struct {
	Delivered int64 `json:"delivered"`
	Lost      int64 `json:"lost"`      // expected and not there at the end
	Doubled   int64 `json:"doubled"`   // there more than once
	Late      int64 `json:"late"`      // after a later one of the same conversation
	Strays    int64 `json:"strays"`    // frames without a mark: ticks and what else a server says
	Bytes     int64 `json:"bytes"`     // of frames, with their headers
	Closed    int64 `json:"closed"`    // connections that the server ended
	P50, P99  int64 `json:",omitzero"` // microseconds
	Max       int64 `json:"max"`
	CPU       int64 `json:"cpu"` // microseconds that the clients used
}

// histogram counts microseconds in steps of a sixteenth of a power of two.
type histogram struct {
	counts [62 * 16]int64
	total  int64
	max    int64
}

func (h *histogram) add(us int64) {
	us = max(us, 0)
	h.max = max(h.max, us)
	h.total++
	h.counts[step(us)]++
}

func step(us int64) int {
	if us < 16 {
		return int(us)
	}
	top := bits.Len64(uint64(us)) - 1 // at least 4
	return (top-3)*16 + int(us>>(top-4))&15
}

// floor is the smallest value of a step.
func floor(step int) int64 {
	if step < 16 {
		return int64(step)
	}
	top := step/16 + 3
	return int64(16+step%16) << (top - 4)
}

// quantile gives the value below which the part lies.
func (h *histogram) quantile(part float64) int64 {
	want := int64(part * float64(h.total))
	for i, n := range h.counts {
		if want -= n; want < 0 {
			return (floor(i) + floor(i+1)) / 2
		}
	}
	return h.max
}
