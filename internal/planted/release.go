//go:build !torture

package planted

// Possible is false in the program as it is shipped: what it guards is left out even where the compiler would keep a trace of Is.
const Possible = false

// Is says whether the mistake is to be made.
func Is(string) bool { return false }
