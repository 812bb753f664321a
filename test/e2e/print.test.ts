/** What the program prints for other programs. test/prometheus has those programs. */
import { expect, test } from "bun:test";
import { join } from "node:path";

import { EXECUTABLE } from "./lab/index.ts";

function print(words: readonly string[], env: Record<string, string> = {}) {
  const { exitCode, stdout, stderr } = Bun.spawnSync([EXECUTABLE, "print", ...words], {
    env: { PATH: process.env["PATH"]!, ...env },
  });
  return { status: exitCode, output: stdout.toString(), complaint: stderr.toString() };
}

test("the manual passes mandoc's lint", () => {
  const { output, complaint } = print(["man"]);
  expect(complaint).toBe("");
  const { exitCode, stdout } = Bun.spawnSync(["mandoc", "-Tlint", "-Wwarning"], { stdin: Buffer.from(output) });
  expect(stdout.toString()).toBe("");
  expect(exitCode).toBe(0);
});

test("the manual reads well", () => {
  const { stdout } = Bun.spawnSync(["mandoc", "-Tascii", "-Owidth=100"], { stdin: Buffer.from(print(["man"]).output) });
  const text = stdout.toString().replaceAll(/.\x08/g, ""); // a letter over itself is bold
  expect(text).toMatch(/^ {5}gateway-route-manager -start-ip ADDRESS -end-ip ADDRESS \[flags\]$/m);
  expect(text).toMatch(
    /^ {5}-log-level debug\|info\|warn\|error\n {13}lowest level that is logged. {1,2}The default is info.\n {13}GRM_LOG_LEVEL$/m,
  );
  expect(text).toMatch(/^ {13}GRM_DDNS_PASSWORD, GRM_DDNS_PASSWORD_FILE, DDNS_PASSWORD, DDNS_PASSWORD_FILE$/m);
  expect(text).toMatch(/^ {11}gateway-route-manager -start-ip 192\.168\.1\.1 -end-ip 192\.168\.1\.5 \\$/m);
});

test.each([
  [[], "expected dashboard, alerts, scrape-config, man,"],
  [["grafana"], "expected dashboard, alerts, scrape-config, man,"],
  [["alerts", "-nonsense"], "usage: gateway-route-manager print DOCUMENT"],
])("%p is refused with what it could be", (words, remedy) => {
  const { status, output, complaint } = print(words);
  expect([status, output]).toEqual([2, ""]);
  expect(complaint).toContain(remedy);
});

test("a scrape configuration knows of a password without reading it, from a flag, a variable or a file", () => {
  const secret = "hunter2";
  const given: [string[], Record<string, string>][] = [
    [["-http-password", secret], {}],
    [[], { GRM_HTTP_PASSWORD: secret }],
    [[], { GRM_HTTP_PASSWORD_FILE: "/nobody/may/read/this" }],
  ];
  for (const [flags, env] of given) {
    const { status, output } = print(["scrape-config", ...flags], env);
    expect(status).toBe(0);
    expect(Bun.YAML.parse(output)).toMatchObject({
      scrape_configs: [{ basic_auth: { password_file: "gateway-route-manager.password" } }],
    });
    expect(output).not.toContain(secret);
  }
  expect(print(["scrape-config"]).output).not.toContain("password");
});

test.each(["dashboard", "alerts", "scrape-config", "config-schema", "man"])(
  "%s needs none of the service's secrets",
  (subject) => {
    const files = ["WEBHOOK_URL", "HTTP_PASSWORD", "DDNS_PASSWORD", "PUBLIC_IP_SERVICE_API_KEY"];
    const env = Object.fromEntries(files.map((name) => [`GRM_${name}_FILE`, "/nobody/may/read/this"]));
    expect(print([subject], env)).toMatchObject({ status: 0, complaint: "" });
  },
);

test("the names of gateways and pools are those of a file or of flags, without any secret read", () => {
  const file = join(import.meta.dir, "../unit/config/file/pools.toml");
  expect(print(["gateways", "-config", file]).output).toBe("sweden\nnorway\nlte\n");
  expect(print(["pools", "-config", file]).output).toBe("vpn\nrest\n");
  const flags = ["-start-ip", "10.0.0.1", "-end-ip", "10.0.0.2", "-gateway", "sweden=10.0.0.2"];
  expect(print(["gateways", ...flags])).toEqual({ status: 0, output: "10.0.0.1\nsweden\n", complaint: "" });
  expect(print(["gateways", ...flags], { GRM_HTTP_PASSWORD_FILE: "/nonexistent" }).status).toBe(0);
  expect(print(["pools", ...flags])).toEqual({ status: 0, output: "", complaint: "" });
  expect(print(["pools"])).toMatchObject({ status: 2, output: "" });
});
