# Ends the servers of directory $1, and removes it, when the input ends. See watchdog.rs.
while read -r _; do :; done

serves() {
  tr '\0' '\n' <"/proc/$1/cmdline" 2>/dev/null | grep -qF -- "$2"
}

find "$1" \( -name postmaster.pid -o -name '*.pid' \) -type f | while IFS= read -r file; do
  read -r pid <"$file" || continue
  serves "$pid" "$1" || continue
  # QUIT ends PostgreSQL and Mosquitto at once. Nothing of theirs is wanted any more.
  kill -QUIT "$pid"
  tries=0
  while serves "$pid" "$1"; do
    tries=$((tries + 1))
    [ "$tries" -eq 100 ] && kill -KILL "$pid"
    [ "$tries" -ge 200 ] && break
    sleep 0.05
  done
done
rm -rf -- "$1"
