package workspace

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"github.com/switchyard-chat/switchyard/internal/fault"
	"github.com/switchyard-chat/switchyard/internal/random"
)

// PasswordCost is what Argon2id spends on one password.
type PasswordCost struct {
	MemoryKiB uint32
	Passes    uint32
}

// DefaultPasswordCost is the first choice of https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html (read
// 2026-08-07): 19 MiB, two passes, one lane.
var DefaultPasswordCost = PasswordCost{MemoryKiB: 19 * 1024, Passes: 2}

const (
	saltLen        = 16
	hashLen        = 32
	minPassword    = 10 // characters
	maxPassword    = 1024
	passwordScheme = "$argon2id$v=19$m=%d,t=%d,p=1$"
)

// passwords hashes and checks passwords, a few at a time: each takes a processor and much memory.
type passwords struct {
	cost   PasswordCost
	random *random.Source
	room   chan struct{}
	// nobody is a hash that no password opens. Accounts that do not exist are checked against it, so that they take as long as those that do.
	nobody string
	worked atomic.Int64 // how often Argon2id ran
}

func newPasswords(cost PasswordCost, r *random.Source, atOnce int) *passwords {
	p := &passwords{cost: cost, random: r, room: make(chan struct{}, max(1, atOnce))}
	p.nobody = fmt.Sprintf(passwordScheme, cost.MemoryKiB, cost.Passes) +
		base64.RawStdEncoding.EncodeToString(r.Bytes(saltLen)) + "$" + base64.RawStdEncoding.EncodeToString(r.Bytes(hashLen))
	return p
}

// checkPassword says whether a new password is good enough; field is the input it came in.
func checkPassword(field, password string) error {
	switch {
	case !utf8.ValidString(password):
		return fault.Input(field, "a password is text")
	case utf8.RuneCountInString(normal(password)) < minPassword:
		return fault.Input(field, "a password has at least %d characters", minPassword)
	case len(password) > maxPassword:
		return fault.Input(field, "a password has at most %d bytes", maxPassword)
	}
	return nil
}

// normal makes the same password of what different keyboards type.
func normal(password string) string { return norm.NFC.String(password) }

// hash gives what is kept of a password: PHC's form, with its cost and salt.
func (p *passwords) hash(ctx context.Context, password string) (string, error) {
	salt := p.random.Bytes(saltLen)
	sum, err := p.work(ctx, password, salt, p.cost)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf(passwordScheme, p.cost.MemoryKiB, p.cost.Passes) +
		base64.RawStdEncoding.EncodeToString(salt) + "$" + base64.RawStdEncoding.EncodeToString(sum), nil
}

// isRight says whether the password is the one that was hashed. An empty hash is nobody's and costs the same.
func (p *passwords) isRight(ctx context.Context, hash, password string) (bool, error) {
	if hash == "" {
		hash = p.nobody
	}
	if len(password) > maxPassword {
		password = "" // no password of ours is this long, nor empty
	}
	cost, salt, want, err := parseHash(hash)
	if err != nil {
		return false, err
	}
	got, err := p.work(ctx, password, salt, cost)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(got, want) == 1 && hash != p.nobody, nil
}

func (p *passwords) work(ctx context.Context, password string, salt []byte, cost PasswordCost) ([]byte, error) {
	select {
	case p.room <- struct{}{}:
	case <-ctx.Done():
		return nil, fault.Wrap(ctx.Err(), fault.Unavailable, "too many sign-ins at once; try again in a moment")
	}
	defer func() { <-p.room }()
	p.worked.Add(1)
	return argon2.IDKey([]byte(normal(password)), salt, cost.Passes, cost.MemoryKiB, 1, hashLen), nil
}

func parseHash(hash string) (cost PasswordCost, salt, sum []byte, err error) {
	broken := fault.New(fault.Internal, "a password hash cannot be read")
	parts := strings.Split(hash, "$")
	if len(parts) != 6 {
		return cost, nil, nil, broken
	}
	if n, err := fmt.Sscanf(hash, passwordScheme, &cost.MemoryKiB, &cost.Passes); err != nil || n != 2 {
		return cost, nil, nil, broken
	}
	if salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil {
		return cost, nil, nil, broken
	}
	if sum, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil || len(sum) != hashLen {
		return cost, nil, nil, broken
	}
	return cost, salt, sum, nil
}
