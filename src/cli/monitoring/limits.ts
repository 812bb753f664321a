/** From when on something is worth telling: alerts fire by these numbers, and the dashboard is coloured by them. */
export const LIMITS = {
  /** Nobody answers a scrape for so long, and Prometheus knows no such target at all. */
  silent: "2m",
  absent: "5m",
  /** Starts of the service within so long. */
  restarts: { most: 2, within: "30m" },
  /** Without any gateway, and without one of them. */
  allDown: "1m",
  oneDown: "15m",
  flaps: { most: 5, within: "1h" },
  together: "1h",
  /** Of `-timeout`, that 95 of 100 answers may take. */
  slow: { share: 0.5, within: "10m" },
  /** Seconds since the kernel was last read and right; it is read every 15. */
  unverifiedSeconds: 120,
  unused: "5m",
  kept: "5m",
  /** Others that meddle with routes and rules, seen within so long. */
  meddling: "15m",
  ipFailures: { most: 2, within: "10m" },
  /** What only a person can mend is tried again after an hour at most. */
  ddnsErrors: "2h",
  /** Seconds since the records were last read and right; they are read every 15 minutes at most. */
  ddnsUnverifiedSeconds: 3600,
  offDuty: "1h",
  addressUnknown: "15m",
  lostNotifications: "1h",
} as const;

/** The name of the scrape job, by which alerts know that a target is this program. */
export const JOB = "gateway-route-manager";
