import { linesText } from "./terminal-text.ts";
import { indexSet } from "@evenkeel/core/set/index-set.ts";
import { formatList } from "@evenkeel/core/set/list-format.ts";
import { formatBytes } from "@evenkeel/core/unit/bytes.ts";
import type { ListedVm, VmList } from "@evenkeel/host/vm/list.ts";
import type { View } from "./plan-text.ts";
import { table } from "./table.ts";
import { sumOf } from "@evenkeel/core/unit/sum.ts";

/**
 * A line for each VM: its state, where it lies, and what it has. Then whatever the records and the
 * host disagree about, with what to do.
 */
export function instancesText({ vms, heldTwice, unreadable }: VmList, { paint }: View): string {
  if (vms.length === 0) return "no VMs\n";
  const header = ["VM", "state", "via", "nodes", "vCPUs", "memory", "devices"];
  const [top = "", ...lines] = table(
    [header, ...vms.map(rowOf)],
    ["left", "left", "left", "left", "right", "right", "left"],
  );
  const findings = [
    ...heldTwice.map((one) => `! ${heldTwiceText(one)}`),
    ...unreadable.map(({ name, why }) => `! ${name}: ${why}.`),
  ];
  return linesText([
    paint("dim", top),
    ...lines,
    ...(findings.length > 0 ? ["", ...findings] : []),
  ]);
}

function rowOf({ name, state, via, instance, holds }: ListedVm): readonly string[] {
  if (instance === null) return [name, state, `${via}, not by Evenkeel`, ...holdsCells(holds)];
  const { plan, phase, adopted } = instance;
  const now = phase === "running" ? (state === "gone" ? "off" : state) : phase;
  return [
    name,
    now,
    adopted ? `${via}, adopted` : via,
    formatList(indexSet(plan.cells.map(({ hostNode }) => hostNode))),
    String(sumOf(plan.cells, ({ vcpus }) => vcpus.length)),
    formatBytes(sumOf(plan.cells, ({ memoryBytes }) => memoryBytes)),
    plan.devices.map(({ address }) => address).join(", "),
  ];
}

/** What a VM without a plan holds now; empty where that is unknown. */
function holdsCells(holds: ListedVm["holds"]): readonly string[] {
  if (holds === null) return ["", "", "", ""];
  const { vcpus, memory, devices } = holds;
  return [
    formatList(indexSet(memory.map(({ node }) => node))),
    String(sumOf(vcpus, ({ count }) => count)),
    memory.length === 0 ? "" : formatBytes(sumOf(memory, ({ bytes }) => bytes)),
    devices.join(", "),
  ];
}

function heldTwiceText({
  holder,
  pid,
  promisedTo,
  cpus,
  devices,
  remedy,
}: VmList["heldTwice"][number]): string {
  const process = pid === null ? "" : ` (process ${pid})`;
  const what = [...(cpus === "" ? [] : [`CPUs ${cpus}`]), ...devices].join(", ");
  return `${holder}${process} holds ${what}, which the plan of ${promisedTo} has. ${remedy.text}`;
}
