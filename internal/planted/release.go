//go:build !torture

package planted

// Is says whether the mistake is to be made.
func Is(string) bool { return false }
