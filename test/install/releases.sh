# Releases to install whose executables are shell scripts, quick to make and to unpack; in folders and on a web server.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # other files here set and use the variables: the work folder, the address

make_releases() {
  mkdir "$work/releases"
  make_release one 0.1.0
  make_release two 0.2.0
  make_release broken 0.3.0 'echo "Error loading shared library libodd.so" >&2; exit 127'
  # shellcheck disable=SC2016 # the executable expands it
  make_release failing 0.4.0 'case $1 in -start-ip | healthcheck) exit 1 ;; esac'
  make_release big 0.5.0 "# $(head -c 300000 /dev/urandom | base64 -w0)"
  # shellcheck disable=SC2016
  make_release strict 0.6.0 'case "$*:${GRM_METRICS_PORT-}" in "healthcheck -path /a b:9191" | [!h]*) ;; *) exit 1 ;; esac'
  # Its service file is a real one, and its service is never ready.
  # shellcheck disable=SC2016
  make_release unready 0.7.0 'real=/dist/linux-x64/gateway-route-manager
case $1 in
  -start-ip) exit ;;
  healthcheck) exit 1 ;;
  service) "$real" "$@" | sed "s|$real|/usr/local/bin/gateway-route-manager|"; exit ;;
esac'
  # shellcheck disable=SC2016
  make_release old 0.0.9 'case $1 in service) echo "service is unknown" >&2; exit 2 ;; esac'
}

# make_release FOLDER VERSION [LINE]: makes archives for all platforms. The executable first runs the line of shell, then
# behaves like a real one.
make_release() {
  local platform folder made=$work/releases/$1
  mkdir "$made"
  for platform in linux-{x64,arm64}{,-musl}; do
    folder=$name-$2-$platform
    mkdir "$made/$folder"
    print_executable "$2" "$platform" "${3-}" >"$made/$folder/$name"
    chmod 755 "$made/$folder/$name"
    tar -C "$made" -cJf "$made/$folder.tar.xz" "$folder"
    rm -r "${made:?}/$folder"
  done
  write_sums "$made"
}

# write_sums FOLDER: writes SHA256SUMS of the archives in it.
write_sums() { (cd "$1" && sha256sum -- *.tar.xz >SHA256SUMS); }

# print_executable VERSION PLATFORM LINE
print_executable() {
  cat <<SH
#!/bin/sh
version=$1 platform=$2
$3
SH
  cat <<'SH'
case $1 in
  -version) echo "gateway-route-manager $version ($platform)"; exit ;;
  service) ;;
  *) exit ;;
esac
manager=$2
shift 2
case " $* " in *" -nonsense "*) echo "-nonsense is unknown" >&2; exit 2 ;; esac
program=$(readlink -f "$0")
words=$(for word; do printf '%s\n' "$word" | sed "s/'/'\\\\''/g; s/.*/ '&'/"; done | tr -d '\n')
case $manager in
  systemd) printf '[Service]\n# of %s\nExecStart=%s%s\n' "$version" "$program" "$words" ;;
  openrc) printf '#!/sbin/openrc-run\n# of %s\ncommand=%s\ncommand_args="%s"\n' "$version" "$program" "$words" ;;
  openwrt)
    printf '#!/bin/sh /etc/rc.common\n# of %s\n\tprocd_set_param command %s%s\n' "$version" "$program" "$words"
    ;;
esac
SH
}

# serve_releases: starts a web server with the releases below $url.
serve_releases() {
  background node_modules/.bin/bun test/install/server.ts "$work/releases" >"$work/server"
  eventually grep -q . "$work/server"
  url=http://127.0.0.1:$(head -n 1 "$work/server")
}

# The number of downloads below $url/slow, which never end, that have begun.
downloads_begun() { grep -c begun "$work/server" || true; }
