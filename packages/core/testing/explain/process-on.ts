import type { Evidence } from "../../src/evidence/evidence.ts";
import type { AcceleratorState } from "../../src/evidence/machine-evidence.ts";
import { setOf } from "../../src/set/list-format.ts";
import { indices } from "../../src/set/index-set.ts";
import type { PciDevice, Topology } from "../../src/topology/topology.ts";
import { at } from "../../src/unit/list.ts";
import { GiB } from "../../src/unit/bytes.ts";
import { cleanVm, onMachine } from "./clean.ts";

/**
 * A process on a machine that has some of its devices, with its memory and its thread on the node
 * of the first of them.
 */
export function processOn(topology: Topology, addresses: readonly string[]): Evidence {
  const clean = cleanVm(0);
  const like = at(clean.devices, 0);
  const functions = addresses.map((address) => functionOf(topology, address));
  const devices = functions.map(({ address, link, node }) => ({ ...like, address, link, node }));
  const { node } = at(functions, 0);
  const cpus = topology.nodes.find(({ id }) => id === node)?.cpus ?? null;
  if (node === null || cpus === null) throw new Error("the first device is on no node");
  const thread = { ...at(clean.threads ?? [], 0), role: null, allowedCpus: cpus };
  const mapping = {
    ...at(clean.memory ?? [], 0),
    kind: "anonymous" as const,
    backend: null,
    cell: null,
    policy: { mode: "bind", nodes: `${node}` },
    onNodes: [{ node, bytes: 4 * GiB }],
  };
  return {
    ...onMachine(clean, () => ({ topology, accelerators: null, neighbours: [] })),
    of: "process",
    name: "process 4711",
    threads: [{ ...thread, lastCpu: at(indices(setOf(cpus)), 0) }],
    memory: [mapping],
    cgroups: [],
    devices,
    shapes: [],
    guest: null,
  };
}

/** The process's machine with what the vendor's tool says of its accelerators. */
export function withTool(
  evidence: Evidence,
  ...changes: readonly Partial<AcceleratorState>[]
): Evidence {
  const state = at(cleanVm(0).guest?.accelerators ?? [], 0);
  const accelerators = changes.map((change, i) => {
    const address = evidence.devices[i]?.address ?? null;
    return { ...state, address, index: i, nvlinks: null, fabricState: "N/A", ...change };
  });
  return onMachine(evidence, () => ({ accelerators }));
}

/** The topology with functions changed. */
export function changed(
  topology: Topology,
  change: (one: PciDevice) => Partial<PciDevice>,
): Topology {
  return { ...topology, pci: topology.pci.map((one) => ({ ...one, ...change(one) })) };
}

function functionOf(topology: Topology, address: string): PciDevice {
  const found = topology.pci.find((one) => one.address === address);
  if (found === undefined) throw new Error(`${topology.name} has no ${address}`);
  return found;
}
