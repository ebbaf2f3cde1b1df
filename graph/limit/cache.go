package limit

import (
	"context"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// Cache keeps the values that were used last, bounded by their number and by the bytes of the texts they were made of. It is safe for concurrent
// use, and is a graphql.Cache.
type Cache[T any] struct {
	mu    sync.Mutex
	kept  *simplelru.LRU[string, T]
	bytes int
	most  int
	size  func(key string, value T) int
}

// NewCache makes a cache of at most so many values, at least one, and so many bytes as size counts them. What alone is larger than a sixteenth of
// them is not kept.
func NewCache[T any](values, bytes int, size func(key string, value T) int) *Cache[T] {
	c := &Cache[T]{most: bytes, size: size}
	kept, err := simplelru.NewLRU(values, func(key string, value T) { c.bytes -= size(key, value) })
	if err != nil {
		panic(err) // only a size below one is refused
	}
	c.kept = kept
	return c
}

// Get implements graphql.Cache.
func (c *Cache[T]) Get(_ context.Context, key string) (value T, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.kept.Get(key)
}

// Add implements graphql.Cache.
func (c *Cache[T]) Add(_ context.Context, key string, value T) {
	size := c.size(key, value)
	if size > c.most/16 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kept.Remove(key)
	c.kept.Add(key, value)
	for c.bytes += size; c.bytes > c.most; {
		c.kept.RemoveOldest()
	}
}
