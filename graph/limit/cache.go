package limit

import (
	"container/list"
	"context"
	"sync"
)

// Cache keeps the values that were used last, bounded by their number and by the bytes of the texts they were made of. It is safe for concurrent
// use, and is a graphql.Cache.
type Cache[T any] struct {
	mu      sync.Mutex
	entries map[string]*list.Element
	order   *list.List // the last used first
	bytes   int
	maxN    int
	maxByte int
	size    func(key string, value T) int
}

type entry[T any] struct {
	key   string
	value T
	size  int
}

// NewCache makes a cache of at most so many values, and so many bytes as size counts them. What alone is larger than a sixteenth of them is
// not kept.
func NewCache[T any](values, bytes int, size func(key string, value T) int) *Cache[T] {
	return &Cache[T]{entries: map[string]*list.Element{}, order: list.New(), maxN: values, maxByte: bytes, size: size}
}

// Get implements graphql.Cache.
func (c *Cache[T]) Get(_ context.Context, key string) (value T, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	el, ok := c.entries[key]
	if !ok {
		return value, false
	}
	c.order.MoveToFront(el)
	return el.Value.(entry[T]).value, true
}

// Add implements graphql.Cache.
func (c *Cache[T]) Add(_ context.Context, key string, value T) {
	size := c.size(key, value)
	if size > c.maxByte/16 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if el, ok := c.entries[key]; ok {
		c.bytes -= el.Value.(entry[T]).size
		c.order.Remove(el)
	}
	c.entries[key] = c.order.PushFront(entry[T]{key, value, size})
	c.bytes += size
	for c.order.Len() > c.maxN || c.bytes > c.maxByte {
		last := c.order.Back()
		e := last.Value.(entry[T])
		c.order.Remove(last)
		delete(c.entries, e.key)
		c.bytes -= e.size
	}
}
