/** One alert. Its expression is `watch` and `fires` in a row, so that what is watched can be looked at by itself. */
export interface Alert {
  readonly name: string;
  readonly severity: "critical" | "warning";
  /** A query that has values all the time, as long as what it is about exists. */
  readonly watch: string;
  /** Which of those values are bad. */
  readonly fires: string;
  /** How long they have to stay so. */
  readonly for?: string;
  readonly summary: string;
  readonly description: string;
  readonly remedy: string;
}

/** Labels and the value of whatever fires, for the texts. */
export const ROUTER = "{{ $labels.instance }}";
export const GATEWAY = "{{ $labels.gateway_ip }}";
export const TIME = "{{ $value | humanizeDuration }}";
