/** How the released version places cells: all gateways have slots of one size. */
import type { NextHop } from "../../../src/routing/types.ts";

/** The nexthops after each of these sets of usable gateways, one after the other. */
export function releasedRoutes(count: number, steps: readonly ReadonlySet<number>[]): NextHop[][] {
  let owners: number[] | undefined;
  return steps.map((usable) => toNextHops((owners = place(count, owners, usable))));
}

function place(count: number, previous: readonly number[] | undefined, usable: ReadonlySet<number>): number[] {
  const size = Math.max(1, Math.min(12, Math.floor(160 / count)));
  const owners = Array.from({ length: count * size }, (_, cell) => {
    const home = Math.floor(cell / size);
    return [home, previous?.[cell] ?? -1].find((gateway) => usable.has(gateway)) ?? -1;
  });
  const loads = new Map([...usable].map((gateway) => [gateway, owners.filter((owner) => owner === gateway).length]));
  for (let home = 0; home < count; home++) {
    const orphans = owners.flatMap((owner, cell) => (owner < 0 && Math.floor(cell / size) === home ? cell : []));
    const heirs = orphans.map(() => {
      const order = (gateway: number): number => loads.get(gateway)! * count + ((gateway - home + count) % count);
      const heir = [...usable].reduce((one, other) => (order(other) < order(one) ? other : one));
      loads.set(heir, loads.get(heir)! + 1);
      return heir;
    });
    heirs.sort((one, other) => one - other);
    orphans.forEach((cell, index) => (owners[cell] = heirs[index]!));
  }
  return owners;
}

function toNextHops(owners: readonly number[]): NextHop[] {
  const runs: { owner: number; weight: number }[] = [];
  for (const owner of owners) {
    if (runs.at(-1)?.owner === owner) runs.at(-1)!.weight++;
    else runs.push({ owner, weight: 1 });
  }
  const divisor = runs.reduce((common, { weight }) => gcd(common, weight), 0);
  return runs.map(({ owner, weight }) => ({ gateway: `10.0.0.${owner}`, weight: weight / divisor }));
}

function gcd(one: number, other: number): number {
  return other === 0 ? one : gcd(other, one % other);
}
