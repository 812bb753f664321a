/** Inputs that once broke a property, by its name. They are tried before all others, so that none comes back. */
export const EXAMPLES: Readonly<Record<string, Example>> = {
  "values: what ends up in a request line or a header has no line breaks": {
    values: ["0x104294967296", "127.1", "010.0.0.1"],
  },
  "values: a message about a bad base URL shows nothing of its user, password, query and fragment": {
    values: ["https://example.com/?@S3cr3t", "https://S3cr3t@example.com/?x"],
  },
  "ip: routes are whole and valid, or the output is unreadable": {
    values: [
      '[{"dst":"default","nexthops":[{"gateway":"fe80::1","dev":"eth0","weight":1}]}]',
      '[{"dst":"default","nexthops":[{"gateway":"10.0.0.1","dev":"../..","weight":0}]}]',
      '[{"dst":"default","protocol":"kernel","table":"main","metric":"5"}]',
      "[null]",
    ],
  },
  "ip: rules are whole and valid, or the output is unreadable": {
    values: ['[{"priority":0,"table":"180","protocol":{}}]', '[{"priority":"x","table":"main"}]'],
  },
  "ip: addresses and their networks are valid, or the output is unreadable": {
    values: ['[{"addr_info":[{"family":"inet","local":"fe80::1","address":"10.0.0.11","prefixlen":64}]}]'],
  },
  "ip: what is observed names no gateway that is not ours, and every one of ours is judged": {
    values: [["[]", "[]", "[]", ['[{"dst":"fe80::1","dev":"eth0","table":"254"}]']]],
  },
  "ip: foreign rules are shown in one line each, and asked about a packet in finite time": {
    values: [
      ['[{"priority":"","src":"all","table":"180"}]', "[]"],
      ['[{"priority":0,"src":"all","table":"main"}]', "[]"],
      ['[{"priority":0,"dport":80,"ipproto":{},"table":"180"}]', "[]"],
      ['[{"priority":0,"iif":"\\u001b[31m","table":"180"}]', "[]"],
    ],
  },
  "port: nobody gets past a password but with it": { values: ["Basic dTpTM2NyM3Q6IDQ3MTEgw6k😀g"] },
  "http: whatever a follower is sent, its view can be shown": {
    values: [
      ["event: status\ndata: 5\n\n", "end"],
      ["event: event\ndata: null\n\n", "end"],
    ],
  },
};

interface Example {
  /** The very inputs, where they can be written down. */
  readonly values?: readonly unknown[];
  /** Seeds whose inputs are tried again, where they cannot. */
  readonly seeds?: readonly number[];
}
