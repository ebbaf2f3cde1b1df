// Package planted holds the mistakes that a server can be told to make, so that it is known that e2e/torture would find them. In the program
// as it is shipped there are none: Is is false everywhere and what it guards is compiled away. Built with the tag torture, the environment
// names one: TORTURE_BUG=acknowledge-before-commit. e2e/torture lists them, and what finds each.
package planted
