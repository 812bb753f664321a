# Requirements of a machine: architecture, C library, processor and ip command.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # machines.sh, releases.sh and expectations.sh set the variables

# kernel_is ARCHITECTURE: sets the output of uname. The fake does not use /bin/sh, which some cases replace.
kernel_is() {
  write_program fake/uname <<SH
#!/usr/bin/dash
case \$1 in -m) echo $1 ;; *) echo Linux ;; esac
SH
}

# shell_has_loader LOADER: sets the loader that /bin/sh names, by which the platform is recognised.
shell_has_loader() { printf 'ELF\0%s\0' "$1" >"$root/bin/sh"; }

make_machine debian
kernel_is armv7l
install_fails "an install on armv7l fails" --from /release/one
output_has "the error of another architecture names it" "there is no executable for the architecture armv7l"
kernel_is aarch64
install_fails "an install on arm64 with a shell for x64 fails" --from /release/one
output_has "the error of a foreign shell names its loader" "the loader of /bin/sh is /lib64/ld-linux-x86-64.so.2"
installer=(/usr/bin/dash /root/install)
rm "$root/bin/sh"
shell_has_loader /lib/ld-linux-aarch64.so.1
install_succeeds "a dry run on arm64 succeeds" --dry-run --from /release/one
output_has "arm64 with glibc gets its archive" "would install /release/one/$name-0.1.0-linux-arm64.tar.xz"
shell_has_loader /lib/ld-musl-aarch64.so.1
install_succeeds "a dry run on arm64 with musl succeeds" --dry-run --from /release/one
output_has "arm64 with musl gets its archive" "would install /release/one/$name-0.1.0-linux-arm64-musl.tar.xz"
shell_has_loader /lib/ld-linux-armhf.so.3
install_fails "an install on a 32-bit system with a 64-bit kernel fails" --from /release/one
output_has "the error of a 32-bit system gives the remedy" \
  "the loader of /bin/sh is /lib/ld-linux-armhf.so.3; install a 64-bit system"

make_machine debian
write_program fake/getconf <<'SH'
#!/bin/sh
echo glibc 2.12
SH
install_fails "an install with glibc 2.12 fails" --from /release/one
output_has "the error of an old glibc names its version" "glibc 2.12 is too old"
rm "$root/fake/getconf"

sed 's/ sse4_2//' /proc/cpuinfo >"$work/cpuinfo"
mount --bind "$work/cpuinfo" "$root/proc/cpuinfo"
install_fails "an install on a processor without SSE4.2 fails" --from /release/one
output_has "the error of an old processor names SSE4.2" "this processor lacks SSE4.2"
umount "$root/proc/cpuinfo"

# The output of ip -V, and whether scripts/install accepts it.
while read -r verdict release; do
  write_program fake/ip <<SH
#!/bin/sh
echo 'ip utility, iproute2-$release'
SH
  if [[ $verdict == old ]]; then
    install_fails "an install with iproute2 $release fails" --from /release/one
    output_has "the error of iproute2 $release names the required version" \
      "iproute2 5.4 or newer: /fake/ip is ${release%%,*}"
  else
    install_succeeds "an install with iproute2 $release succeeds" --from /release/one
  fi
done <<'RELEASES'
old ss190924
old 4.20.0
old 5.3.0
good ss191125
good 5.4.0
good 5.10.0, libbpf 0.3.0
good 6.15.0
RELEASES

write_program fake/ip <<'SH'
#!/bin/sh
echo "ip: unrecognized option: V
BusyBox v1.36.1 () multi-call binary." >&2
exit 1
SH
install_fails "an install with BusyBox's ip fails" --from /release/one
output_has "the error of BusyBox's ip says so" "/fake/ip is BusyBox's"
