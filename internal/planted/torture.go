//go:build torture

package planted

import "os"

var name = os.Getenv("TORTURE_BUG")

// Possible says that mistakes can be made.
const Possible = true

// Is says whether the mistake is to be made.
func Is(bug string) bool { return bug == name }
