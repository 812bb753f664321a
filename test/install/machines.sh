# Machines to install on, each fresh: a chroot in an overlay over a Debian, or over a folder with musl and BusyBox.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # other files here set and use the variables: the work folder, what a machine is
machine_number=0

# What the machines are overlays of.
make_bases() {
  mkdir "$work/machines"
  mount -t tmpfs tmpfs "$work/machines"
  make_debian "$work/debian"

  patiently scripts/musl-root "$work/musl" ip
  ln -s /bin/env "$work/musl/usr/bin/env"
  # A program that does nothing is procd enough for those who look whether it runs.
  cp "$(command -v sleep)" "$work/musl/sbin/procd"
  # What such machines lack at first, and what a fake package manager takes from there.
  mkdir "$work/musl/store"
  mv "$work/musl$(command -v ip)" "$work/musl/usr/lib/libstdc++.so.6" "$work/musl/store"

  # Most cases begin with a Debian that lacks nothing.
  machine debian
  patiently "${enter[@]}" sh -ec 'apt-get update
    apt-get install -y --no-install-recommends iproute2 xz-utils curl wget ca-certificates
    apt-get clean'
  umount --recursive "$root"
  ready=$changes
}

# machine KIND: makes one and goes to it: debian-bare, debian, alpine or openwrt; or systemd or openrc, a Debian with the
# real service manager.
#   $root      its root folder; $changes holds what differs from what it is an overlay of
#   $enter     what a command is run in it with
#   $installer how the install script is run in it
#   $program, $unit    where the executable and the service file belong; the latter as a path of this machine
machine() {
  machine_number=$((machine_number + 1))
  local folder=$work/machines/$machine_number layers
  case $1 in
    debian-bare) layers=$work/debian ;;
    debian | systemd | openrc) layers=${ready:+$ready:}$work/debian ;;
    *) layers=$work/musl ;;
  esac
  root=$folder/root changes=$folder/changes transcript=$folder/output
  mkdir -p "$root" "$changes" "$folder/work"
  mount -t overlay overlay -o "lowerdir=$layers,upperdir=$changes,workdir=$folder/work" "$root"
  mount -t proc proc "$root/proc"
  mount -t tmpfs tmpfs "$root/tmp"
  mkdir -p "$root/release" "$root/fake"
  mount --bind "$work/releases" "$root/release"
  cp scripts/install "$root/root/install"
  local path=/fake:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
  enter=(chroot "$root" /usr/bin/env -i "PATH=$path" HOME=/root TERM=dumb)
  installer=(sh /root/install)
  "become_${1%-bare}"
}

# In a session of its own, since what runs there may end all of its process group.
inside() { setsid --wait "${enter[@]}" "$@" </dev/null; }

# fake PROGRAM: what is on standard input becomes this program of the machine. Those in /fake come before others.
fake() {
  cat >"$root/$1"
  chmod 755 "$root/$1"
}
