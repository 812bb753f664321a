import type { Family } from "../../net/address.ts";
import { PROTOCOL } from "../../routing/types.ts";
import { familyName, familyWord } from "../../text/family.ts";
import { EXAMPLE, type Export } from "./exports.ts";

/**
 * A configuration of BIRD 2 that reads the tables of the service and exports their routes by BGP while they lead to gateways.
 * Only one kernel protocol may use a table of BIRD, so each table of the kernel has one, and pipes join those of a family.
 */
export function birdConfig(exports: readonly Export[]): string {
  const families = [...new Set(exports.map(({ family }) => family))];
  return `# bird.conf for BIRD 2, which exports the routes of gateway-route-manager while they lead to gateways.
# BIRD only reads its tables. Lines with CHANGE need the values of your network.

log syslog all;
router id ${EXAMPLE.routerId}; # CHANGE: an address of this router

protocol device {
}
${families
  .map((family) =>
    familyText(
      family,
      exports.filter((one) => one.family === family),
    ),
  )
  .join("")}`;
}

function familyText(family: Family, exports: readonly Export[]): string {
  const word = familyWord(family);
  return `
# What is exported in ${familyName(family)}. Leave out the pipe of a pool whose routes are not for the neighbour.
${word} table exported_${word};
${exports.map(poolText).join("")}
protocol bgp neighbour_${word} {
  local as ${EXAMPLE.ownAs}; # CHANGE
  neighbor ${EXAMPLE.neighbour[family]} as ${EXAMPLE.neighbourAs}; # CHANGE
  ${word} {
    table exported_${word};
    import none;
    export all;
    next hop self;
  };
}
`;
}

function poolText({ family, pool, table, routes }: Export): string {
  const word = familyWord(family);
  const name = `${word}_${table}`;
  return `
# Table ${table}${pool === undefined ? "" : `, of pool ${pool}`}.
${word} table kernel_${name};

protocol kernel read_${name} {
  kernel table ${table};
  learn; # routes of other programs than BIRD; changes are seen at once
  scan time 10;
  ${word} {
    table kernel_${name};
    # Routes of the service (protocol ${PROTOCOL}) over gateways: not those that reject packets while no gateway is usable.
    import where krt_source = ${PROTOCOL} && dest = RTD_UNICAST && net ~ [ ${routes.join(", ")} ];
    export none;
  };
}

protocol pipe export_${name} {
  table exported_${word};
  peer table kernel_${name};
  import all;
  export none;
}
`;
}
