# The sources of an install (--from): folders, archives, URLs; damaged archives; the selection of a version.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # machines.sh, releases.sh and expectations.sh set the variables

make_machine debian
install_fails "an install without archives beside the script and without --from fails"
output_has "the error of missing archives gives the remedy" \
  "found nothing to install in /root; put the archives and SHA256SUMS there, or give their location with --from"
mkdir -p "$work/releases/all/latest" "$work/releases/all/download"
ln -s ../../two "$work/releases/all/latest/download"
ln -s ../../one "$work/releases/all/download/v0.1.0"
sed -i "s|^releases=.*|releases='$url/all'|" "$root/root/install"
install_succeeds "an install from the address that scripts/build writes into the script succeeds" --service none
check "an install without --version installs the newest release" version_is 0.2.0
install_succeeds "an install with --version from that address succeeds" --version 0.1.0 --service none
check "an install with --version installs that release" version_is 0.1.0

make_machine debian
cp "$work/releases/one/"* "$root/root/"
install_succeeds "an install of the archives beside the script succeeds" --service none
check "an install without --from installs the archive beside the script" version_is 0.1.0
install_succeeds "an install of a single archive succeeds" --from "/release/two/$name-0.2.0-linux-x64.tar.xz" --service none
check "an install of a single archive installs its release" version_is 0.2.0
install_fails "an install of an archive for another platform fails" --from "/release/two/$name-0.2.0-linux-arm64.tar.xz"
output_has "the error of an archive for another platform names the right one" \
  "is not for this machine, which needs $name-VERSION-linux-x64.tar.xz"
cp "$work/releases/two/"*.xz "$root/root/"
write_sums "$root/root"
install_fails "an install from a folder with two releases fails"
output_has "the error of two releases lists both and --version" --version 0.1.0 0.2.0
install_succeeds "an install with --version from a folder with two releases succeeds" --version 0.2.0 --service none
install_fails "an install of a version that is not in the folder fails" --version 0.7.0
output_has "the error of a missing version names it" "no archive for version 0.7.0"
install_fails "an install from a folder that does not exist fails" --from /nowhere
output_has "the error of a missing folder names it" "/nowhere does not exist"
mkdir "$root/unpacked"
tar -C "$root/unpacked" --strip-components=1 -xJf "$work/releases/one/$name-0.1.0-linux-x64.tar.xz"
install_succeeds "an install of an unpacked archive succeeds" --from /unpacked --service none
check "an install of an unpacked archive installs its executable" version_is 0.1.0

# ---- damaged archives ------------------------------------------------------------------------------------------------

archive=$root/root/$name-0.2.0-linux-x64.tar.xz
sed -i "s/^[0-9a-f]\{4\}/0000/" "$root/root/SHA256SUMS"
install_fails "an install of an archive with a wrong sum fails" --version 0.2.0
output_has "the error of a wrong sum shows both sums" \
  "its SHA-256 is $(sha256sum <"$archive" | cut -c1-64), not 0000" "nothing was changed"
check "an archive with a wrong sum changes nothing" version_is 0.1.0
truncate -s -20 "$archive"
write_sums "$root/root"
install_fails "an install of a truncated archive fails" --version 0.2.0
output_has "the error of a truncated archive says so" "cannot unpack"
check "a truncated archive changes nothing" version_is 0.1.0
check "a truncated archive leaves no temporary files" no_temporary_files

# ---- URLs ------------------------------------------------------------------------------------------------------------

make_machine debian
install_succeeds "an install from a URL with curl succeeds" --from "$url/one" --service none
rm "$root/usr/bin/curl"
install_succeeds "an install from a URL with wget alone succeeds" --from "$url/two" --service none
check "an install with wget installs the release" version_is 0.2.0
install_fails "an install from a URL that does not exist fails" --from "$url/three"
output_has "the error of a missing URL shows the URL, the program and its error" \
  "cannot download $url/three/SHA256SUMS (wget, exit status" 404
install_fails "an install from a URL whose port is closed fails" --from http://127.0.0.1:1
output_has "the error of a closed port names the URL" "cannot download http://127.0.0.1:1/SHA256SUMS"

make_machine debian
mkdir "$root/my releases"
cp "$work/releases/one/"* "$root/root/install" "$root/my releases"
installer=(sh "/my releases/install")
install_succeeds "an install from a folder with a blank in its name succeeds" --service none
check "an install from a folder with a blank installs the release" version_is 0.1.0
installer=(env "http_proxy=$url" sh /root/install)
install_succeeds "an install through a proxy with curl succeeds" --from http://releases.invalid/two --service none
check "an install through a proxy with curl installs the release" version_is 0.2.0
rm "$root/usr/bin/curl"
install_succeeds "an install through a proxy with wget succeeds" --from http://releases.invalid/one --service none
check "an install through a proxy with wget installs the release" version_is 0.1.0
