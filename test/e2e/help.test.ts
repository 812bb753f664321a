/** The documentation in the executable: each topic, command and flag, and the pager on a terminal. */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { COMMANDS } from "../../src/cli/commands/commands.ts";
import { helpFor, helpOfCommand } from "../../src/cli/help/help.ts";
import { pages } from "../../src/guide/guide.ts";
import { EXECUTABLE } from "./lab/index.ts";

setDefaultTimeout(30_000);

function run(...words: string[]) {
  const { exitCode, stdout, stderr } = Bun.spawnSync([EXECUTABLE, ...words], { env: { PATH: process.env["PATH"]! } });
  return { status: exitCode, output: stdout.toString(), complaint: stderr.toString() };
}

/** What the sources say for a word where standard output is no terminal. */
function expected(word?: string): string {
  const found = helpFor(word, COMMANDS, { width: Infinity, colour: false });
  return found.ok ? found.text : "";
}

test("help lists the topics", () => {
  expect(run("help")).toEqual({ status: 0, output: expected(), complaint: "" });
});

describe.each([
  ["topic", pages.map(({ topic }) => topic)],
  ["command", COMMANDS.map(({ name }) => name)],
  // What each flag's page says is tested without the executable; one has a page of the service, one of a command.
  ["kind of flag", ["-gateway", "-watch"]],
])("each %s is compiled in:", (_, words) => {
  test.each(words)("help %s", (word) => {
    expect(run("help", word)).toEqual({ status: 0, output: expected(word), complaint: "" });
  });
});

test.each([
  [["help", "stauts"], 'help "stauts": no topic, command or flag has this name; did you mean help status?'],
  [["help", "-check-peroid"], "did you mean help -check-period?"],
  [["help", "frobnicate"], "help alone lists all topics"],
  [["help", "ddns", "hooks"], 'unexpected argument "hooks"'],
  [["stauts", "-json"], 'unknown command "stauts": did you mean status?'],
])("%p is wrong usage, with a remedy", (words, remedy) => {
  const { status, output, complaint } = run(...words);
  expect({ status, output }).toEqual({ status: 2, output: "" });
  expect(complaint.trim().split("\n")).toEqual([expect.stringContaining(remedy)]);
});

test("help is shown whatever the environment sets", () => {
  const env = { PATH: process.env["PATH"]!, GRM_PORT: "nonsense", GRM_NONSENSE: "1" };
  const { exitCode, stderr } = Bun.spawnSync([EXECUTABLE, "help", "ddns"], { env });
  expect([exitCode, stderr.toString()]).toEqual([0, ""]);
});

const withoutFlag = COMMANDS.filter(({ takesFlag }) => !takesFlag);

test.each(withoutFlag.map((command) => [command.name, command] as const))(
  "%s -help shows it alone",
  (name, command) => {
    const output = helpOfCommand(command, { width: Infinity, colour: false });
    expect(run(name, "-help")).toEqual({ status: 0, output, complaint: "" });
  },
);

test("version prints what -version does", () => {
  expect(run("version")).toEqual({ ...run("-version"), output: expect.stringMatching(/^gateway-route-manager \d/) });
});

test("serve starts the service: without gateways, it says what is missing", () => {
  expect(run("serve")).toEqual(run());
});

test("-help points to the topics", () => {
  const { status, output } = run("-help");
  expect(status).toBe(0);
  expect(output).toContain("gateway-route-manager help TOPIC");
});

describe("on a terminal", () => {
  const folder = mkdtempSync(join(tmpdir(), "grm-help-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** A folder for $PATH with these scripts in it, and what they need. */
  function programs(name: string, scripts: Record<string, string>): string {
    const path = join(folder, name);
    mkdirSync(path);
    for (const tool of ["sh", "stty", "cat", "head"]) symlinkSync(Bun.which(tool)!, join(path, tool));
    for (const [program, text] of Object.entries(scripts)) {
      writeFileSync(join(path, program), `#!/bin/sh\n${text}\n`);
      chmodSync(join(path, program), 0o755);
    }
    return path;
  }

  /** Runs help for a word on a terminal of 80 columns and 20 rows; `read` is what a pager wrote into a file. */
  function show(word: string, env: Record<string, string>) {
    const file = join(folder, "read");
    writeFileSync(file, "");
    const shell = `stty cols 80 rows 20; exec ${EXECUTABLE} help ${word}`;
    const { exitCode, stdout } = Bun.spawnSync([Bun.which("script")!, "-qec", shell, "/dev/null"], {
      env: { PATH: programs(crypto.randomUUID(), {}), SHELL: "/bin/sh", TERM: "xterm", READ: file, ...env },
    });
    return { status: exitCode, screen: stdout.toString().replaceAll("\r\n", "\n"), read: readFileSync(file, "utf8") };
  }

  const found = helpFor("ddns", COMMANDS, { width: 80, colour: true });
  const page = found.ok ? found.text : "";

  test("a page that is longer than the screen goes through $PAGER, with colours", () => {
    expect(show("ddns", { PAGER: 'cat >"$READ"' })).toEqual({ status: 0, screen: "", read: page });
  });

  test("less with -R, else more, is the pager where $PAGER is not set", () => {
    const both = programs("both", { less: 'echo "less $*" >"$READ"; cat >>"$READ"', more: "exit 1" });
    expect(show("ddns", { PATH: both })).toMatchObject({ status: 0, read: `less -R\n${page}` });
    const more = programs("more", { more: 'echo "more $*" >"$READ"; cat >>"$READ"' });
    expect(show("ddns", { PATH: more })).toMatchObject({ status: 0, read: `more \n${page}` });
  });

  test("the less of BusyBox gets no option and no colours, since it may know neither", () => {
    const path = programs("busybox", { busybox: 'echo "less $*" >"$READ"; cat >>"$READ"' });
    symlinkSync(join(path, "busybox"), join(path, "less"));
    expect(show("ddns", { PATH: path })).toMatchObject({ status: 0, read: `less \n${Bun.stripANSI(page)}` });
  });

  test("a pager that is quit early is no failure", () => {
    const { status, screen } = show("ddns", { PAGER: "head -n 1" });
    expect([status, Bun.stripANSI(screen)]).toEqual([0, `${Bun.stripANSI(page).split("\n")[0]}\n`]);
  });

  test.each([
    ["no pager at all", {}],
    ["an empty $PAGER", { PAGER: "" }],
    ["a $PAGER that fails", { PAGER: "exit 1" }],
    ["a $PAGER that does not exist", { PAGER: "no-such-pager 2>/dev/null" }],
  ])("with %s the page is printed", (_, env) => {
    expect(show("ddns", env)).toMatchObject({ status: 0, screen: page });
  });

  test("a page that fits on the screen is printed", () => {
    const { screen, read } = show("-port", { PAGER: 'cat >"$READ"' });
    expect(screen).toContain("GRM_PORT");
    expect(read).toBe("");
  });

  test.each([
    ["NO_COLOR", { NO_COLOR: "1" }],
    ["TERM=dumb, where there is no pager either", { TERM: "dumb", PAGER: "exit 1" }],
  ])("there are no colours with %s", (_, env) => {
    expect(show("ddns", env)).toMatchObject({ status: 0, screen: Bun.stripANSI(page) });
  });
});
