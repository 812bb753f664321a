# Disks that cannot be written, installs that are interrupted or lose their terminal, and two installs at a time.
# shellcheck shell=bash
# shellcheck disable=SC2154 # machines.sh, releases.sh and expectations.sh set the variables

# ---- disks -----------------------------------------------------------------------------------------------------------

make_machine debian
folder=$root${program%/*}
install_succeeds "a first install before the disk tests succeeds" --from /release/one -- "${flags[@]}"
mount --bind "$folder" "$folder"
mount -o remount,bind,ro "$folder"
install_fails "an upgrade in a read-only folder fails" --from /release/two
output_has "the error of a read-only folder names the folder, the cause and --prefix" \
  "cannot write to /usr/local/bin" "Read-only file system" --prefix
check "an upgrade in a read-only folder keeps the executable" version_is 0.1.0
umount "$folder"
mount -t tmpfs -o size=64k tmpfs "$folder"
install_succeeds "an install of a small executable on a small disk succeeds" --from /release/one
install_fails "an upgrade to an executable that does not fit on the disk fails" --from /release/big
output_has "the error of a full disk names the folder" "cannot write the executable to /usr/local/bin"
check "an upgrade on a full disk keeps the executable" version_is 0.1.0
check "an upgrade on a full disk leaves no temporary files" no_temporary_files
umount "$folder"
mount -t tmpfs -o noexec tmpfs "$folder"
install_fails "an install in a folder that is mounted noexec fails" --from /release/two
output_has "the error of a folder that is mounted noexec says so" noexec
umount "$folder"

rm "$root/$program"
mkdir "$root/$program"
install_fails "an install with a folder in place of the executable fails" --from /release/two
output_has "the error of a folder in place of the executable names it" "$program is a folder; move it"
check "an install leaves a folder in place of the executable empty" rmdir "$root/$program"
install_succeeds "an install after the removal of that folder succeeds" --from /release/one
units=${unit%/*}
mount --bind "$units" "$units"
mount -o remount,bind,ro "$units"
true >"$root/requests"
install_fails "an upgrade whose service file cannot be written fails" --from /release/two
output_has "the error of the service file says that the previous executable was restored" \
  "cannot write the service file" "the previous executable was restored"
umount "$units"
check "the previous executable is restored when the service file cannot be written" version_is 0.1.0
check "the previous service file stays when it cannot be written" service_file_has "# of 0.1.0"
check "the service is not restarted when its file cannot be written" not requested "restart $name"
check "an upgrade whose service file cannot be written leaves no temporary files" no_temporary_files
mount -t tmpfs -o size=64k tmpfs "$root/tmp"
install_fails "a download that does not fit into /tmp fails" --from "$url/big"
output_has "the error of a full /tmp gives the remedy" "set TMPDIR to another folder"
umount "$root/tmp"
# After a power failure at any time, what was renamed has to be complete on the disk.
write_program fake/sync <<SH
#!/bin/sh
new=${program%/*}/.$name.install/$name
[ ! -f \$new ] || cmp -s \$new $program || echo "sync of the new" >>/requests
SH
install_succeeds "an upgrade with a recorded sync succeeds" --from /release/two
check "an upgrade writes the executable to the disk before it replaces the previous one" requested "sync of the new"
rm "$root/fake/sync"
install_succeeds "an install of the first release again succeeds" --from /release/one

# ---- signals ---------------------------------------------------------------------------------------------------------

# interrupt SIGNAL: sends a signal to all processes of an install during its download, as Ctrl-C or a lost terminal does.
interrupt() {
  local before status=0
  before=$(downloads_begun)
  # Bash makes background processes ignore SIGINT.
  background env --default-signal=INT "${enter[@]}" sh /root/install --from "$url/slow" >"$transcript" 2>&1
  eventually more_downloads_than "$before"
  kill "-$1" -- "-$!"
  wait $! 2>/dev/null || status=$?
  check "SIG$1 ends an install during its download" equal "status $((128 + $(kill -l "$1")))" "status $status"
}
more_downloads_than() { (($(downloads_begun) > $1)); }

for signal in INT TERM HUP; do
  interrupt "$signal"
  check "an install that SIG$signal interrupted keeps the executable" version_is 0.1.0
  check "an install that SIG$signal interrupted leaves no temporary files" no_temporary_files
done
interrupt KILL
check "an install that SIGKILL ended keeps the executable" version_is 0.1.0
true >"$root/requests"
install_succeeds "an install after one that was killed succeeds" --from /release/one
check "an install after one that was killed restarts the service, which may run the previous executable" \
  requested "restart $name"
install_succeeds "an upgrade after an install that was killed succeeds" --from /release/two
check "an upgrade after an install that was killed installs the new executable" version_is 0.2.0
rm -rf "${root:?}"/tmp/gateway* # the work folder of the killed install, which a later one cannot know
check "an upgrade after an install that was killed leaves no temporary files" no_temporary_files

# ---- other processes -------------------------------------------------------------------------------------------------

mkdir "$folder/.$name.install"
echo $$ >"$folder/.$name.install/pid"
install_fails "an install while another one runs fails" --from /release/one
output_has "the error of a second install names the process of the first" "another install is running (process $$)"
rm -r "$folder/.$name.install"
# A restart of the service can break the connection over which the install runs.
echo 'kill -HUP 0' >"$root/on-start"
install_succeeds "an install whose terminal is lost at the restart succeeds" --from /release/one
check "an install whose terminal is lost installs the executable" version_is 0.1.0
check "an install whose terminal is lost writes the service file" service_file_has "# of 0.1.0"
check "an install whose terminal is lost restarts the service" test -e "$root/active"
check "an install whose terminal is lost leaves no temporary files" no_temporary_files
