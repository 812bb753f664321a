# Fakes of what a chroot cannot have: the service managers and, for Alpine and OpenWrt, the package managers. They note
# in /asked what they are asked for, in /enabled and /active how things stand.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # machines.sh sets and uses these variables

become_debian() {
  program=/usr/local/bin/$name unit=$root/etc/systemd/system/$name.service
  mkdir -p "$root/run/systemd/system"
  # It runs what the unit says, unless that is the real executable in /dist. A case may have more happen at a start.
  fake fake/systemctl <<'SH'
#!/bin/sh
unit=/etc/systemd/system/gateway-route-manager.service
[ "$1" != --quiet ] || shift
echo "$*" >>/asked
grep SigIgn /proc/$$/status >/ignored
start() {
  [ ! -e /on-start ] || sh /on-start
  [ -e /dist ] || sh -c "$(sed -n 's/^ExecStart=//p' $unit)" || exit
  touch /active
}
case $1 in
  is-active) [ -e /active ] ;;
  start) start ;;
  restart) rm -f /active; start ;;
  stop) rm -f /active ;;
  enable) touch /enabled ;;
  disable) rm -f /enabled ;;
  daemon-reload) ;;
  *) exit 1 ;;
esac
SH
}

become_alpine() {
  program=/usr/local/bin/$name unit=$root/etc/init.d/$name
  echo 3.20.0 >"$root/etc/alpine-release"
  mkdir -p "$root/run/openrc" "$root/etc/init.d"
  touch "$root/run/openrc/softlevel"
  fake sbin/openrc-run <<<'#!/bin/sh'
  fake fake/rc-update <<'SH'
#!/bin/sh
echo "rc-update $*" >>/asked
case $2 in add) touch /enabled ;; del) rm -f /enabled ;; esac
SH
  fake fake/rc-service <<'SH'
#!/bin/sh
echo "rc-service $*" >>/asked
[ -x "/etc/init.d/$1" ] || exit 1
case $2 in
  status) [ -e /active ] ;;
  start | restart) [ ! -e /on-start ] || sh /on-start; touch /active ;;
  stop) rm -f /active ;;
esac
SH
  package_manager apk
}

become_openwrt() {
  program=/usr/bin/$name unit=$root/etc/init.d/$name
  echo "DISTRIB_ID='OpenWrt'" >"$root/etc/openwrt_release"
  mkdir -p "$root/etc/init.d"
  # An init script names this as its interpreter, which gets the script and the action.
  fake etc/rc.common <<'SH'
#!/bin/sh
echo "$1 $2" >>/asked
case $2 in
  running) [ -e /active ] ;;
  start | restart) [ ! -e /on-start ] || sh /on-start; touch /active ;;
  stop) rm -f /active ;;
  enable) touch /enabled ;; disable) rm -f /enabled ;;
esac
SH
  background chroot "$root" /sbin/procd infinity
  package_manager opkg
}

# package_manager NAME: a fake one, whose packages are what the machine lacks.
package_manager() {
  fake "fake/$1" <<'SH'
#!/bin/sh
echo "${0##*/} $*" >>/asked
case $1 in update) exit ;; esac
shift
for package; do
  case $package in
    iproute2 | ip-full) cp /store/ip /usr/sbin/ip ;;
    libstdc++ | libstdcpp6) cp /store/libstdc++.so.6 /usr/lib/ ;;
    *) echo "no package $package"; exit 1 ;;
  esac
done
SH
}

# ---- real ones -------------------------------------------------------------------------------------------------------

become_systemd() {
  program=/usr/local/bin/$name unit=$root/etc/systemd/system/$name.service
  real_manager systemd procps
  rm -rf "$root"/etc/systemd/system/*.wants # what the packages would start
}

become_openrc() {
  program=/usr/local/bin/$name unit=$root/etc/init.d/$name
  real_manager openrc procps
  rm -f "$root"/etc/runlevels/*/*
  mkdir -p "$root/etc/conf.d"
  # On a machine of its own something else brings the network.
  fake etc/init.d/net <<'SH'
#!/sbin/openrc-run
depend() { provide net; }
start() { :; }
SH
}

# real_manager PACKAGE...: and the real archives.
real_manager() {
  patiently "${enter[@]}" apt-get install -y --no-install-recommends "$@"
  mkdir "$root/dist"
  mount --bind "$dist" "$root/dist"
}
