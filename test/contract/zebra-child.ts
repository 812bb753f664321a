/** Prints what check says of zebra in the namespace that it runs in. */
import { readZebra } from "../../src/diagnose/host-facts.ts";
import { checkZebra } from "../../src/diagnose/zebra.ts";

console.log(JSON.stringify(checkZebra(readZebra())));
