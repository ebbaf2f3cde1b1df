//go:build unix

package transport

import "syscall"

// writeNow writes what the socket takes without waiting.
func writeNow(fd uintptr, b []byte) (int, error) {
	n, err := syscall.Write(int(fd), b)
	switch err {
	case nil:
		return n, nil
	case syscall.EAGAIN, syscall.EINTR:
		return max(n, 0), nil
	default:
		return max(n, 0), err
	}
}
