# The contents of an image: labels, files, licences, tools.
# shellcheck shell=bash
# shellcheck disable=SC2154 # scripts/test-image sets version, commit and kind

test_labels() { # TAG
  local label
  for label in "version $version" "revision $commit"; do
    check "the $kind image has the label $label" equal "${label#* }" \
      "$(setting "$1" "{{index .Docker.Config.Labels \"org.opencontainers.image.${label% *}\"}}")"
  done
  check "the tag latest is the same $kind image" equal "$(setting "$1" '{{.FromImageID}}')" \
    "$(setting "${1/$version/latest}" '{{.FromImageID}}')"
}

# has_only_known_files ROOT: whether a minimal image has no other files than the expected ones.
has_only_known_files() {
  local known='usr/bin/ip|usr/local/bin/gateway-route-manager|lib(64)?/.*\.so\.[0-9]+'
  known+='|etc/(group|passwd|nsswitch\.conf|iproute2/.*|ssl/cert\.pem|ssl/certs/ca-certificates\.crt)'
  known+='|usr/share/doc/[^/]+/(copyright|LICENSE|THIRD-PARTY-LICENCES\.txt)|usr/share/common-licenses/.*'
  equal "" "$(cd "$1" && find . ! -type d | grep -vE "^\./($known)\$")"
}

# has_licences ROOT: whether the image has the licence texts that its packages of Debian name.
has_licences() {
  local named text
  named=$(cat "$1"/usr/share/doc/*/copyright | grep -o '/usr/share/common-licenses/[A-Za-z0-9.-]*[A-Za-z0-9]' | sort -u)
  [[ -n $named ]]
  while read -r text; do
    [[ -s $1$text ]] || { echo "missing: $text"; return 1; }
  done <<<"$named"
}

# test_tools TAG ROOT: the tools of the extended image.
test_tools() {
  local tool
  prepare_container "$1" "$2" GRM_START_IP=10.99.99.98 GRM_END_IP=10.99.99.99
  start_container
  for tool in bash conntrack curl keepalived nmap tcpdump; do
    check "$tool of the $kind image runs" in_container "$tool" --version
  done
  # ipvsadm cannot run here: it needs IPVS in the kernel even to print its version.
  check "ipvsadm of the $kind image finds its libraries" \
    in_container bash -c "! ldd /sbin/ipvsadm | grep 'not found' && [[ -x /sbin/ipvsadm ]]"
  check "curl of the $kind image reads the metrics" eventually in_container curl -fsS http://127.0.0.1:9090/metrics
  stop_container
}

print_size() { du -sm "$1" | awk -v kind="$kind" '{print "# size of the " kind " image: " $1 " MiB"}'; } # ROOT
