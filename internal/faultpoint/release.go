//go:build !torture

package faultpoint

import (
	"os"
	"time"
)

// File is a file whose unsynced bytes may be lost; here it is the file itself.
type File = *os.File

// Hit passes a point.
func Hit(string) {}

// Wrap makes a File of a file. The name is of the point in the middle of a write.
func Wrap(_ string, f *os.File) File { return f }

// Offset is how far the clock is off.
func Offset() time.Duration { return 0 }
