# What an image is made of.
# shellcheck shell=bash
# shellcheck disable=SC2154 # scripts/test-image has the version and the commit

test_labels() { # TAG
  local label
  for label in "version $version" "revision $commit"; do
    check "label: $label" same "${label#* }" \
      "$(setting "$1" "{{index .Docker.Config.Labels \"org.opencontainers.image.${label% *}\"}}")"
  done
  check "latest is the same image" same "$(setting "$1" '{{.FromImageID}}')" \
    "$(setting "${1/$version/latest}" '{{.FromImageID}}')"
}

# Whether a minimal image has no files but those that have business there.
is_bare() { # ROOT
  local known='usr/bin/ip|usr/local/bin/gateway-route-manager|lib(64)?/.*\.so\.[0-9]+'
  known+='|etc/(group|passwd|nsswitch\.conf|iproute2/.*|ssl/cert\.pem|ssl/certs/ca-certificates\.crt)'
  known+='|usr/share/doc/[^/]+/(copyright|LICENSE|THIRD-PARTY-LICENCES\.txt)|usr/share/common-licenses/.*'
  same "" "$(cd "$1" && find . ! -type d | grep -vE "^\./($known)\$")"
}

# Whether the texts are there that the licences of Debian's packages name.
has_licences() { # ROOT
  local named text
  named=$(cat "$1"/usr/share/doc/*/copyright | grep -o '/usr/share/common-licenses/[A-Za-z0-9.-]*[A-Za-z0-9]' | sort -u)
  [[ -n $named ]]
  while read -r text; do
    [[ -s $1$text ]] || { echo "not there: $text"; return 1; }
  done <<<"$named"
}

# What a router's operator wants at hand.
test_tools() { # TAG ROOT
  local tool
  prepare "$1" "$2" GRM_START_IP=10.99.99.98 GRM_END_IP=10.99.99.99
  start
  for tool in bash conntrack curl keepalived nmap tcpdump; do check "$tool runs" inside "$tool" --version; done
  # It asks the kernel for IPVS before it prints anything, and not every kernel has that.
  check "ipvsadm has its libraries" inside bash -c "! ldd /sbin/ipvsadm | grep 'not found' && [[ -x /sbin/ipvsadm ]]"
  check "curl reads the metrics" soon inside curl -fsS http://127.0.0.1:9090/metrics
  stop
}

tell_size() { du -sm "$1" | awk '{print "# it takes " $1 " MiB"}'; } # ROOT
