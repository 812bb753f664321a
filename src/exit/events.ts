import type { LookUpFailureCode, LookUpResult } from "../ddns/look-up-result.ts";

/**
 * This router's own public address, or why it is not known: `no-exit` where it reaches the internet through gateways or not
 * at all.
 */
export type OwnExit =
  | { readonly kind: "success"; readonly address: string }
  | { readonly kind: "failure"; readonly code: LookUpFailureCode | "no-exit"; readonly detail: string };

/** What is found out about the addresses with which packets come out beyond the gateways (-exit-check). */
export type ExitEvent =
  /** A question through a gateway has ended. */
  | { readonly type: "exit"; readonly gateway: string; readonly result: LookUpResult }
  /** The question for this router's own public address has ended, that of IPv4 by default. */
  | { readonly type: "own-exit"; readonly family?: 6; readonly result: OwnExit }
  /** Packets come out with another address than before; `from` is undefined at the first one. */
  | {
      readonly type: "exit-changed";
      readonly gateway: string;
      readonly from: string | undefined;
      readonly to: string;
    }
  /** The exit address of a gateway is this router's own from now on, or is not any more. */
  | { readonly type: "gateway-leaks"; readonly gateway: string; readonly address: string; readonly leaking: boolean }
  /** These gateways have the same exit address from now on; none where it is not shared any more. */
  | { readonly type: "exit-shared"; readonly address: string; readonly gateways: readonly string[] };

export type EmitExit = (event: ExitEvent) => void;
