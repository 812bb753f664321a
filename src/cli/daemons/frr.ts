import type { Family } from "../../net/address.ts";
import { familyName } from "../../text/family.ts";
import { EXAMPLE, type Export } from "./exports.ts";

/**
 * A configuration of FRR 8 and newer that announces a default route by BGP while a marker stands. It needs no route of our
 * tables: FRR exports those of the main table alone (`redistribute kernel`).
 */
export function frrConfig(exports: readonly Export[]): string {
  const families = [...new Set(exports.map(({ family }) => family))];
  const of = (family: Family): readonly Export[] => exports.filter((one) => one.family === family);
  return `! frr.conf for FRR 8 and newer, with zebra and bgpd (zebra always runs; bgpd=yes in /etc/frr/daemons).
! It announces a default route while the marker of gateway-route-manager stands in the main table.
! Lines below a CHANGE need the values of your network.
${exports
  .filter(({ isProposed }) => isProposed)
  .map(proposalText)
  .join("")}!
frr defaults traditional
! Without this line, zebra takes nexthop objects of other programs for its own (IPv6).
no zebra nexthop kernel enable
!
${families.map((family) => markerText(family, of(family))).join("")}! The neighbour gets the default route alone: default-originate does not ask this route map.
route-map GRM-NOTHING deny 10
!
! CHANGE: numbers and addresses
router bgp ${EXAMPLE.ownAs}
 bgp router-id ${EXAMPLE.routerId}
 no bgp default ipv4-unicast
${families.map((family) => ` neighbor ${EXAMPLE.neighbour[family]} remote-as ${EXAMPLE.neighbourAs}\n`).join("")} !
${families.map(addressFamilyText).join("")}`;
}

function proposalText({ markers: [marker], pool }: Export): string {
  const option =
    pool === undefined ? `-marker-route ${marker}` : `marker-routes = ["${marker}"] in the [[pool]] ${pool}`;
  return `! The service needs ${option}, which these flags lack.\n`;
}

function markerText(family: Family, exports: readonly Export[]): string {
  const ip = family === 4 ? "ip" : "ipv6";
  const list = `GRM-MARKERS-${ip.toUpperCase()}`;
  const markers = exports.flatMap(({ markers: own, pool }) => own.map((marker) => ({ marker, pool })));
  const lines = markers.map(
    ({ marker }, index) => `${ip} prefix-list ${list} seq ${5 * (index + 1)} permit ${marker}\n`,
  );
  const several = exports.length > 1 ? " With several pools, any of them is enough: leave out those that are not." : "";
  return `! The markers in ${familyName(family)}.${several}
${lines.join("")}route-map ${list} permit 10
 match ${ip} address prefix-list ${list}
!
`;
}

function addressFamilyText(family: Family): string {
  const [ip, neighbour] = [family === 4 ? "ip" : "ipv6", EXAMPLE.neighbour[family]];
  const list = `GRM-MARKERS-${ip.toUpperCase()}`;
  return ` address-family ipv${family} unicast
  redistribute kernel route-map ${list}
  neighbor ${neighbour} activate
  neighbor ${neighbour} default-originate route-map ${list}
  neighbor ${neighbour} route-map GRM-NOTHING in
  neighbor ${neighbour} route-map GRM-NOTHING out
 exit-address-family
 !
`;
}
