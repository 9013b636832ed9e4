# Waits for the end of its standard input, then ends the servers that run in a data directory, and removes it.
cat >/dev/null
for file in "$1"/*/*.pid "$1"/postgres/data/postmaster.pid; do
  [ -f "$file" ] || continue
  read -r pid <"$file" && [ "$pid" -gt 1 ] 2>/dev/null || continue
  # Only what names this directory: a pid may have found another owner.
  tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF -e "$1" -e fieldbook && kill -9 "$pid" 2>/dev/null
done
link=$(readlink "$1/postgres" 2>/dev/null)
rm -rf "$1"
case "$link" in /var/lib/fieldbook/?*) rm -rf "$link" ;; esac
