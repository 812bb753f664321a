/** How a notification is delivered: by a command, or by a request to a web service. */
export type Channel = "command" | "webhook";

/**
 * Why a notification is not delivered.
 *
 * - `superseded`: a newer one about the same event and gateway was waiting
 * - `full`: the queue was full
 * - `given_up`: too many attempts have failed, or another one cannot succeed
 * - `stopped`: the service stops
 */
export type DropReason = "superseded" | "full" | "given_up" | "stopped";

/** What happens to notifications. */
export type HookEvent =
  /** An attempt to deliver one has ended. `problem` is why it failed. */
  | { readonly type: "hook-run"; readonly channel: Channel; readonly problem: string | undefined }
  | { readonly type: "hook-dropped"; readonly channel: Channel; readonly reason: DropReason; readonly count: number };

export type EmitHook = (event: HookEvent) => void;
