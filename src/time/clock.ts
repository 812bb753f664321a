/** The two clocks of a machine, in milliseconds. */
export interface Clock {
  /** Never jumps; tells how long ago something was. */
  readonly steady: () => number;
  /** Since 1970, as far as the machine knows. */
  readonly wall: () => number;
  /** A time of the wall clock in the format of ISO 8601. */
  readonly format: (wall: number) => string;
}

/** Milliseconds of a clock that never jumps. */
export const steadyNow = (): number => performance.now();

/** The clocks of this machine. */
export const machineClock: Clock = {
  steady: steadyNow,
  wall: Date.now,
  format: (wall) => new Date(wall).toISOString(),
};
