/** The time from an event to the change in the kernel. Prints the figures; the bounds are far above usual values. */
import { expect, setDefaultTimeout, test } from "bun:test";
import {
  answering,
  type FakeGateway,
  hanging,
  inTurn,
  openLab,
  PREFERENCE,
  type RouteEvent,
  TABLE,
} from "./lab/index.ts";

setDefaultTimeout(60_000);

const TIMEOUT = 1_000;
const SAMPLES = 50;

test("a failed gateway leaves the route within a quarter of the timeout, also while another gateway hangs", async () => {
  const lab = await openLab({ gateways: 12, shared: true });
  const daemon = lab.start({ "check-period": `${TIMEOUT}ms`, timeout: `${TIMEOUT}ms`, "log-level": "info" });
  await daemon.untilReady();
  const monitor = await lab.monitor();
  // The first gateway stays healthy, the last one hangs, and those between alternately fail and recover.
  lab.gateways.at(-1)!.becomes(hanging);
  const flapping = lab.gateways.slice(1, -1);
  for (const gateway of flapping) gateway.becomes(inTurn(answering(500), answering(200)));

  const delays: number[] = [];
  const sample = async (gateway: FakeGateway): Promise<void> => {
    while (delays.length < SAMPLES) {
      const start = monitor.events.mark();
      const { answeredAt = 0 } = await gateway.nextAnswer(500);
      const without = (): RouteEvent | undefined =>
        monitor
          .changesSoFar("default", TABLE, start)
          .find(({ at, gateways }) => at >= answeredAt && !gateways.includes(gateway.address));
      const event = await lab.until(`the route without ${gateway.address}`, without, (it) => it !== undefined);
      delays.push(event!.at - answeredAt);
    }
  };
  await Promise.all(flapping.map(sample));

  expect(median("from the failed answer to the kernel's route", delays)).toBeLessThan(TIMEOUT / 4);
});

test("a rule, a route and an exclusion are restored within 2 s after another program deletes them", async () => {
  const lab = await openLab();
  const daemon = lab.start({ "exclude-cidr": ["9.9.9.0/24"], "log-level": "info" });
  await daemon.untilReady();
  const { events } = await lab.monitor();

  const delays: number[] = [];
  const lose = async (command: string, trace: RegExp): Promise<void> => {
    const start = events.mark();
    await lab.router.ip(...command.split(" "));
    const [lost, restored] = await lab.until(
      `${trace} twice`,
      () => events.matching(trace, start),
      (it) => it.length >= 2,
    );
    delays.push(restored!.at - lost!.at);
  };
  // So few of each that the service does not delay its repairs.
  for (let round = 0; round < 3; round += 1) {
    await lose(`rule delete preference ${PREFERENCE}`, /^\[RULE\]/);
    await lose("route delete default table 180", /^\[ROUTE\].*default table 180/);
    await lose("route delete throw 9.9.9.0/24 table 180", /^\[ROUTE\].*9\.9\.9\.0/);
  }
  expect(median("from the deletion of an entry to its repair", delays)).toBeLessThan(2_000);
});

test("routes that the kernel removed with an interface are restored within 2 s after it is up again", async () => {
  const lab = await openLab();
  const daemon = lab.start({ "check-period": "1s", timeout: "1s" });
  await daemon.untilReady();
  const monitor = await lab.monitor();

  const delays: number[] = [];
  for (let round = 0; round < 4; round += 1) {
    const start = monitor.events.mark();
    // From before it goes down: the kernel reports nothing in the end where its state is as before when it looks (linkwatch).
    const begun = performance.now();
    await lab.router.batch(["link set gw0 down", "link set gw0 up"]);
    await lab.untilRouted([1, 2, 3]);
    const back = (): RouteEvent | undefined => monitor.changesSoFar("default", TABLE, start).at(-1);
    const route = await lab.until("the route", back, (it) => it?.deleted === false);
    delays.push(route!.at - begun);
  }
  expect(median("from the loss of an interface to the return of its routes", delays)).toBeLessThan(2_000);
});

/** Prints the median, the 95 % quantile and the maximum of the delays in ms, and returns the median. */
function median(what: string, delays: number[]): number {
  const sorted = delays.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor((sorted.length - 1) * share)]!;
  const [half, most, all] = [0.5, 0.95, 1].map((share) => `${at(share).toFixed(1)} ms`);
  console.log(`${what}: median ${half}, 95 % within ${most}, worst ${all}`);
  return at(0.5);
}
