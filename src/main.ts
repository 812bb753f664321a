import { reexecute } from "./reexecute.ts";

// A reader of our output that goes away (EPIPE) must not end the service.
process.stdout.on("error", () => {});
process.stderr.on("error", () => {});

reexecute();
const { runCli } = await import("./cli.ts");
process.exitCode = await runCli(process.argv.slice(2));
