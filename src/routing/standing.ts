import type { Family } from "../net/address.ts";
import type { Entry } from "./entry.ts";
import type { KernelError } from "./types.ts";

/** That of a pool: where it routes both families, with the one that is why not all is right. */
export type PoolStanding = Standing & { readonly family?: Family };

/** Whether the kernel was last seen to hold what it should, and else why not. */
export type Standing =
  | { readonly ok: true }
  /** The first round of probes is not over. */
  | { readonly ok: false; readonly code: "starting" }
  /** Places of ours hold entries of other programs. */
  | { readonly ok: false; readonly code: "conflict"; readonly entries: readonly Entry[] }
  /** Another program keeps undoing our entries, and the next repair waits. */
  | { readonly ok: false; readonly code: "fight" }
  /** The kernel could not be read or changed. */
  | { readonly ok: false; readonly code: "trouble"; readonly error: KernelError };
