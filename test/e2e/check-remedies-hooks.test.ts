/** Each remedy of the check command about -on-change and -webhook-url, carried out: with it, the finding is gone. */
import { setDefaultTimeout } from "bun:test";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

import { type Lab, openLab } from "./lab/index.ts";
import { AS_NOBODY, curesIn, expectInRemedy, paste, setting, type TopicCase } from "./lab/remedies.ts";
import { resolverWith } from "./lab/resolver.ts";

setDefaultTimeout(60_000);

type MachineCase = TopicCase<Lab>;

const describeCases = curesIn(() => openLab({ gateways: 2 }));

/** A file for -on-change that cannot be run until `mend` follows the remedy. */
const script = (text: string, mode: number, mend: (path: string, remedy: string, lab: Lab) => unknown): MachineCase => {
  let path: string;
  return {
    make(lab) {
      path = lab.file("notify", text);
      chmodSync(path, mode);
      return { flags: { "on-change": path } };
    },
    carryOut: async (remedy, lab) => void (await mend(path, remedy, lab)),
  };
};

describeCases("the program of -on-change can be run after the remedy:", "on-change", {
  "the right path": setting(
    () => ({ flags: { "on-change": "/nowhere/notify" } }),
    /^check -on-change: it begins with the path/,
    { flags: { "on-change": "/bin/true" } },
  ),
  "a folder that the user may enter": {
    make(lab) {
      const path = lab.file("notify", "#!/bin/sh\n");
      chmodSync(dirname(path), 0o700);
      return { flags: { "on-change": path }, options: { wrapper: AS_NOBODY } };
    },
    async carryOut(remedy, lab) {
      expectInRemedy(remedy, /let the service's user into every folder above it$/);
      await paste(lab.router, `chmod a+x /tmp/${lab.name}-*`);
    },
  },
  "the right to execute it": script("#!/bin/sh\n", 0o644, (_, remedy, lab) =>
    paste(lab.router, expectInRemedy(remedy, /^(chmod .*?),/)),
  ),
  "a file system that allows it": setting(
    () => {
      const mount = "mount -t tmpfs -o noexec none /mnt && printf '#!/bin/sh\\n' >/mnt/n && chmod +x /mnt/n";
      const wrapper = ["unshare", "--mount", "sh", "-c", `${mount} && exec "$0" "$@"`];
      return { flags: { "on-change": "/mnt/n" }, options: { wrapper } };
    },
    /mounted without noexec$/,
    { flags: { "on-change": "/bin/true" } },
  ),
  "a first line that names an interpreter": script("echo hello\n", 0o755, (path, remedy) => {
    writeFileSync(path, `${expectInRemedy(remedy, /such as (#!\S+)$/)}\n${readFileSync(path, "utf8")}`);
  }),
  "lines that end as on Linux": script("#!/bin/sh\r\necho hello\r\n", 0o755, (_, remedy, lab) =>
    paste(lab.router, expectInRemedy(remedy, /: (sed -i .*)$/)),
  ),
  "lines that end as on Linux, behind an argument": script("#!/bin/sh -e\r\n", 0o755, (_, remedy, lab) =>
    paste(lab.router, expectInRemedy(remedy, /: (sed -i .*)$/)),
  ),
  "another interpreter": script("#!/opt/none/zsh\n", 0o755, (path, remedy) => {
    expectInRemedy(remedy, /or name another one in the first line$/);
    writeFileSync(path, "#!/bin/sh\n");
  }),
  "the interpreter": {
    make(lab) {
      const folder = dirname(lab.file("notes", ""));
      return { flags: { "on-change": lab.file("notify", `#!${folder}/zsh\n`) } };
    },
    async carryOut(remedy, lab) {
      expectInRemedy(remedy, /^install that interpreter/);
      await paste(
        lab.router,
        `cd /tmp/${lab.name}-*/ && cd "$(dirname "$(ls /tmp/${lab.name}-*/notes)")" && ln -s /bin/sh zsh`,
      );
    },
  },
});

describeCases("the host of the webhook resolves after the remedy:", "webhook", {
  "a name server that knows it": {
    make: async (lab) => ({
      flags: { "webhook-url": "https://hook.example.com/x" },
      options: await resolverWith(lab, { A: "none", AAAA: "none" }),
    }),
    async carryOut(remedy, lab) {
      expectInRemedy(remedy, /^check -webhook-url, and the name servers of this machine$/);
      return { options: await resolverWith(lab, { A: "10.88.0.1", AAAA: "none" }, "127.0.0.98") };
    },
  },
});
