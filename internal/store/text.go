package store

import (
	"fmt"
	"os"
)

// Text reads a file that the operator named.
func Text(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return text, nil
}
