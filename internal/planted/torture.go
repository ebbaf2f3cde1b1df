//go:build torture

package planted

import "os"

var name = os.Getenv("TORTURE_BUG")

// Is says whether the mistake is to be made.
func Is(bug string) bool { return bug == name }
