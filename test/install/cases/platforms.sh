# What a machine must be and have: an architecture with its own kind of programs, a C library, an ip command.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # machines.sh, releases.sh and checks.sh have the variables

# kernel_is ARCHITECTURE: what uname says. It runs without /bin/sh, which some cases replace.
kernel_is() {
  fake fake/uname <<SH
#!/usr/bin/dash
case \$1 in -m) echo $1 ;; *) echo Linux ;; esac
SH
}

# shell_wants LOADER: what tells the kind of the machine's programs.
shell_wants() { printf 'ELF\0%s\0' "$1" >"$root/bin/sh"; }

machine debian
kernel_is armv7l
refuses "another architecture" --from /release/one
said "it is told" "no file for the architecture armv7l"
kernel_is aarch64
refuses "a foreign shell" --from /release/one
said "it is told" "/bin/sh wants /lib64/ld-linux-x86-64.so.2"
installer=(/usr/bin/dash /root/install)
rm "$root/bin/sh"
shell_wants /lib/ld-linux-aarch64.so.1
installs "a dry run on arm64" --dry-run --from /release/one
said "it gets its file" "would install /release/one/$name-0.1.0-linux-arm64.tar.xz"
shell_wants /lib/ld-musl-aarch64.so.1
installs "a dry run on arm64 with musl" --dry-run --from /release/one
said "it gets its file" "would install /release/one/$name-0.1.0-linux-arm64-musl.tar.xz"
shell_wants /lib/ld-linux-armhf.so.3
refuses "a 32-bit system on a 64-bit kernel" --from /release/one
said "it is told" "/bin/sh wants /lib/ld-linux-armhf.so.3; install a 64-bit system"

machine debian
fake fake/getconf <<'SH'
#!/bin/sh
echo glibc 2.12
SH
refuses "an old glibc" --from /release/one
said "it is told" "glibc 2.12 is too old"
rm "$root/fake/getconf"

sed 's/ sse4_2//' /proc/cpuinfo >"$work/cpuinfo"
mount --bind "$work/cpuinfo" "$root/proc/cpuinfo"
refuses "an old processor" --from /release/one
said "it is told" "it lacks SSE4.2"
umount "$root/proc/cpuinfo"

# What ip says of itself, and whether that will do.
while read -r verdict release; do
  fake fake/ip <<SH
#!/bin/sh
echo 'ip utility, iproute2-$release'
SH
  if [[ $verdict == old ]]; then
    refuses "iproute2 $release" --from /release/one
    said "it is told" "iproute2 5.3 or newer: /fake/ip is ${release%%,*}"
  else
    installs "iproute2 $release" --from /release/one
  fi
done <<'RELEASES'
old ss190708
old 4.20.0
old 5.2.0
good ss190924
good 5.3.0
good 5.10.0, libbpf 0.3.0
good 6.15.0
RELEASES

fake fake/ip <<'SH'
#!/bin/sh
echo "ip: unrecognized option: V
BusyBox v1.36.1 () multi-call binary." >&2
exit 1
SH
refuses "BusyBox's ip" --from /release/one
said "it is told" "/fake/ip is BusyBox's"
