# Fakes of what a chroot cannot have: service managers and, for Alpine and OpenWrt, package managers. They record their
# arguments in /requests, and the state of the service as the files /enabled and /active.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # machines.sh sets and uses these variables

become_debian() {
  program=/usr/local/bin/$name unit=$root/etc/systemd/system/$name.service
  mkdir -p "$root/run/systemd/system"
  # A start runs the command of the unit, except with the real archives in /dist. A case can add commands with /on-start.
  write_program fake/systemctl <<'SH'
#!/bin/sh
unit=/etc/systemd/system/gateway-route-manager.service
[ "$1" != --quiet ] || shift
echo "$*" >>/requests
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
  write_program sbin/openrc-run <<<'#!/bin/sh'
  write_program fake/rc-update <<'SH'
#!/bin/sh
echo "rc-update $*" >>/requests
case $2 in add) touch /enabled ;; del) rm -f /enabled ;; esac
SH
  write_program fake/rc-service <<'SH'
#!/bin/sh
echo "rc-service $*" >>/requests
[ -x "/etc/init.d/$1" ] || exit 1
case $2 in
  status) [ -e /active ] ;;
  start | restart) [ ! -e /on-start ] || sh /on-start; touch /active ;;
  stop) rm -f /active ;;
esac
SH
  fake_package_manager apk
}

become_openwrt() {
  program=/usr/bin/$name unit=$root/etc/init.d/$name
  echo "DISTRIB_ID='OpenWrt'" >"$root/etc/openwrt_release"
  mkdir -p "$root/etc/init.d"
  # The interpreter of init scripts, which is run with the script and the action.
  write_program etc/rc.common <<'SH'
#!/bin/sh
echo "$1 $2" >>/requests
case $2 in
  running) [ -e /active ] ;;
  start | restart) [ ! -e /on-start ] || sh /on-start; touch /active ;;
  stop) rm -f /active ;;
  enable) touch /enabled ;; disable) rm -f /enabled ;;
esac
SH
  background chroot "$root" /sbin/procd infinity
  fake_package_manager opkg
}

# fake_package_manager NAME: its packages are those that the machine lacks.
fake_package_manager() {
  write_program "fake/$1" <<'SH'
#!/bin/sh
echo "${0##*/} $*" >>/requests
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

# ---- real service managers -------------------------------------------------------------------------------------------

become_systemd() {
  program=/usr/local/bin/$name unit=$root/etc/systemd/system/$name.service
  install_real_manager systemd procps
  rm -rf "$root"/etc/systemd/system/*.wants # services that the packages enable
}

become_openrc() {
  program=/usr/local/bin/$name unit=$root/etc/init.d/$name
  install_real_manager openrc procps
  rm -f "$root"/etc/runlevels/*/*
  mkdir -p "$root/etc/conf.d"
  # The service depends on the network, which no other service provides here.
  write_program etc/init.d/net <<'SH'
#!/sbin/openrc-run
depend() { provide net; }
start() { :; }
SH
}

# install_real_manager PACKAGE...: installs these, and mounts the real archives at /dist.
install_real_manager() {
  run_quietly "${enter[@]}" apt-get install -y --no-install-recommends "$@"
  mkdir "$root/dist"
  mount --bind "$dist" "$root/dist"
}
