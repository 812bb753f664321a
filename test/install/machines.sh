# Fresh machines to install on: chroots in an overlay over a Debian, or over a folder with musl and BusyBox.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # other files here set and use the variables: the work folder, what a machine is
machine_number=0

# Makes the folders over which the machines are overlays.
make_bases() {
  mkdir "$work/machines"
  mount -t tmpfs tmpfs "$work/machines"
  make_debian "$work/debian"

  run_quietly scripts/musl-root "$work/musl" ip
  ln -s /bin/env "$work/musl/usr/bin/env"
  # scripts/install only checks whether a process named procd runs.
  cp "$(command -v sleep)" "$work/musl/sbin/procd"
  # Such machines lack these at first; the fake package manager installs them from here.
  mkdir "$work/musl/store"
  mv "$work/musl$(command -v ip)" "$work/musl/usr/lib/libstdc++.so.6" "$work/musl/store"

  # Most cases start with a Debian that has all packages that are needed.
  make_machine debian
  run_quietly "${enter[@]}" sh -ec 'apt-get update
    apt-get install -y --no-install-recommends iproute2 xz-utils curl wget ca-certificates
    apt-get clean'
  umount --recursive "$root"
  prepared=$changes
}

# make_machine KIND: makes a machine, which is used from then on: debian-bare, debian, alpine or openwrt; or systemd or
# openrc, a Debian with the real service manager. It sets:
#   $root       the root folder of the machine; $changes is the upper folder of the overlay
#   $enter      the command that runs another command in it
#   $installer  the command that runs scripts/install in it
#   $program    the path of the executable in the machine
#   $unit       the path of the service file, outside of the machine
make_machine() {
  machine_number=$((machine_number + 1))
  local folder=$work/machines/$machine_number layers
  case $1 in
    debian-bare) layers=$work/debian ;;
    debian | systemd | openrc) layers=${prepared:+$prepared:}$work/debian ;;
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

# in_machine COMMAND...: in a session of its own, since a command may end its whole process group.
in_machine() { setsid --wait "${enter[@]}" "$@" </dev/null; }

# write_program PATH: writes standard input as an executable of the machine. Programs in /fake precede others.
write_program() {
  cat >"$root/$1"
  chmod 755 "$root/$1"
}
