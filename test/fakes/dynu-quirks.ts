/** What a provider may do although every answer says that all is well. By default it does nothing of it. */
export interface Quirks {
  /** Seconds that are stored in place of a time to live. */
  storedTtl?: (ttl: number) => number;
  /** Written records are stored disabled. */
  disables?: boolean;
  /** Milliseconds after which a list shows a change. */
  lag?: number;
  /** No list shows records that were added over the API, nor that there are such. */
  hidesAdded?: boolean;
  /** The name under which lists show the records. */
  listedAs?: string;
  /** A domain of the account that holds this one, as example.net holds vpn.example.net: getroot answers with it. */
  parent?: string;
  /** Every id in an answer is a text. */
  idsAsText?: boolean;
  /** A second record with the same address is added, instead of the first one being returned. */
  doubles?: boolean;
}
