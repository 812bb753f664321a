# A Debian of this machine's release, made by debootstrap from the package sources of this machine.
# shellcheck shell=bash

# Debian's package sources of this machine, as lines of a sources.list.
debian_sources() {
  # shellcheck disable=SC2016 # apt fills these in
  local line='deb $(REPO_URI) $(RELEASE) $(COMPONENT)'
  apt-get indextargets --format "$line" 'Created-By: Packages' 'Origin: Debian' | sort -u
}

# make_debian FOLDER: makes a minimal Debian in this folder.
make_debian() {
  local codename mirror authorities=$1/etc/ssl/certs/ca-certificates.crt
  codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
  apt-get update -qq
  mirror=$(debian_sources | awk -v codename="$codename" '$3 == codename && !seen++ {print $2}')
  if [[ -z $mirror ]]; then
    echo "$0: apt has no package source of Debian ${codename:-here}; run this on Debian" >&2
    exit 1
  fi
  run_quietly debootstrap --variant=minbase "$codename" "$1" "$mirror"
  debian_sources >"$1/etc/apt/sources.list"
  # Proxies and other download settings. Settings of other kinds name programs that the new Debian lacks.
  apt-config dump --format '%F "%v";%n' Acquire >"$1/etc/apt/apt.conf.d/99machine"
  # Without a sync after each file, as in Debian's own images.
  echo force-unsafe-io >"$1/etc/dpkg/dpkg.cfg.d/unsafe-io"
  # For package sources with https; the package ca-certificates replaces it.
  mkdir -p "${authorities%/*}"
  cp /etc/ssl/certs/ca-certificates.crt "$authorities"
}
