// Package contact keeps the customers: who they are, on which channels they are known, and which of them a filter means (CONT).
package contact

import (
	"github.com/switchyard-chat/switchyard/internal/store"
)

// maxName is how many characters each part of a name has at most.
const maxName = 100

// Service keeps contacts. It is safe for concurrent use.
type Service struct {
	db *store.DB
}

// New makes the service.
func New(db *store.DB) *Service { return &Service{db: db} }
