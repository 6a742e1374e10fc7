// Merges what several tools say of one machine, and names what they contradict each other in.
//
//   node merge.ts sysfs:host.tar hwloc:host.xml nvidia-smi:topo.txt
import { parseTopology } from "@evenkeel/contract";
import { drawTopology, mergeTopologies, type Topology, topologyWarnings } from "@evenkeel/core";
import { readSource } from "@evenkeel/host";

const readings: Topology[] = [];
for (const source of process.argv.slice(2)) {
  readings.push(await readSource(source, { parseTopology, note: console.error }));
}
const { topology, findings } = mergeTopologies(readings);

process.stdout.write(drawTopology(topology, { width: 100 }));
for (const { code, message } of findings) console.log(`${code}: ${message}`);
for (const { code, message } of topologyWarnings(topology)) console.log(`${code}: ${message}`);
