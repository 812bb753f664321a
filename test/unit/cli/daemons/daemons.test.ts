import { expect, test } from "bun:test";

import { birdConfig } from "../../../../src/cli/daemons/bird.ts";
import { exportsOf } from "../../../../src/cli/daemons/exports.ts";
import { frrConfig } from "../../../../src/cli/daemons/frr.ts";
import { configOf } from "../../config/file/file.fixture.ts";

const POOLS = configOf(`[[gateway]]
address = ["10.0.0.1", "fd00::1"]
[[pool]]
name = "home"
from = ["10.1.0.0/24"]
routes = ["0.0.0.0/0", "::/0"]
marker-routes = ["192.0.2.9/32"]
[[pool]]
name = "rest"
routes = ["1.0.0.0/8", "2.0.0.0/8"]
`);

test("each pool is exported in each family that it routes, with its markers or one that is proposed", () => {
  expect(
    exportsOf(POOLS).map(({ family, pool, table, routes, markers }) => [family, pool, table, routes, markers]),
  ).toEqual([
    [4, "home", 180, ["0.0.0.0/0"], ["192.0.2.9/32"]],
    [4, "rest", 181, ["1.0.0.0/8", "2.0.0.0/8"], ["192.0.2.174/32"]],
  ]);
  const [both] = exportsOf({ pools: [{ ...POOLS.pools[0], selectors: { from: [], in: [] } }] }).slice(1);
  expect(both).toMatchObject({
    family: 6,
    table: 180,
    routes: ["::/0"],
    markers: ["2001:db8::173/128"],
    isProposed: true,
  });
});

test("BIRD reads the table of each pool into a table of its own, and pipes join them", () => {
  const text = birdConfig(exportsOf(POOLS));
  expect(text.match(/^protocol kernel \S+/gm)).toEqual([
    "protocol kernel read_ipv4_180",
    "protocol kernel read_ipv4_181",
  ]);
  expect(text).toContain("net ~ [ 1.0.0.0/8, 2.0.0.0/8 ];");
  expect(text.match(/^ {2}table exported_ipv4;/gm)).toHaveLength(2);
  expect(text.match(/^protocol bgp/gm)).toHaveLength(1);
});

test("FRR announces by any marker, and says which options the service lacks", () => {
  const text = frrConfig(exportsOf(POOLS));
  expect(text).toContain(
    '! The service needs marker-routes = ["192.0.2.174/32"] in the [[pool]] rest, which these flags lack.\n',
  );
  expect(text).toContain(
    "ip prefix-list GRM-MARKERS-IP seq 5 permit 192.0.2.9/32\nip prefix-list GRM-MARKERS-IP seq 10 permit 192.0.2.174/32\n",
  );
  expect(text).not.toContain("import-table");
});
