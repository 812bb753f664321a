import { expect, test } from "bun:test";

import { lines } from "./service-log.fixture.ts";

const PLACE = { prober: "icmp 1.1.1.1, 9.9.9.9", target: "9.9.9.9" };

test("a target at fault is one warning, and its return one info line", () => {
  const detail = "timeout after 2s";
  expect(lines({ type: "target-fault", ...PLACE, code: "timeout", detail }, { type: "target-back", ...PLACE })).toEqual(
    [
      {
        level: "warn",
        message:
          "icmp 1.1.1.1, 9.9.9.9: target 9.9.9.9 is at fault itself: it fails through every gateway (timeout after 2s), while other targets answer; not counted until it answers again",
        fields: { ...PLACE, reason: "timeout" },
      },
      {
        level: "info",
        message: "icmp 1.1.1.1, 9.9.9.9: target 9.9.9.9 answers again and is counted",
        fields: PLACE,
      },
    ],
  );
});

test("the debug line of a probe has its prober as a field", () => {
  const result = { kind: "success", seconds: 0.003, detail: "status 200" } as const;
  const [line] = lines({ type: "probe", gateway: "10.0.0.1", prober: "http", result, failures: 0 });
  expect(line).toMatchObject({ level: "debug", fields: { gateway: "10.0.0.1", prober: "http" } });
});
