# The network of the containers, in namespaces: a router with a bridge, and two gateways, 10.99.99.98 and .99.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # scripts/test-image sets the prefix of the namespaces, service.sh uses the gateway
hosts=(router gateway1 gateway2)

make_network() {
  local host number
  for host in "${hosts[@]}"; do
    ip netns add "$space-$host"
    ip -n "$space-$host" link set lo up
  done
  router link add lan type bridge
  router address add 10.99.99.1/24 dev lan
  router link set lan up
  for number in 1 2; do
    router link add "port$number" type veth peer name eth0 netns "$space-gateway$number"
    router link set "port$number" master lan up
    ip -n "$space-gateway$number" address add "10.99.99.$((97 + number))/24" dev eth0
    ip -n "$space-gateway$number" link set eth0 up
    start_gateway "$number"
  done
}

remove_network() {
  local host
  for host in "${hosts[@]}"; do ip netns del "$space-$host" 2>/dev/null; done
}

# start_gateway NUMBER: sets $gateway to its process id. The certificate of test/fixtures is for the second one.
start_gateway() {
  background ip netns exec "$space-gateway$1" node_modules/.bin/bun -e "
    const answer = { fetch: () => new Response('healthy') };
    const [cert, key] = ['wrong-name.pem', 'server.key'].map((it) => Bun.file('test/fixtures/probe-tls/' + it));
    Bun.serve({ port: 9999, ...answer });
    Bun.serve({ port: 8443, tls: { cert, key }, ...answer });"
  gateway=$!
}

router() { ip -n "$space-router" "$@"; }

# has_route 'via ADDRESS via ADDRESS ': whether the kernel has a route with exactly these nexthops.
has_route() { equal "$1" "$(nexthops)"; }
nexthops() { router route show table 180 type unicast 2>/dev/null | grep -o 'via [0-9.]*' | tr '\n' ' '; }

# All rules and routes of the router.
rules_and_routes() { router -4 rule show; router -4 route show table all; }
