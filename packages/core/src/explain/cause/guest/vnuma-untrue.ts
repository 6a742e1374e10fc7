import { restartFromPlan } from "../../../remedy/remedy.ts";
import { sum } from "../../../unit/sum.ts";
import { percent } from "../../../verify/verdict/check.ts";
import { accused, acquitted, type Cause, irrelevant, untold } from "../../subject/cause.ts";
import { type CellOnHost, cellsOnHost, priceOfCells, shareOffNode } from "../../subject/cells.ts";
import { guestViewOf, hostUnseen } from "../../subject/guest-view.ts";
import type { Subject } from "../../subject/subject.ts";

/** Less than this is noise. */
const noticed = 0.05;

/**
 * Guest nodes that are not what they seem. A guest keeps what it shows on one node together: its
 * vCPUs, its memory and its GPUs. If these lie on different nodes of the host, every access that
 * the guest takes to be local is remote, and its kernel and NCCL make it worse with care.
 * KubeVirt documents that guests "may see different topology" than they have.
 */
export const vnumaUntrue: Cause = {
  code: "vnuma-untrue",
  layer: "guest",
  looksFor: "what the guest is shown on one node lies on several of the host's",
  observable: "memory[].cell and shapes[].devices[].cell, by the nodes of the host",
  readFrom: "/proc/PID/numa_maps, -numa and pxb-pcie of QEMU, numa_node of the devices",
  acquittedBy: "memory, vCPUs and devices of each guest node on one node of the host",
  followsFrom: ["memory-off-node", "vcpus-off-node"],
  judge: (subject) => {
    const { evidence, memory } = subject;
    const view = guestViewOf(evidence);
    if (view === null) return irrelevant;
    if (view.isInside) return hostUnseen;
    if (view.cells === null) return untold("its hypervisor did not tell of the guest's nodes");
    if (view.cells.length < 2) return acquitted("the guest has no nodes to mistake");
    if (memory === null) return untold("its numa_maps was not read");
    const cells = cellsOnHost(subject, view);
    if (cells.some(({ node }) => node === null)) {
      return untold("which memory belongs to which node of the guest is not known");
    }
    const lies = cells.flatMap((cell) => liesOf(cell, subject));
    if (lies.length === 0) {
      return acquitted(
        cells.map(({ id, node }) => `guest node ${id} is node ${node} of the host`).join(", "),
      );
    }
    const spreads = cells.map(({ memory: bytes, workers, devices }) => {
      return { memory: bytes, workers: workers ?? bytes, of: [...devices] };
    });
    return accused({
      about: "guest nodes",
      expected: "each with the vCPUs, memory and devices of one node of the host",
      found: lies.join("; "),
      evidence: cells.flatMap(({ mappings }) =>
        mappings.slice(0, 2).map(({ where, line }) => `${where}: ${line}`),
      ),
      seen: "directly",
      cost: priceOfCells(subject, spreads),
      remedy: restartFromPlan,
    });
  },
};

function liesOf(cell: CellOnHost, { evidence, topology }: Subject): string[] {
  const { id, node, memory, mappings, workers, devices } = cell;
  if (node === null) return [];
  const off = shareOffNode(memory, node);
  const isMixed = mappings.some(({ policy }) => policy?.mode.includes("interleave") === true);
  const lies: string[] = [];
  if (off > noticed && !isMixed) {
    const bytes = sum(memory.values());
    lies.push(`${percent(off * bytes, bytes)} of guest node ${id} is not on node ${node}`);
  }
  if (workers !== null && shareOffNode(workers, node) === 1 && !isMixed) {
    lies.push(`the vCPUs of guest node ${id} run on other nodes than its memory, node ${node}`);
  }
  const nodeOf = (address: string): number | null =>
    evidence.devices.find((one) => one.address === address)?.node ??
    topology?.pci.find((one) => one.address === address)?.node ??
    null;
  for (const address of devices) {
    const at = nodeOf(address);
    if (at === null || at === node) continue;
    lies.push(`${address} is shown on guest node ${id}, node ${node}, and hangs on node ${at}`);
  }
  return lies;
}
