import type { Clock } from "../picture/clock.ts";
import { steadyNow } from "./schedule.ts";

/** This machine's clocks. */
export const machineClock: Clock = {
  steady: steadyNow,
  wall: Date.now,
  format: (wall) => new Date(wall).toISOString(),
};
