# Disks that cannot be written to, and installs that are interrupted, lose their terminal, or meet another one.
# shellcheck shell=bash
# shellcheck disable=SC2154 # machines.sh, releases.sh and checks.sh have the variables

# ---- disks -----------------------------------------------------------------------------------------------------------

machine debian
folder=$root${program%/*}
installs "the former one" --from /release/one -- "${flags[@]}"
mount --bind "$folder" "$folder"
mount -o remount,bind,ro "$folder"
refuses "a folder that is read-only" --from /release/two
said "it is told" "cannot write to /usr/local/bin" "Read-only file system" --prefix
check "the former one is there" version_is 0.1.0
umount "$folder"
mount -t tmpfs -o size=64k tmpfs "$folder"
installs "the former one on a small disk" --from /release/one
refuses "an executable that the disk has no space for" --from /release/big
said "it is told" "cannot write the executable to /usr/local/bin"
check "the former one is there" version_is 0.1.0
check "nothing is left lying about" tidy
umount "$folder"
mount -t tmpfs -o noexec tmpfs "$folder"
refuses "a folder where nothing may run" --from /release/two
said "it is told" noexec
umount "$folder"

rm "$root/$program"
mkdir "$root/$program"
refuses "a folder in the place of the executable" --from /release/two
said "it is told" "$program is a folder; move it away"
check "nothing is put into it" rmdir "$root/$program"
installs "the former one" --from /release/one
units=${unit%/*}
mount --bind "$units" "$units"
mount -o remount,bind,ro "$units"
true >"$root/asked"
refuses "a service file that cannot be written" --from /release/two
said "it is told" "cannot write" "the former executable is back"
umount "$units"
check "the former one is there" version_is 0.1.0
check "with its unit" unit_has "# of 0.1.0"
check "the service was left alone" not asked "restart $name"
check "nothing is left lying about" tidy
mount -t tmpfs -o size=64k tmpfs "$root/tmp"
refuses "a download that /tmp has no space for" --from "$url/big"
said "the remedy is told" "name another folder in TMPDIR"
umount "$root/tmp"
# Power may fail at any time: what is renamed has to be on the disk by then.
fake fake/sync <<SH
#!/bin/sh
new=${program%/*}/.$name.install/$name
[ ! -f \$new ] || cmp -s \$new $program || echo "sync of the new" >>/asked
SH
installs "an upgrade" --from /release/two
check "it was written to the disk before it took the place of the former" asked "sync of the new"
rm "$root/fake/sync"
installs "the former one" --from /release/one

# ---- interrupts ------------------------------------------------------------------------------------------------------

# interrupt SIGNAL: in the middle of a download, to all of it, as Ctrl-C or a lost terminal does.
interrupt() {
  local before status=0
  before=$(begun)
  # Bash has what is in the background ignore INT.
  background env --default-signal=INT "${enter[@]}" sh /root/install --from "$url/slow" >"$transcript" 2>&1
  soon begun_since "$before"
  kill "-$1" -- "-$!"
  wait $! 2>/dev/null || status=$?
  check "$1 ends it" same "status $((128 + $(kill -l "$1")))" "status $status"
}
begun_since() { (($(begun) > $1)); }

for signal in INT TERM HUP; do
  interrupt "$signal"
  check "the former one is there" version_is 0.1.0
  check "nothing is left lying about" tidy
done
interrupt KILL
check "the former one is there" version_is 0.1.0
true >"$root/asked"
installs "an install after one that was killed" --from /release/one
check "the service is restarted, since the killed one may have left it behind" asked "restart $name"
installs "an upgrade after it" --from /release/two
check "it is there" version_is 0.2.0
rm -rf "${root:?}"/tmp/gateway* # which nobody can know of any more
check "nothing is left lying about" tidy

# ---- others at work --------------------------------------------------------------------------------------------------

mkdir "$folder/.$name.install"
echo $$ >"$folder/.$name.install/pid"
refuses "a second install at the same time" --from /release/one
said "it is told" "another install is at work (process $$)"
rm -r "$folder/.$name.install"
# A restart of the service can cut the very connection that the install runs over.
echo 'kill -HUP 0' >"$root/on-start"
installs "a terminal that is lost at the restart" --from /release/one
check "it was carried through" version_is 0.1.0
check "the unit as well" unit_has "# of 0.1.0"
check "the service runs" test -e "$root/active"
check "nothing is left lying about" tidy
