# Reads `go test -v`: passes on what failed tests and packages say, and ends with the numbers. With `again` set to a file, it gets the package and name of
# every failed test at the top, and the word `no` where running those again would prove nothing: a package that ended otherwise, a panic, a data race.
# What tests say is kept by test until it is known how the test at the top ended: parallel tests speak in turns.

function top(name) { sub(/\/.*/, "", name); return name }

function note(line) { if (again) print line > again }

function forget(name) { delete said[name]; delete speaker[name] }

/^=== (RUN|PAUSE|CONT|NAME|ATTR|ARTIFACTS) / { current = $3; next }

/^[ \t]*--- (PASS|FAIL|SKIP|BENCH): / {
    if ($2 == "PASS:") passed++
    if ($2 == "FAIL:") { failed++; failed_here++ }
    if ($2 == "SKIP:") { skipped++; names = names "    skipped: " $3 "\n" }
    if ($0 ~ /^---/) {
        if ($2 == "FAIL:") { printf "%s", said[$3]; here[$3] }
        forget($3)
    }
    if ($2 != "PASS:") print
    next
}

/^(ok  |\?   )\t/ {
    split("", said); split("", speaker); split("", here)
    failed_here = 0
    if ($0 !~ /\[no test files\]/) print
    fflush()
    next
}

/^FAIL\t/ {
    # What did not build, panicked or ran out of time has no failed test to its name; tests that it ended in the middle still have a say.
    if (!failed_here) { failed++; note("no") }
    for (name in here) note($2 " " name)
    for (name in said) printf "%s", said[name]
    split("", said); split("", speaker); split("", here)
    failed_here = 0
    print
    fflush()
    next
}

/^(PASS|FAIL)$/ || /coverage: [0-9.]+% of statements$/ { next }

/^panic: / || /^fatal error: / || /^WARNING: DATA RACE/ || /race detected during execution/ { note("no") }

# The compiler's words come on another stream, in between.
/^# / || /^[^ \t].*\.go:[0-9]+:[0-9]+: / { print; next }

{
    t = top(current)
    if (speaker[t] != current) { said[t] = said[t] "in " current "\n"; speaker[t] = current }
    said[t] = said[t] $0 "\n"
}

END {
    for (name in said) printf "%s", said[name]
    printf "%s\n%d passed, %d failed, %d skipped\n", names, passed, failed, skipped
    if (failed > 0 || passed == 0) exit 1
}
