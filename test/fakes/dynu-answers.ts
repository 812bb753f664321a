/** Answers of the fake Dynu, good and bad. */

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The greatest number there is: ids and all else are int32. */
export const MOST = 2 ** 31 - 1;

/** Errors in Dynu's words. */
export const TYPES = {
  401: "Authentication Exception",
  404: "Request Exception",
  501: "Argument Exception",
  502: "Parse Exception",
  503: "Quota Exception",
  505: "Validation Exception",
} as const;

/** Why a request is not carried out. */
export class Declined extends Error {
  readonly statusCode: keyof typeof TYPES;

  constructor(statusCode: keyof typeof TYPES, message: string) {
    super(message);
    this.statusCode = statusCode;
  }
}

/** An error in one of Dynu's two forms. */
export function errorAnswer(error: {
  status?: number;
  statusCode: number;
  type: string;
  message: string;
  nested?: boolean;
}): ApiAnswer {
  const { status = 200, nested = false, statusCode, type, message } = error;
  const fields = { statusCode, type, message };
  return json(status, nested ? { exception: fields } : fields);
}

/** An HTML page, as proxies and web servers send it. */
export function page(status: number, title: string): ApiAnswer {
  return { status, headers: { "content-type": "text/html" }, body: `<html><h1>${status} ${title}</h1></html>` };
}

/** Any JSON. */
export function json(status: number, fields: object): ApiAnswer {
  return { status, headers: { "content-type": "application/json; charset=utf-8" }, body: JSON.stringify(fields) };
}
