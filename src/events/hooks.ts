/** The two ways a notification goes out. */
export type Way = "command" | "webhook";

/**
 * Why a notification is not delivered.
 *
 * - `superseded`: a newer one about the same waits
 * - `full`: too many wait
 * - `given up`: it was tried often enough, or there is no use in trying again
 * - `stopped`: the service ends
 */
export type DropReason = "superseded" | "full" | "given up" | "stopped";

/** What the hooks tell of themselves. */
export type HookEvent =
  /** A try has ended. `problem` tells why it failed. */
  | { readonly type: "hook-run"; readonly way: Way; readonly problem: string | undefined }
  | { readonly type: "hook-dropped"; readonly way: Way; readonly reason: DropReason; readonly count: number };

export type EmitHook = (event: HookEvent) => void;
