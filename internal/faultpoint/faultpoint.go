// Package faultpoint names the moments at which a server is killed to see what is left of its work. In the program as it is shipped nothing
// of it remains: every call is empty and compiled away. Built with the tag torture, the process kills itself at the pass of a point that the
// environment names, its clock can be shifted, and what was written to a file and not synced is lost with the process, as in a power failure:
//
//	TORTURE_POINT=inbound/before-commit:7   dies at the seventh pass of the point
//	TORTURE_CLOCK=1h                        the clock is an hour ahead; each SIGUSR1 sets it an hour further, each SIGUSR2 an hour back
//	TORTURE_POWER=1                         files lose what was not synced
//
// The points are called "package/moment". e2e/torture lists them and dies at each.
package faultpoint
