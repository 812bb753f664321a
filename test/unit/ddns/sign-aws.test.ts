import { expect, setSystemTime, test } from "bun:test";

import { signAws } from "../../../src/ddns/sign-aws.ts";
import { judgeSignature } from "../../fakes/aws-signature.ts";

/** The key of Amazon's own tests of signatures. */
const KEY = { id: "AKIDEXAMPLE", secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };

const ROUTE53 = { service: "route53", region: "us-east-1" };

test("the signature of a request is that of Amazon's test get-vanilla, byte for byte", async () => {
  setSystemTime(new Date("2015-08-30T12:36:00Z"));
  const request = { method: "GET", url: "https://example.amazonaws.com/", service: "service", region: "us-east-1" };
  const headers = await signAws(request, KEY);
  setSystemTime();
  expect(headers).toEqual({
    "x-amz-date": "20150830T123600Z",
    authorization:
      "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
  });
  const url = new URL(request.url);
  expect(judgeSignature({ method: "GET", url, headers: new Headers(headers), body: "" }, KEY.secret)).toMatchObject({
    isRight: true,
  });
});

test.each([
  ["GET", "https://route53.amazonaws.com/2013-04-01/hostedzone/Z1/rrset?type=A&name=gw.example.com.&maxitems=1", ""],
  ["POST", "https://route53.amazonaws.com/2013-04-01/hostedzone/Z1/rrset/", "<a>ü</a>"],
])("a %s is signed with its query and its body", async (method, text, body) => {
  const headers = await signAws({ method, url: text, body, ...ROUTE53 }, KEY);
  const request = { method, url: new URL(text), headers: new Headers(headers), body };
  expect(judgeSignature(request, KEY.secret)).toMatchObject({ id: KEY.id, ...ROUTE53, isRight: true });
  expect(judgeSignature(request, "another")).toMatchObject({ isRight: false });
  expect(judgeSignature({ ...request, body: `${body} ` }, KEY.secret)).toMatchObject({ isRight: false });
});
