# Ends a test's server when the process that started it is gone, however it went. Arguments: process id, signal, folder.
# Standard input is a pipe held by that process: a line means that the server was ended in good order.
read -r _ && exit 0

# The id may have passed to another process by now: only one that works inside the folder is ours.
ours() {
    kill -0 "$1" 2>/dev/null || return 1
    [ -e /proc/self/cwd ] || return 0
    case "$(readlink "/proc/$1/cwd")" in "$2" | "$2"/*) return 0 ;; esac
    return 1
}

ours "$1" "$3" && kill -"$2" "$1"
tries=0
while ours "$1" "$3" && [ "$tries" -lt 200 ]; do
    sleep 0.05
    tries=$((tries + 1))
done
rm -rf -- "$3"
