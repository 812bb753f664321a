import { createHash, createHmac } from "node:crypto";

/** A request as it came, for the judgement of its signature. */
export interface SignedRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly body: string;
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([\w-]+)\/([\w-]+)\/aws4_request, SignedHeaders=([\w;-]+), Signature=(\w{64})$/;

/** Who has signed a request, and whether it is signed with this secret (Signature Version 4); undefined without any. */
export function judgeSignature({ method, url, headers, body }: SignedRequest, secret: string) {
  const match = AUTHORIZATION.exec(headers.get("authorization") ?? "");
  const time = headers.get("x-amz-date") ?? "";
  if (!match || !/^\d{8}T\d{6}Z$/.test(time)) return undefined;
  const [, id, date, region, service, names, signature] = match as unknown as string[];
  const query = [...url.searchParams]
    .map((pair) => pair.map(encode).join("="))
    .sort()
    .join("&");
  const lines = names!.split(";").map((name) => `${name}:${name === "host" ? url.host : headers.get(name)}\n`);
  const canonical = [method, url.pathname, query, lines.join(""), names, sha256(body)].join("\n");
  const scope = `${date}/${region}/${service}/aws4_request`;
  const text = ["AWS4-HMAC-SHA256", time, scope, sha256(canonical)].join("\n");
  const key = [date!, region!, service!, "aws4_request"].reduce<string | Buffer>(hmac, `AWS4${secret}`);
  const isRight = hmac(key, text).toString("hex") === signature && time.startsWith(date!);
  return { id: id!, region: region!, service: service!, time, isRight };
}

function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16)}`);
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
