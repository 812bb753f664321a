/** Texts of other programs and people in what `ip` prints: names of tables, descriptions and names of interfaces. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";

import { openLab, PREFERENCE } from "./lab/index.ts";
import { withNames } from "./lab/names.ts";

setDefaultTimeout(60_000);

/** The next reading without an event comes after 15 s. */
const AT_ONCE_MS = 5000;

describe("where rt_tables and rt_protos name the table and the protocol of the service", () => {
  test.each([
    `rule delete preference ${PREFERENCE}`,
    "route flush table 180",
    "route delete default table 180",
    "route delete throw 9.9.9.0/24 table 180",
  ])("entries are restored at once after: ip %s", async (command) => {
    const lab = await openLab();
    const before = await lab.snapshot();
    const daemon = lab.start({ "exclude-cidr": ["9.9.9.0/24"] }, { wrapper: withNames });
    await daemon.untilReady();
    const settled = await lab.snapshot();
    await Bun.sleep(500); // until `ip monitor` listens
    await lab.router.ip(...command.split(" "));
    const start = performance.now();
    await lab.until(
      "the kernel as it was",
      () => lab.snapshot(),
      (now) => now === settled,
    );
    expect(performance.now() - start).toBeLessThan(AT_ONCE_MS);
    expect((await daemon.stop()).status).toBe(0);
    expect(await lab.snapshot()).toBe(before);
  });
});
