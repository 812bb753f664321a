/** Configuration files that have been changed by chance. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

import fc from "fast-check";

import { anyText, mutated } from "./arbitraries.ts";

const FILES = join(import.meta.dir, "../unit/config/file");
const read = (name: string): string => readFileSync(join(FILES, name), "utf8");

/** All tables, and all forms in which TOML writes values. */
const FORMS = `# all forms
service.metrics-port = 0x2382
"service"."log-level" = 'info'
[public-ip]\t# tabs
required\t=\ttrue
service-password-file = """\\
   key"""
service-username = "u\\u0041"
[probe.'a b']
type = "tcp"
targets = [ # comments
  "1.1.1.1:443", '9.9.9.9:443',
]
max-latency = "500ms:300ms"
[probe.http]
type = "http"
[[gateway]]
start-ip = "10.0.0.1"
end-ip = "10.0.0.9"
probes = ["http"]
[[gateway]]
name = "both"
address = ["10.0.0.10", "fd00::10"]
[[gateway]]
address = "fe80::11%lan0"
[[pool]]
members = ["10.0.0.1", {gateway="10.0.0.2", weight=2, tier=1}, "fd00::10", "fe80::11%lan0"]
routes = ["default", "default6", "2000::/3"]
from = ["10.1.0.0/16", "fd00:5::/64"]
exclude = ["1.0.0.0/8", "2001:db8::/32"]
in = ["eth0"]
mark = 0xff
[[ddns]]
provider = "dynudns"
hostname = "gw.example.com"
password-file = "key"
`;

export const files = [read("pools.toml"), read("wrong.toml"), FORMS, FORMS.replaceAll("\n", "\r\n")];

/** Values of all kinds, few of which a key takes. */
const ODD = ["{ }", "{ a = [] }", "[{ }]", "[[]]", "[1]", "1979-05-27", "nan", "-1", "true", '""', '"-"'];

/** Files of which a few values have been replaced by others of any kind. */
const withOddValues = fc
  .tuple(
    fc.constantFrom(...files),
    fc.array(fc.tuple(fc.nat(), fc.constantFrom(...ODD)), { minLength: 1, maxLength: 4 }),
  )
  .map(([text, odd]) => {
    const lines = text.split("\n");
    const pairs = [...lines.keys()].filter((index) => /^[\w."'-]+\s*=/.test(lines[index]!));
    for (const [at, value] of odd) {
      const index = pairs[at % pairs.length]!;
      lines[index] = lines[index]!.replace(/=.*/, `= ${value}`);
    }
    return lines.join("\n");
  });

/** Files that are mostly a few changes away from one with everything. */
export const likeFile = fc.oneof(
  { weight: 7, arbitrary: mutated(fc.constantFrom(...files), 6) },
  { weight: 2, arbitrary: withOddValues },
  { weight: 1, arbitrary: anyText },
);
