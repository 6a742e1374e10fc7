import {
  acceleratorPatterns,
  matchingDevices,
  nicPatterns,
} from "@evenkeel/core/topology/device-pattern.ts";
import { type IndexSet, intersection, unionAll } from "@evenkeel/core/set/index-set.ts";
import { formatList, parseList } from "@evenkeel/core/set/list-format.ts";
import type { Interrupts, PciDevice } from "@evenkeel/core/topology/topology.ts";
import type { Tree } from "../tree/tree.ts";
import { readIndex, readLine } from "./values.ts";

/** NVMe drives, whose queues have their own interrupts. */
const driveClass = "0108";

/** Enough for a NIC with one interrupt for each of some hundred CPUs. */
const INTERRUPTS_MAX = 2048;

/**
 * Adds to each accelerator, NIC and NVMe drive the CPUs that its interrupts go to; other functions
 * interrupt rarely. Each interrupt's files list the CPUs that it may go to, offline ones included,
 * and since Linux 4.14 the CPUs that it does go to.
 *
 * A device has message-signalled interrupts, or else one pin interrupt. An interrupt without a
 * handler has no directory. https://docs.kernel.org/core-api/irq/irq-affinity.html
 */
export function withInterrupts(
  tree: Tree,
  directory: string,
  pci: readonly PciDevice[],
  online: IndexSet,
): PciDevice[] {
  const matching = [...acceleratorPatterns, ...nicPatterns];
  const wanted = new Set(matchingDevices(pci, matching).map(({ address }) => address));
  return pci.map((device) => {
    if (!wanted.has(device.address) && !device.class.startsWith(driveClass)) return device;
    return { ...device, interrupts: interruptsOf(tree, `${directory}/${device.address}`, online) };
  });
}

function interruptsOf(tree: Tree, path: string, online: IndexSet): Interrupts | null {
  const numbers = interruptNumbers(tree, path);
  const sets = (name: string): IndexSet[] =>
    numbers.flatMap((number) => readCpus(tree, `/proc/irq/${number}/${name}`) ?? []);
  const allowed = sets("smp_affinity_list");
  if (allowed.length === 0) return null;
  const effective = sets("effective_affinity_list");
  const text = (among: readonly IndexSet[]): string =>
    formatList(intersection(unionAll(among), online));
  return {
    allowedCpus: text(allowed),
    effectiveCpus: effective.length === 0 ? null : text(effective),
  };
}

function interruptNumbers(tree: Tree, path: string): number[] {
  const messages = tree
    .list(`${path}/msi_irqs`)
    .filter((name) => /^[1-9]\d{0,6}$/.test(name))
    // Each file, which holds `msi` or `msix`, is read so that recordings contain it.
    .filter((name) => readLine(tree, `${path}/msi_irqs/${name}`) !== null)
    .slice(0, INTERRUPTS_MAX)
    .map(Number)
    .toSorted((a, b) => a - b);
  if (messages.length > 0) return messages;
  const pin = readIndex(tree, `${path}/irq`);
  return pin === null || pin === 0 || pin > 9_999_999 ? [] : [pin];
}

/** The list of an interrupt that was never set up is empty. */
function readCpus(tree: Tree, path: string): IndexSet | null {
  const line = readLine(tree, path);
  return line === null ? null : parseList(line);
}
