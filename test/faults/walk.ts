/** A random walk over faults that overlap. Soon after each burst of faults, rules and routes must be exact. */
import { addressOf, answering, gatewaysOf, type Lab, refusing } from "../e2e/lab/index.ts";
import type { Flags } from "../e2e/lab/executable.ts";
import { changeableIp, type Disturbance, DISTURBANCES, type Ground } from "./disturbances.ts";
import { Random } from "./random.ts";
import { CALM, type Scene } from "./scene.ts";

/** Time limit after a burst, in ms: repairs are delayed by up to a minute while another program undoes them. */
const TIMEOUT_MS = 90_000;

/** Settings of the service, of which the seed selects one. */
const VARIANTS: readonly Flags[] = [
  {},
  { "flap-hold": "200ms" },
  { rise: 2, fall: 3 },
  { "min-healthy": 1 },
  { "when-no-gateways": "unreachable" },
];

export interface WalkOptions {
  readonly seed: number;
  readonly milliseconds: number;
  /** Called with a description of each burst. */
  readonly log: (line: string) => void;
}

export interface Walked {
  readonly bursts: number;
  readonly faults: number;
  /** The longest time from the end of a burst until rules and routes were exact, in seconds. */
  readonly slowest: number;
}

/** Walks; throws where rules and routes are not exact within the time limit after a burst. */
export async function walk(scene: Scene, { seed, milliseconds, log }: WalkOptions): Promise<Walked> {
  const { lab } = scene;
  const random = new Random(seed);
  const flags = { ...CALM, "check-period": "300ms", timeout: "300ms", ...random.pick(VARIANTS) };
  const { env, setIp } = changeableIp(lab);
  const history: string[] = [];
  lab.explain(`random walk with seed ${seed}`, () => history.join("\n"));
  await scene.settle(flags, { env });
  const rest = await unmanaged(lab);
  const restart = (): void => void scene.follow(lab.start(flags, { env }));
  const ground = { scene, lab, setIp, restart };
  let [bursts, faults, slowest] = [0, 0, 0];
  for (const end = performance.now() + milliseconds; performance.now() < end; bursts++) {
    const chosen = choose(random);
    const healthy = chooseHealthy(random, lab.gateways.length, flags);
    faults += chosen.length;
    const line = `${chosen.map(({ name }) => name).join(" + ")}; then ${healthy.length} gateways are healthy`;
    history.push(line);
    log(line);
    // Each has a generator of its own, so that the order of their steps does not matter for a seed.
    await Promise.all(chosen.map((it) => disturb(it, { ...ground, random: new Random(random.next() * 2 ** 32) })));
    lab.gateways.forEach((gateway, index) => {
      gateway.becomes(healthy.includes(index + 1) ? answering(200) : refusing);
    });
    const start = performance.now();
    await untilExact(ground, healthy, rest);
    slowest = Math.max(slowest, (performance.now() - start) / 1000);
  }
  lab.gateways.forEach((gateway) => gateway.becomes(answering(200)));
  await scene.rest();
  return { bursts, faults, slowest };
}

/** Up to five disturbances, one of each group. */
function choose(random: Random): Disturbance[] {
  const chosen = Array.from({ length: random.between(1, 5) }, () => random.pick(DISTURBANCES));
  return [...new Map(chosen.map((disturbance) => [disturbance.group, disturbance])).values()];
}

function chooseHealthy(random: Random, gateways: number, flags: Flags): number[] {
  const healthy = Array.from({ length: gateways }, (_, index) => index + 1).filter(() => random.chance(0.7));
  return healthy.length === 0 && flags["min-healthy"] ? [1] : healthy;
}

async function disturb({ name, begin }: Disturbance, ground: Ground): Promise<void> {
  const [before, during] = [ground.random.between(0, 1000), ground.random.between(100, 2000)];
  await Bun.sleep(before); // random times are a part of the walk
  const end = await begin(ground).catch(() => {}); // its target does not exist at the moment
  await Bun.sleep(during);
  try {
    await end?.();
  } catch (error) {
    throw new Error(`${name} could not be ended`, { cause: error });
  }
}

/** Waits until the route has exactly these gateways, and everything else is as at rest, and stays so. */
async function untilExact(
  { scene, lab, restart }: Omit<Ground, "random">,
  healthy: readonly number[],
  rest: string,
): Promise<void> {
  const wanted = `${healthy.map(addressOf)}\n${rest}`;
  const read = async (): Promise<string> => {
    if (!scene.daemon.isRunning) restart(); // a start fails while `ip` does not work
    return `${gatewaysOf(await lab.managedRoute())}\n${await unmanaged(lab)}`;
  };
  do {
    await lab.until(`the route with ${wanted}`, read, (seen) => seen === wanted, TIMEOUT_MS);
    await scene.daemon.untilReady();
    await Bun.sleep(200); // ms in which nothing may change
  } while ((await read()) !== wanted);
}

/** Rules and routes without the one route that depends on the health of the gateways. */
async function unmanaged(lab: Lab): Promise<string> {
  const lines = (await lab.snapshot()).split("\n");
  return lines
    .filter((line) => !/^unicast default .*table 180 proto 173 |^ nexthop/.test(line))
    .toSorted()
    .join("\n");
}
