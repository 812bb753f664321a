import checkPage from "./check.md" with { type: "text" };
import configurationFilePage from "./configuration-file.md" with { type: "text" };
import ddnsPage from "./ddns.md" with { type: "text" };
import ddnsCloudflarePage from "./ddns-cloudflare.md" with { type: "text" };
import ddnsDesecPage from "./ddns-desec.md" with { type: "text" };
import ddnsDigitalOceanPage from "./ddns-digitalocean.md" with { type: "text" };
import ddnsDynuPage from "./ddns-dynu.md" with { type: "text" };
import ddnsGandiPage from "./ddns-gandi.md" with { type: "text" };
import ddnsHetznerPage from "./ddns-hetzner.md" with { type: "text" };
import ddnsPowerdnsPage from "./ddns-powerdns.md" with { type: "text" };
import ddnsRfc2136Page from "./ddns-rfc2136.md" with { type: "text" };
import ddnsRoute53Page from "./ddns-route53.md" with { type: "text" };
import dockerPage from "./docker.md" with { type: "text" };
import exclusionsPage from "./exclusions.md" with { type: "text" };
import explainPage from "./explain.md" with { type: "text" };
import faultsPage from "./faults.md" with { type: "text" };
import flagsPage from "./flags.md" with { type: "text" };
import fromKeepalivedPage from "./from-keepalived.md" with { type: "text" };
import fromMwan3Page from "./from-mwan3.md" with { type: "text" };
import fromOpnsensePage from "./from-opnsense.md" with { type: "text" };
import fromVyosPage from "./from-vyos.md" with { type: "text" };
import gettingStartedPage from "./getting-started.md" with { type: "text" };
import hooksPage from "./hooks.md" with { type: "text" };
import howItWorksPage from "./how-it-works.md" with { type: "text" };
import installPage from "./install.md" with { type: "text" };
import kernelPage from "./kernel.md" with { type: "text" };
import ipv6Page from "./ipv6.md" with { type: "text" };
import killSwitchPage from "./kill-switch.md" with { type: "text" };
import leaksPage from "./leaks.md" with { type: "text" };
import logsPage from "./logs.md" with { type: "text" };
import maintenancePage from "./maintenance.md" with { type: "text" };
import metricsPage from "./metrics.md" with { type: "text" };
import migrationPage from "./migration.md" with { type: "text" };
import outagePage from "./outage.md" with { type: "text" };
import pairPage from "./pair.md" with { type: "text" };
import performancePage from "./performance.md" with { type: "text" };
import poolsPage from "./pools.md" with { type: "text" };
import probesPage from "./probes.md" with { type: "text" };
import routingDaemonsPage from "./routing-daemons.md" with { type: "text" };
import servicePage from "./service.md" with { type: "text" };
import shellPage from "./shell.md" with { type: "text" };
import smallRoutersPage from "./small-routers.md" with { type: "text" };
import statusPage from "./status.md" with { type: "text" };
import thresholdsPage from "./thresholds.md" with { type: "text" };
import tiersPage from "./tiers.md" with { type: "text" };
import troubleshootingPage from "./troubleshooting.md" with { type: "text" };

/** The pages of the guide, as Markdown, in the order of `help`. */
export const TOPICS: readonly (readonly [topic: string, markdown: string])[] = [
  ["getting-started", gettingStartedPage],
  ["install", installPage],
  ["small-routers", smallRoutersPage],
  ["docker", dockerPage],
  ["how-it-works", howItWorksPage],
  ["probes", probesPage],
  ["thresholds", thresholdsPage],
  ["pools", poolsPage],
  ["tiers", tiersPage],
  ["kill-switch", killSwitchPage],
  ["leaks", leaksPage],
  ["exclusions", exclusionsPage],
  ["ipv6", ipv6Page],
  ["pair", pairPage],
  ["ddns", ddnsPage],
  ["ddns-cloudflare", ddnsCloudflarePage],
  ["ddns-desec", ddnsDesecPage],
  ["ddns-digitalocean", ddnsDigitalOceanPage],
  ["ddns-dynu", ddnsDynuPage],
  ["ddns-gandi", ddnsGandiPage],
  ["ddns-hetzner", ddnsHetznerPage],
  ["ddns-powerdns", ddnsPowerdnsPage],
  ["ddns-rfc2136", ddnsRfc2136Page],
  ["ddns-route53", ddnsRoute53Page],
  ["flags", flagsPage],
  ["configuration-file", configurationFilePage],
  ["service", servicePage],
  ["check", checkPage],
  ["explain", explainPage],
  ["status", statusPage],
  ["maintenance", maintenancePage],
  ["hooks", hooksPage],
  ["routing-daemons", routingDaemonsPage],
  ["kernel", kernelPage],
  ["metrics", metricsPage],
  ["shell", shellPage],
  ["logs", logsPage],
  ["outage", outagePage],
  ["performance", performancePage],
  ["faults", faultsPage],
  ["troubleshooting", troubleshootingPage],
  ["migration", migrationPage],
  ["from-keepalived", fromKeepalivedPage],
  ["from-mwan3", fromMwan3Page],
  ["from-opnsense", fromOpnsensePage],
  ["from-vyos", fromVyosPage],
];
