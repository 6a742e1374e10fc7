// Counts how many more VMs of each flavor fit on a fleet.
//
//   node capacity.ts flavors.yaml machine:hgx-h100 sysfs:host.tar …
import { readFileSync } from "node:fs";
import { isOfKind, parseTopology, readDocuments } from "@evenkeel/contract";
import { defaultHostPolicy, fleetCapacity, type HostState, requestOfFlavor } from "@evenkeel/core";
import { readSource } from "@evenkeel/host";

const [file = "flavors.yaml", ...sources] = process.argv.slice(2);
const documents = readDocuments(readFileSync(file, "utf8"), file);
const flavors = documents.filter((document) => isOfKind(document, "Flavor"));

const hosts: HostState[] = [];
for (const source of sources) {
  const topology = await readSource(source, { parseTopology });
  // Hosts need names of their own: plans name the host that they are for.
  const name = `${topology.name}-${hosts.length}`;
  hosts.push({ topology: { ...topology, name }, policy: defaultHostPolicy, taken: [] });
}

const capacity = fleetCapacity(
  hosts,
  flavors.map((flavor) => requestOfFlavor(flavor)),
  [],
);
for (const { flavor, fits, most } of capacity.fleet) {
  console.log(`${flavor}: ${fits} more fit, of ${most} when every host is empty`);
}
