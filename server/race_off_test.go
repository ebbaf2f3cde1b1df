//go:build !race

package server

// slowdown is how much more the race detector makes everything cost.
const slowdown = 1
