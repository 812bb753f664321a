import { rejectClosedStdout } from "./closed-stdout.ts";
import { reexecute } from "./reexecute.ts";

process.stderr.on("error", () => {}); // a reader that goes away (EPIPE) must not end the service

rejectClosedStdout();
reexecute(); // before anything else is loaded, since all of it would be loaded twice

const { runCli } = await import("./cli.ts");
const { endProcess } = await import("./service/lifecycle.ts");
await endProcess(await runCli(process.argv.slice(2)));
