import { allAddresses, beyondProbes, type Config } from "../config/model.ts";
import { firstProbers, probesOfAddress } from "../config/target-families.ts";
import type { Emit } from "../events/events.ts";
import type { Meters } from "./registry.ts";

/** Counts what the probes beyond the gateways show. Series that queries rely on exist from the start. */
export function createThroughMetrics(config: Config, { counter, gauge, begin }: Meters): Emit {
  const probers = beyondProbes(config);
  if (probers.length === 0) return () => {};
  const only = firstProbers(config);
  const rounds = new Map(
    probers.map(({ name, targets }) => {
      for (const target of targets.keys()) begin("through_target_at_fault", { prober: name, target }, 0);
      const gateways = config.gateways.flatMap((gateway) =>
        allAddresses(gateway).filter((address) =>
          probesOfAddress(config, gateway, address).some((one) => one.name === name),
        ),
      );
      return [name, new Map(gateways.map((address) => [address, roundsOf(address, name)]))];
    }),
  );

  /** Bound series, as finding them anew costs more than writing. */
  function roundsOf(gateway: string, prober: string) {
    const label = { gateway_ip: gateway, prober };
    const series = (status: string) => counter("through_rounds_total").labels({ ...label, status });
    const [success, failure] = [series("success"), series("failure")];
    success.inc(0);
    failure.inc(0);
    const loss = gauge("through_loss_ratio").labels(label);
    return { label, success, failure, loss, median: gauge("through_latency_median_seconds").labels(label) };
  }

  return (event) => {
    switch (event.type) {
      case "probe": {
        const series = rounds.get(event.prober ?? only.get(event.gateway)!)?.get(event.gateway); // none for the gateway's own prober
        if (!series) return;
        const { result } = event;
        series[result.kind].inc();
        if (result.kind === "success") return;
        counter("through_round_failures_total").inc({ ...series.label, reason: result.code });
        break;
      }
      case "quality": {
        const { loss, median } = rounds.get(event.prober)!.get(event.gateway)!;
        loss.set(event.quality.loss);
        median.set(event.quality.median ?? Number.NaN);
        break;
      }
      case "target-fault":
      case "target-back": {
        const { prober, target, type } = event;
        gauge("through_target_at_fault").set({ prober, target }, type === "target-fault" ? 1 : 0);
        break;
      }
    }
  };
}
