# The program of an image as a service, from start to end.
# shellcheck shell=bash
# shellcheck disable=SC2154 # container.sh, network.sh and scripts/test-image set the variables

# test_service TAG ROOT
test_service() {
  local before
  prepare_container "$1" "$2"
  check "the $kind image without settings exits with status 2" exits_with 2 run_container
  check "the $kind image without settings names a required flag" logged -start-ip

  before=$(rules_and_routes)
  prepare_container "$1" "$2" \
    GRM_START_IP=10.99.99.98 GRM_END_IP=10.99.99.99 GRM_CHECK_PERIOD=300ms GRM_TIMEOUT=250ms
  start_container
  check "the $kind image adds a route over both gateways" eventually has_route 'via 10.99.99.98 via 10.99.99.99 '
  check "the program of the $kind image is process 1" equal 1 "$(process_status NSpid)"
  check "the program of the $kind image has CAP_NET_ADMIN and no other capability" \
    equal 0000000000001000 "$(process_status CapEff)"
  check "the $kind image logs version and commit" logged "version=$version commit=$commit"
  check "the health check of the $kind image succeeds" eventually in_container "${health[@]}"
  kill "$gateway"
  check "the $kind image removes a failed gateway from the route" eventually has_route 'via 10.99.99.98 '
  start_gateway 2
  check "the $kind image adds a gateway that returns" eventually has_route 'via 10.99.99.98 via 10.99.99.99 '
  send_signal STOP
  check "the health check of the $kind image fails while the program is stopped" exits_with 1 in_container "${health[@]}"
  send_signal CONT
  check "the health check of the $kind image succeeds after the program continues" \
    eventually in_container "${health[@]}"
  stop_container
  check "the $kind image exits with status 0 after SIGTERM" equal 0 "$status"
  check "the $kind image removes its rules and routes after SIGTERM" equal "$before" "$(rules_and_routes)"
  check "the $kind image leaves no process after SIGTERM" equal "" "$(ip netns pids "$space-router")"
}

# test_authorities TAG ROOT: probes accept the certificate authorities of a file that is mounted at Debian's path.
test_authorities() {
  local variables=(GRM_START_IP=10.99.99.99 GRM_END_IP=10.99.99.99 GRM_SCHEME=https GRM_PORT=8443)
  prepare_container "$1" "$2" "${variables[@]}"
  start_container
  check "the $kind image keeps a gateway with a certificate of an unknown authority down" \
    eventually logged '10.99.99.99: TLS'
  stop_container
  prepare_container "$1" "$2" "${variables[@]}"
  sandbox+=(--ro-bind test/fixtures/probe-tls/authority.pem /etc/ssl/certs/ca-certificates.crt)
  start_container
  check "the $kind image accepts a gateway whose authority is mounted" eventually has_route 'via 10.99.99.99 '
  stop_container
}
