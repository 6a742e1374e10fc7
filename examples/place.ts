// Places a VM on a recorded machine and prints its definition for libvirt.
//
//   evenkeel snapshot host.tar     # on the host; hwloc's XML and other tools' output do as well
//   node place.ts sysfs:host.tar vm.yaml > vm.xml
import { readFileSync } from "node:fs";
import { parseTopology, readDocument } from "@evenkeel/contract";
import { defaultHostPolicy, place, render, resolveRequest } from "@evenkeel/core";
import { readSource } from "@evenkeel/host";

const [recording = "sysfs:host.tar", file = "vm.yaml"] = process.argv.slice(2);
const topology = await readSource(recording, { parseTopology });
const vm = readDocument(readFileSync(file, "utf8"), file, "VirtualMachine");
const host = { topology, policy: defaultHostPolicy, taken: [] };
const answer = place([host], resolveRequest(vm, []));

if (answer.kind === "Plan") {
  console.log(render(answer, "libvirt"));
} else {
  for (const { nodes, reasons } of answer.hosts.flatMap((refused) => refused.ways)) {
    console.error(`It would fit on nodes ${nodes}, but:`);
    for (const { code, message } of reasons) console.error(`  ${code}: ${message}`);
  }
  process.exitCode = 3;
}
