/** Inputs that once violated a property, by its name. They are tried before all others. */
export const EXAMPLES: Readonly<Record<string, Example>> = {
  "values: text for a request line or header has no line breaks": {
    values: ["0x104294967296", "127.1", "010.0.0.1"],
  },
  "values: an error about a base URL shows no user, password, query or fragment": {
    values: ["https://example.com/?@S3cr3t", "https://S3cr3t@example.com/?x"],
  },
  "ip: parsed routes are complete and valid, or parsing fails": {
    values: [
      '[{"dst":"default","nexthops":[{"gateway":"fe80::1","dev":"eth0","weight":1}]}]',
      '[{"dst":"default","nexthops":[{"gateway":"10.0.0.1","dev":"../..","weight":0}]}]',
      '[{"dst":"default","protocol":"kernel","table":"main","metric":"5"}]',
      "[null]",
    ],
  },
  "ip: parsed rules are complete and valid, or parsing fails": {
    values: [
      '[{"priority":0,"table":"180","protocol":{}}]',
      '[{"priority":"x","table":"main"}]',
      '[{"priority":0,"new":{"toString":false}}]',
    ],
  },
  "ip: parsed neighbours and route look-ups are valid, or parsing fails": {
    values: [['[{"dst":"fe80::1","state":["FAILED"]}]', "[]"]],
  },
  "ip: parsed routes of IPv6 are complete and valid, or parsing fails": {
    values: ['[{"dst":"default","metric":0,"protocol":"173","nexthops":[{"gateway":"","dev":"eth0","weight":1}]}]'],
  },
  "ip: parsed addresses and connected networks are valid, or parsing fails": {
    values: ['[{"addr_info":[{"family":"inet","local":"fe80::1","address":"10.0.0.11","prefixlen":64}]}]'],
  },
  "ip: the observed state has unusable gateways among the configured ones alone, each with a reason": {
    values: [["[]", "[]", "[]", ['[{"dst":"fe80::1","dev":"eth0","table":"254"}]']]],
  },
  "ip: foreign rules are printed in one line each, and a look-up visits each of them once at most": {
    values: [
      ['[{"priority":"","src":"all","table":"180"}]', "[]"],
      ['[{"priority":0,"src":"all","table":"main"}]', "[]"],
      ['[{"priority":0,"dport":80,"ipproto":{},"table":"180"}]', "[]"],
      ['[{"priority":0,"iif":"\\u001b[31m","table":"180"}]', "[]"],
    ],
  },
  "port: a request is served if and only if its Authorization header has the password": {
    values: ["Basic dTpTM2NyM3Q6IDQ3MTEgw6k😀g"],
  },
  "http: any event stream is shown without control characters": {
    values: [
      ["event: status\ndata: 5\n\n", "end"],
      ["event: event\ndata: null\n\n", "end"],
    ],
  },
};

interface Example {
  /** The inputs themselves. */
  readonly values?: readonly unknown[];
  /** Seeds of the inputs, for inputs that cannot be written as literals. */
  readonly seeds?: readonly number[];
}
