import { expect, test } from "bun:test";

import { createAskExit } from "../../src/exit/ask.ts";
import { answer, startProbeServer } from "../fakes/probe-server.ts";

test("a service for exits that redirects is not followed, and the reason says where it leads", async () => {
  await using trap = await startProbeServer(answer(200));
  await using server = await startProbeServer(answer(301, `location: http://127.0.0.1:${trap.port}/me?t=1\r\n`));
  const ask = createAskExit({ urls: [`http://127.0.0.1:${server.port}/`], timeout: 5000, allowPrivate: true });
  expect(await ask({ mark: 1 }, new AbortController().signal)).toMatchObject({
    kind: "failure",
    code: "redirect",
    detail: `127.0.0.1:${server.port}: status 301 to http://127.0.0.1:${trap.port}/me?...: redirects are not followed; give the URL of its target`,
  });
  expect(trap.visits).toEqual([]);
});
