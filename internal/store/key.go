package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// keyFile holds the sealing key of a server with the embedded database.
const keyFile = "secret.key"

// Key reads the key kept in the data folder, or keeps the one that make gives where there is none yet. The file is readable by its owner
// alone. Who loses it loses what it sealed.
func Key(folder string, make func() string) (string, error) {
	path := filepath.Join(folder, keyFile)
	b, err := os.ReadFile(path)
	if err == nil {
		return strings.TrimSpace(string(b)), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read the sealing key: %w", err)
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", fmt.Errorf("make the data folder: %w", err)
	}
	key := make()
	if err := os.WriteFile(path, []byte(key+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("keep the sealing key: %w", err)
	}
	return key, nil
}
