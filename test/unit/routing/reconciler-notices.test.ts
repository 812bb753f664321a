import { describe, expect, test } from "bun:test";

import { reread, setUpSettled } from "./reconciler.fixture.ts";

describe("an interface that cannot be read", () => {
  test("is reported once while it stays so, and again when it returns", async () => {
    const setup = await setUpSettled();
    const reported = () => setup.events.flatMap((event) => (event.type === "link-skipped" ? event.link.name : []));
    setup.kernel.skipped = [{ name: "v1", unreadable: "expected JSON" }];
    await reread(setup);
    await reread(setup);
    expect(reported()).toEqual(["v1"]);
    setup.kernel.skipped = [];
    await reread(setup);
    setup.kernel.skipped = [{ name: "v1", unreadable: "expected JSON" }, { name: "v2" }];
    await reread(setup);
    expect(reported()).toEqual(["v1", "v1", "v2"]);
  });

  test("changes nothing in the kernel", async () => {
    const setup = await setUpSettled();
    const commands = setup.kernel.commands.length;
    setup.kernel.skipped = [{ name: "v1" }];
    await reread(setup);
    expect(setup.kernel.commands).toHaveLength(commands);
  });
});
