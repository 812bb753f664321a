import type { Difference } from "../config/difference.ts";
import type { Report } from "../status/schema.ts";

/** The outcome of a reload, as the service answers the command. */
export type ReloadAnswer =
  /** The file has problems, or cannot be brought about: nothing was changed. */
  | { readonly taken: false; readonly problems: readonly string[] }
  | {
      readonly taken: true;
      readonly warnings: readonly string[];
      /** Gateways have their names in it, or else their addresses. */
      readonly difference: Difference;
      /** Pools of the new configuration that the kernel does not hold yet; `pool` is null for the one without a name. */
      readonly open: readonly { readonly pool: string | null; readonly kernel: Report }[];
      /** Pools that the configuration no longer has, and that are still to be removed from the kernel. */
      readonly remaining: readonly (string | null)[];
    };
