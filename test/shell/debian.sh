# A Debian of this machine's own release, by debootstrap, from wherever this machine has its packages.
# shellcheck shell=bash

# Where this machine has Debian's packages from, as the lines of a sources.list.
debian_sources() {
  # shellcheck disable=SC2016 # apt fills these in
  local line='deb $(REPO_URI) $(RELEASE) $(COMPONENT)'
  apt-get indextargets --format "$line" 'Created-By: Packages' 'Origin: Debian' | sort -u
}

# make_debian FOLDER
make_debian() {
  local codename mirror authorities=$1/etc/ssl/certs/ca-certificates.crt
  codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
  apt-get update -qq
  mirror=$(debian_sources | awk -v codename="$codename" '$3 == codename && !seen++ {print $2}')
  if [[ -z $mirror ]]; then
    echo "$0: apt knows no source of Debian's ${codename:-packages}; run this on Debian" >&2
    exit 1
  fi
  patiently debootstrap --variant=minbase "$codename" "$1" "$mirror"
  debian_sources >"$1/etc/apt/sources.list"
  # Proxies and the like. Other settings name programs that are not there.
  apt-config dump --format '%F "%v";%n' Acquire >"$1/etc/apt/apt.conf.d/99machine"
  # As in Debian's own images: no wait for the disk after each file.
  echo force-unsafe-io >"$1/etc/dpkg/dpkg.cfg.d/unsafe-io"
  # For sources behind https; the package ca-certificates replaces it.
  mkdir -p "${authorities%/*}"
  cp /etc/ssl/certs/ca-certificates.crt "$authorities"
}
