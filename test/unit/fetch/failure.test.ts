import { describe, expect, test } from "bun:test";

import { fetchFailure } from "../../../src/fetch/failure.ts";

/** An error as Bun's fetch throws it. */
const failed = (code: string | number, message = "Unable to connect."): Error =>
  Object.assign(new TypeError(message), { code });

// Failures that no test can bring about at will; the others are in the probe's contract.
describe("a failure of the network", () => {
  test.each([
    ["EPIPE", "reset"],
    ["ERR_SOCKET_CLOSED", "reset"],
    ["EHOSTDOWN", "unreachable"],
    ["ENETDOWN", "unreachable"],
    ["ETIMEDOUT", "timeout"],
    ["EPERM", "blocked"],
    ["ENFILE", "exhausted"],
    ["ENOMEM", "exhausted"],
    ["ENOBUFS", "exhausted"],
    ["HPE_INVALID_CONSTANT", "malformed"],
  ] as const)("%s is %s, in words", (code, reason) => {
    const { code: found, detail } = fetchFailure(failed(code), 1500);
    expect(found).toBe(reason);
    expect(detail).not.toContain(code);
    expect(detail).toMatch(/^[a-z]+( [a-zA-Z0-9.,]+)*$/);
  });

  test("that the kernel reports before the time is over is the timeout of the request", () => {
    expect(fetchFailure(failed("ETIMEDOUT"), 90_000).detail).toBe("timeout after 1m30s");
  });

  test.each([
    "CERT_REVOKED",
    "CERT_UNTRUSTED",
    "UNABLE_TO_GET_ISSUER_CERT",
    "HOSTNAME_MISMATCH",
    "ERR_SSL_WRONG_VERSION",
  ])("%s is of TLS, and the detail names it", (code) => {
    expect(fetchFailure(failed(code), 1000)).toEqual({ code: "tls", detail: `TLS: ${code}` });
  });

  test.each(["SELF", "UNABLE", "ERR_INVALID_URL", "MISMATCH"])("%s is unknown, and the detail names it", (code) => {
    expect(fetchFailure(failed(code), 1000)).toEqual({ code: "other", detail: code });
  });

  test("a host name that cannot be resolved is described in words", () => {
    const { code, detail } = fetchFailure(failed("ENOTFOUND", "getaddrinfo ENOTFOUND api.dynu.com"), 1000);
    expect(code).toBe("unresolved");
    expect(detail).toContain("host name cannot be resolved");
  });

  test("a host name for which no name server answers is described in words", () => {
    const { code, detail } = fetchFailure(failed("EAI_AGAIN", "getaddrinfo EAI_AGAIN api.dynu.com"), 1000);
    expect([code, detail]).toEqual(["unresolved", "no name server answers for the host name (EAI_AGAIN)"]);
  });

  test("a proxy is named, with the status with which it declined a tunnel", () => {
    const proxy = "HTTPS_PROXY (http://proxy.lan:3128)";
    const declined = failed("ERR_PROXY_TUNNEL", "Proxy refused to open a tunnel: 407 Proxy Authentication Required");
    for (const [error, detail] of [
      [failed("ECONNREFUSED"), "connection refused"],
      [declined, "status 407 of the proxy"],
      [failed("UnsupportedProxyProtocol"), "UnsupportedProxyProtocol"],
    ] as const) {
      const failure = fetchFailure(Object.assign(error, { proxy }), 1000);
      expect(failure.detail).toBe(`${detail}, through the proxy of ${proxy}`);
    }
  });
});

describe("a request that a signal ended", () => {
  test("by its time limit is a timeout", () => {
    const error = new DOMException("The operation timed out.", "TimeoutError");
    expect(fetchFailure(error, 250)).toEqual({ code: "timeout", detail: "timeout after 250ms" });
  });

  test("because it was aborted says so, and not by a number", () => {
    const { reason } = AbortSignal.abort() as { reason: Error };
    expect(fetchFailure(reason, 1000)).toEqual({ code: "other", detail: expect.stringMatching(/cut off|abort/) });
  });
});

describe("an error without a code", () => {
  test("has its message as detail", () => {
    expect(fetchFailure(new TypeError("fetch() URL is invalid"), 1000)).toEqual({
      code: "other",
      detail: "fetch() URL is invalid",
    });
  });

  test("and without a message is a failure too", () => {
    for (const error of [{}, "text", 5, new Error(""), { code: "", message: "" }, { code: null }]) {
      expect(fetchFailure(error, 1000)).toEqual({ code: "other", detail: "unknown failure" });
    }
  });
});

describe("what Bun says to programmers", () => {
  const refused = "ECONNREFUSED: Unable to connect. Is the computer able to access the url?";
  const closed = "The socket connection was closed unexpectedly. For more information, pass `verbose: true` in fetch()";

  test.each([refused, closed, "Was there a typo in the url or port?", "JSON Parse error: Unrecognized token"])(
    "%j is not in a detail",
    (message) => {
      expect(fetchFailure(new TypeError(message), 1000).detail).toBe("unknown failure");
      expect(fetchFailure(Object.assign(new TypeError(message), { code: "ZlibError" }), 1000).detail).toBe("ZlibError");
    },
  );

  test("is not what this program says itself", () => {
    expect(fetchFailure(new Error("silent for 25s."), 1000).detail).toBe("silent for 25s");
  });
});
