# Where an install takes a release from (--from): folders, archives, URLs; what is wrong with them; which version.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # machines.sh, releases.sh and checks.sh have the variables

machine debian
refuses "nothing beside the script, and no place named"
said "it is told" "there is nothing to install in /root; put the archives and SHA256SUMS there, or name their place with --from"
mkdir -p "$work/releases/all/latest" "$work/releases/all/download"
ln -s ../../two "$work/releases/all/latest/download"
ln -s ../../one "$work/releases/all/download/v0.1.0"
sed -i "s|^releases=.*|releases='$url/all'|" "$root/root/install"
installs "the newest release, from where scripts/build was told they are" --service none
check "it is there" version_is 0.2.0
installs "a release by its version" --version 0.1.0 --service none
check "it is there" version_is 0.1.0

machine debian
cp "$work/releases/one/"* "$root/root/"
installs "the archives beside the script are found" --service none
check "it is there" version_is 0.1.0
installs "one archive" --from "/release/two/$name-0.2.0-linux-x64.tar.xz" --service none
check "it is there" version_is 0.2.0
refuses "an archive of another platform" --from "/release/two/$name-0.2.0-linux-arm64.tar.xz"
said "it is told" "is not for this machine, which needs $name-VERSION-linux-x64.tar.xz"
cp "$work/releases/two/"*.xz "$root/root/"
sums "$root/root"
refuses "a folder with two versions"
said "both are told" --version 0.1.0 0.2.0
installs "with --version" --version 0.2.0 --service none
refuses "a version that is not there" --version 0.7.0
said "it is told" "no file for version 0.7.0"
refuses "a place that is not there" --from /nowhere
said "it is told" "/nowhere does not exist"
mkdir "$root/unpacked"
tar -C "$root/unpacked" --strip-components=1 -xJf "$work/releases/one/$name-0.1.0-linux-x64.tar.xz"
installs "an unpacked archive" --from /unpacked --service none
check "it is there" version_is 0.1.0

# ---- damaged archives ------------------------------------------------------------------------------------------------

archive=$root/root/$name-0.2.0-linux-x64.tar.xz
sed -i "s/^[0-9a-f]\{4\}/0000/" "$root/root/SHA256SUMS"
refuses "a wrong sum" --version 0.2.0
said "both sums are told" "its SHA-256 is $(sha256sum <"$archive" | cut -c1-64), not 0000" "nothing was changed"
check "nothing was changed" version_is 0.1.0
truncate -s -20 "$archive"
sums "$root/root"
refuses "half an archive" --version 0.2.0
said "it is told" "cannot unpack"
check "nothing was changed" version_is 0.1.0
check "nothing is left lying about" tidy

# ---- URLs ------------------------------------------------------------------------------------------------------------

machine debian
installs "from a URL with wget" --from "$url/one" --service none
rm "$root/usr/bin/curl"
installs "from a URL with wget alone" --from "$url/two" --service none
check "it is there" version_is 0.2.0
refuses "a URL that is not there" --from "$url/three"
said "it is told" "cannot download $url/three/SHA256SUMS (wget, exit status" 404
refuses "a URL where nobody listens" --from http://127.0.0.1:1
said "it is told" "cannot download http://127.0.0.1:1/SHA256SUMS"

machine debian
mkdir "$root/my releases"
cp "$work/releases/one/"* "$root/root/install" "$root/my releases"
installer=(sh "/my releases/install")
installs "from a folder with a blank in its name" --service none
check "it is there" version_is 0.1.0
installer=(env "http_proxy=$url" sh /root/install)
installs "through a proxy" --from http://releases.invalid/two --service none
check "it is there" version_is 0.2.0
rm "$root/usr/bin/curl"
installs "through a proxy with wget" --from http://releases.invalid/one --service none
check "it is there" version_is 0.1.0
