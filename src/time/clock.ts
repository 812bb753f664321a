import type { Clock } from "../status/timestamp.ts";
import { steadyNow } from "../pool/schedule.ts";

/** This machine's clocks. */
export const machineClock: Clock = {
  steady: steadyNow,
  wall: Date.now,
  format: (wall) => new Date(wall).toISOString(),
};
