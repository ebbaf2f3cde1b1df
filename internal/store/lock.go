package store

import (
	"fmt"
	"os"
	"syscall"
)

// lockFile holds the file against every other process until it is closed or the process ends, however it ends.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("another process uses this data folder (%s is locked): stop it, or set DATA_DIR to another folder", path)
	}
	return f, nil
}
