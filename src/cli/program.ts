/** The name of the program, for messages. */
export const NAME = "gateway-route-manager";

/** Exit statuses of every command. */
export const EXIT = { done: 0, failed: 1, usage: 2 } as const;

/** An exit status with its meaning. */
export type ExitStatus = readonly [status: number, meaning: string];

/** Their meanings, for every command that has no other under the same number. */
export const STATUSES: readonly ExitStatus[] = [
  [EXIT.done, "success; the service: it was stopped and has left nothing behind"],
  [EXIT.failed, "failure; the message on standard error says why and what to do"],
  [
    EXIT.usage,
    "wrong usage: the command line or the configuration file has problems; standard error lists all of them",
  ],
];

/** All exit statuses of a command in ascending order. */
export function statusesOf({ statuses = [] }: { readonly statuses?: readonly ExitStatus[] }): readonly ExitStatus[] {
  return [...new Map([...STATUSES, ...statuses]).entries()].sort(([a], [b]) => a - b);
}
