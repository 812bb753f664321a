import { expect, test } from "bun:test";

import { renderStatus } from "../../../../src/cli/status-view/format.ts";
import { inBothFamilies, NORWAY, observed4, observed6, SWEDEN } from "../../status/families.fixture.ts";
import { setUpFlags, up } from "../../status/pools.fixture.ts";

const wide = { width: Infinity, colour: false };

test("both addresses of a gateway have a line, and both families their routes", () => {
  const { status, record } = setUpFlags({
    gateway: "sweden=10.77.0.10+fd00:77::10 norway=10.77.0.11+fd00:77::11",
    route: "default,default6",
  });
  record(...[...SWEDEN, NORWAY[0]].map((one) => up(one)), up(NORWAY[1], "down"));
  record(observed4(SWEDEN[0], NORWAY[0]), observed6(SWEDEN[1], SWEDEN[1], SWEDEN[1]));
  expect(renderStatus(status(), wide)).toBe(`degraded: IPv6: 1 of 2 gateways are up
traffic of IPv4 is spread over 2 gateways, traffic of IPv6 goes to one gateway, kill switch off
gateway-route-manager 1.2.3, running for 0s

NAME    GATEWAY      STATE  SINCE    SHARE  P50  P95  FLAPS
sweden  10.77.0.10   up        0s   50.0 %    -    -      0
sweden  fd00:77::10  up        0s  100.0 %    -    -      0
norway  10.77.0.11   up        0s   50.0 %    -    -      0
norway  fd00:77::11  down      0s        -    -    -      0

IPv4 routes in table 180, rule 10888, read 0s ago
right
  0.0.0.0/0
    sweden (10.77.0.10) dev gw0 weight 1, norway (10.77.0.11) dev gw0 weight 1
IPv6 routes in table 180, rule 10888, read 0s ago
right
  ::/0
    sweden (fd00:77::10) dev gw0 weight 3
`);
});

test("a pool of both families has its members by both addresses, and the routes of each family", () => {
  const { status } = inBothFamilies();
  const text = renderStatus(status(), wide);
  expect(text.slice(text.indexOf("pool vpn: ")))
    .toBe(`pool vpn: healthy: IPv4: all 3 gateways are up; IPv6: all 2 gateways are up
for all packets
IPv4: 3 of 3 usable; IPv6: 2 of 2 usable, without any: packets are rejected (unreachable)
MEMBER  FAMILY  STATE   SHARE
sweden  IPv4    up     33.3 %
norway  IPv4    up     33.3 %
lte     IPv4    up     33.3 %
sweden  IPv6    up     50.0 %
norway  IPv6    up     50.0 %
IPv4 routes in table 180, rule 10888, read 0s ago
right
  0.0.0.0/0
    sweden (10.77.0.10) dev gw0 weight 1, norway (10.77.0.11) dev gw0 weight 1, lte (10.77.0.12) dev gw0 weight 1
IPv6 routes in table 180, rule 10888, read 0s ago
right
  ::/0
    sweden (fd00:77::10) dev gw0 weight 1, norway (fd00:77::11) dev gw0 weight 1
`);
});
