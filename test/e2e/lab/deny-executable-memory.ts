/** Runs a program that may not make memory executable, as a systemd unit with MemoryDenyWriteExecute does. */
import { dlopen } from "bun:ffi";

const PR_SET_MDWE = 65;
const PR_MDWE_REFUSE_EXEC_GAIN = 1;

const { symbols } = dlopen("libc.so.6", { prctl: { args: ["int", "u64", "u64", "u64", "u64"], returns: "int" } });
if (symbols.prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0) !== 0) throw new Error("prctl failed");
const [program, ...words] = process.argv.slice(2);
process.execve!(program!, [program!, ...words], process.env as Record<string, string>);
