/** The completions in the real shells: what each offers for a line that has been begun. */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { COMMANDS } from "../../src/cli/commands/commands.ts";
import { optionList } from "../../src/config/options.ts";
import { TOPICS } from "../../src/guide/topics.ts";
import { EXECUTABLE } from "./lab/index.ts";
import { until } from "./lab/wait.ts";

setDefaultTimeout(60_000);

const NAME = "gateway-route-manager";
const SHELLS = ["bash", "zsh", "fish"] as const;
type Shell = (typeof SHELLS)[number];

const folder = mkdtempSync(join(tmpdir(), "grm-completion-"));
afterAll(() => rmSync(folder, { recursive: true }));
/** A file that a shell would offer where it completes files. */
writeFileSync(join(folder, "some-file"), "");
/** A configuration file with the gateways sweden, norway and lte, and the pools vpn and rest. */
copyFileSync(join(import.meta.dir, "../unit/config/file/pools.toml"), join(folder, "pools.toml"));
/** A program that lists the gateways of services, where the real one has none to ask; what is configured, that one prints. */
const fake = `#!/bin/sh
case "$*" in
  "drain -list") [ -z "$GRM_CONFIG" ] && printf '10.0.0.1\\nsweden\\n' ;;
  "undrain -list") [ -z "$GRM_CONFIG" ] && echo norway ;;
  "drain -list -first-routing-table-id 200" | "drain -list --first-routing-table-id 200") echo lte ;;
  *-list*) exit 4 ;;
  *) exec ${EXECUTABLE} "$@" ;;
esac
`;
writeFileSync(join(folder, NAME), fake, { mode: 0o755 });
const PATH = `${folder}:${process.env["PATH"]!}`;

function print(shell: Shell): string {
  const { stdout, exitCode } = Bun.spawnSync([EXECUTABLE, "completion", shell]);
  expect(exitCode).toBe(0);
  const path = join(folder, `completion.${shell}`);
  writeFileSync(path, stdout);
  return path;
}

/** What an interactive shell needs to write what it would offer into a file, and then `END`. */
const SETUPS = {
  bash: (script: string, answer: string) => `
    source ${script}
    tell() { _gateway_route_manager "$@"; printf '%s\\n' "\${COMPREPLY[@]}" END >${answer}; }
    complete -F tell ${NAME}`,
  zsh: (script: string, answer: string) => `
    autoload -U compinit && compinit -u -d ${folder}/dump
    source ${script}
    compadd() {
      if [[ \${@[1,(i)(-|--)]} == *-(O|A|D)\\ * ]]; then builtin compadd "$@"; return; fi
      local -a offered
      builtin compadd -A offered "$@"
      print -rl -- $offered >>${answer}
      builtin compadd "$@"
    }
    tell() { : >${answer}; zle complete-word; print END >>${answer} }
    zle -N tell
    bindkey '^I' tell`,
} as const;

type Environment = Readonly<Record<string, string>>;

/**
 * Types a line and the tabulator key into an interactive shell, and waits for what it offers.
 *
 * @param line with a vertical bar where the cursor is, unless it is at the end
 */
async function typeInto(shell: "bash" | "zsh", line: string, env: Environment = {}): Promise<string[]> {
  const answer = join(folder, `answer.${shell}`);
  const setup = join(folder, `setup.${shell}`);
  writeFileSync(setup, `${SETUPS[shell](print(shell), answer)}\nPS1='' PROMPT=''\n: >${answer}.ready\n`);
  rmSync(answer, { force: true });
  rmSync(`${answer}.ready`, { force: true });
  const start = { bash: "bash --norc --noprofile -i", zsh: "zsh -f -i" }[shell];
  const child = Bun.spawn(["script", "--quiet", "--return", "--command", start, "/dev/null"], {
    cwd: folder,
    env: { PATH, TERM: "xterm", HOME: folder, ...env },
    stdin: "pipe",
    stdout: "ignore",
    stderr: "ignore",
  });
  try {
    child.stdin.write(` source ${setup}\n`);
    await until(`${shell} to be ready`, () => Bun.file(`${answer}.ready`).exists(), Boolean);
    const [before, after = ""] = line.split("|");
    const BACK = "\x02"; // Ctrl-B
    child.stdin.write(`${before}${after}${BACK.repeat(after.length)}\t`);
    const read = (): string => readFileSync(answer, "utf8");
    const text = await until(`what ${shell} offers`, read, (now) => now.endsWith("END\n"));
    return text.split("\n").filter((word) => word !== "" && word !== "END");
  } finally {
    child.kill("SIGKILL");
    await child.exited;
  }
}

/** What fish would offer, by its own command for that. */
function askFish(line: string, env: Environment = {}): string[] {
  const command = `source ${print("fish")}; complete -C '${line}'`;
  const { stdout, stderr } = Bun.spawnSync(["fish", "--no-config", "-c", command], {
    cwd: folder,
    env: { PATH, HOME: folder, ...env },
  });
  expect(stderr.toString()).toBe("");
  return stdout
    .toString()
    .split("\n")
    .flatMap((one) => one.split("\t")[0] || []);
}

async function offered(shell: Shell, line: string, env: Environment = {}): Promise<string[]> {
  const words = shell === "fish" ? askFish(`${NAME} ${line}`, env) : await typeInto(shell, `${NAME} ${line}`, env);
  // What stands before the equals sign is typed already: fish repeats it, the others do not. It also offers flags with one.
  const bare = words.map((word) => word.replace(/=$/, "").replace(/^--?[\w-]+=/, ""));
  return [...new Set(bare)].sort();
}

const commands = COMMANDS.map(({ name }) => name).sort();
const service = [...optionList.map(({ flag }) => flag), "help", "version"];
const dashed = (dashes: string, ...flags: string[]): string[] => flags.map((flag) => `${dashes}${flag}`).sort();
const starting = (text: string): string[] => service.filter((flag) => flag.startsWith(text));

const cases: [what: string, line: string, expected: string[]][] = [
  ["commands", "", commands],
  ["one command", "exp", ["explain"]],
  ["a service manager", "service ", ["openrc", "openwrt", "systemd"]],
  ["something to print", "print d", ["dashboard"]],
  ["a shell", "completion ", ["bash", "fish", "zsh"]],
  ["topics and commands to explain", "help ", [...new Set([...TOPICS.map(([topic]) => topic), ...commands])]],
  ["one topic", "help kill", ["kill-switch"]],
  ["flags to explain", "help -log", dashed("-", ...starting("log"))],
  ["flags with one dash", "-d", dashed("-", ...starting("d"))],
  ["flags with two dashes", "--d", dashed("--", ...starting("d"))],
  ["flags after a command", "check -log-", dashed("-", ...starting("log-"))],
  ["flags after a subject", "print alerts --time", ["--timeout"]],
  ["a command's own flags too", "explain 8.8.8.8 --s", dashed("--", ...starting("s"), "sport")],
  ["values after a space", "-log-level ", ["debug", "error", "info", "warn"]],
  ["values after an equals sign", "-log-format=", ["auto", "json", "logfmt", "text"]],
  ["values with two dashes", "status --log-level=w", ["warn"]],
  ["values of a command's own flag", "explain 8.8.8.8 -protocol ", ["icmp", "tcp", "udp"]],
  ["gateways to drain", "drain ", ["10.0.0.1", "sweden"]],
  ["one gateway", "drain s", ["sweden"]],
  ["drained gateways", "undrain ", ["norway"]],
  ["flags after a gateway", "drain sweden --fo", ["--force"]],
  ["booleans after an equals sign", "-status-page=", ["false", "true"]],
  ["flags after a boolean, which takes no word", "-status-page --log-l", ["--log-level"]],
  ["no file for a value that only you know", "-start-ip ", []],
  ["files after a space", "check -config some-", ["some-file"]],
  ["files after an equals sign", "-config=some-", ["some-file"]],
  ["no file for anything else", "check so", []],
];

describe.each(SHELLS.map((shell) => [shell]))("%s", (shell) => {
  test.each(cases)("offers %s: %s", async (_, line, expected) => {
    expect(await offered(shell as Shell, line)).toEqual([...expected].sort());
  });

  test.each(["drain ", "undrain "])(
    "offers the gateways of the configuration after %s, when no service answers",
    async (line) => {
      const env = { GRM_CONFIG: join(folder, "pools.toml") };
      expect(await offered(shell as Shell, line, env)).toEqual(["lte", "norway", "sweden"]);
    },
  );

  test("offers every flag", async () => {
    const some = await offered(shell as Shell, "plan -");
    expect(some.filter((flag) => !flag.startsWith("--"))).toEqual(dashed("-", ...service, "pool", "json")); // fish offers both
  });
});

/** For fish, a line ends where its command for tests completes it. */
describe.each(["bash", "zsh"] as const)("%s", (shell) => {
  test.each([
    ["the service that the line is for", "drain | -first-routing-table-id 200", ["lte"]],
    ["the same with two dashes", "drain | --first-routing-table-id 200", ["lte"]],
    ["the file of the line", "drain | -config pools.toml", ["lte", "norway", "sweden"]],
    ["the file after an equals sign", "drain s| -config=pools.toml", ["sweden"]],
    ["a file in the home folder", "undrain | -log-level info --config ~/pools.toml", ["lte", "norway", "sweden"]],
    ["a file that is not there", "drain | -config other.toml -json", []],
  ])("offers the gateways of %s", async (_, line, expected) => {
    expect((await offered(shell, line)).filter((word) => !word.startsWith("-"))).toEqual(expected);
  });
});

test("zsh finds the completions in a folder of $fpath as well", async () => {
  const source = readFileSync(print("zsh"));
  writeFileSync(join(folder, "_gateway-route-manager"), source);
  const script = `fpath=(${folder} $fpath); autoload -U compinit && compinit -u -d ${folder}/dump2; print $_comps[${NAME}]`;
  const { stdout } = Bun.spawnSync(["zsh", "-f", "-c", script]);
  expect(stdout.toString().trim()).toBe("_gateway-route-manager");
});

test("an unknown shell is answered with those that are known", () => {
  const { stderr, exitCode } = Bun.spawnSync([EXECUTABLE, "completion", "tcsh"]);
  expect(exitCode).toBe(2);
  expect(stderr.toString()).toContain('completion "tcsh": expected bash, zsh or fish');
});
