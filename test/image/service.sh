# What the program of an image does, from start to end.
# shellcheck shell=bash
# shellcheck disable=SC2154 # container.sh and network.sh have the variables

test_service() { # TAG ROOT
  local before
  prepare "$1" "$2"
  check "without settings it says what it needs, with status 2" fails_with 2 run
  check "the message names the flag" logged -start-ip

  before=$(state)
  prepare "$1" "$2" GRM_START_IP=10.99.99.98 GRM_END_IP=10.99.99.99 GRM_CHECK_PERIOD=300ms GRM_TIMEOUT=250ms
  start
  check "the kernel gets a route over both gateways" soon routed 'via 10.99.99.98 via 10.99.99.99 '
  check "it is process 1" same 1 "$(field NSpid)"
  check "it has the capability CAP_NET_ADMIN and no other" same 0000000000001000 "$(field CapEff)"
  check "the log tells the version and the commit" logged "version=$version commit=$commit"
  check "the health check succeeds" soon inside "${health[@]}"
  kill "$gateway"
  check "the route loses a gateway that dies" soon routed 'via 10.99.99.98 '
  start_gateway 2
  check "and gets it back when it returns" soon routed 'via 10.99.99.98 via 10.99.99.99 '
  send STOP
  check "the health check fails while the program hangs" fails_with 1 inside "${health[@]}"
  send CONT
  check "and succeeds again when it goes on" soon inside "${health[@]}"
  stop
  check "SIGTERM ends it with status 0" same 0 "$status"
  check "no route and no rule is left" same "$before" "$(state)"
  check "no process is left" same "" "$(ip netns pids "$space-router")"
}

# A bundle of one's own, mounted where Debian has it, is what probes are checked with.
test_authorities() { # TAG ROOT
  local variables=(GRM_START_IP=10.99.99.99 GRM_END_IP=10.99.99.99 GRM_SCHEME=https GRM_PORT=8443)
  prepare "$1" "$2" "${variables[@]}"
  start
  check "a gateway with a certificate of an unknown authority stays down" soon logged '10.99.99.99 down: TLS'
  stop
  prepare "$1" "$2" "${variables[@]}"
  sandbox+=(--ro-bind test/fixtures/probe-tls/authority.pem /etc/ssl/certs/ca-certificates.crt)
  start
  check "it is up once its authority is mounted" soon routed 'via 10.99.99.99 '
  stop
}
