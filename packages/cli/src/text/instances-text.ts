import { linesText } from "./terminal-text.ts";
import { indexSet } from "@evenkeel/core/set/index-set.ts";
import { formatList } from "@evenkeel/core/set/list-format.ts";
import { formatBytes } from "@evenkeel/core/unit/bytes.ts";
import type { ListedVm } from "@evenkeel/host/vm/list.ts";
import type { View } from "./plan-text.ts";
import { table } from "./table.ts";
import { sumOf } from "@evenkeel/core/unit/sum.ts";

/** A line for each VM: its state, where it lies, and what it has. */
export function instancesText(vms: readonly ListedVm[], { paint }: View): string {
  if (vms.length === 0) return "no VMs\n";
  const header = ["VM", "state", "via", "nodes", "vCPUs", "memory", "devices"];
  const [top = "", ...lines] = table(
    [header, ...vms.map(rowOf)],
    ["left", "left", "left", "left", "right", "right", "left"],
  );
  return linesText([paint("dim", top), ...lines]);
}

function rowOf({ name, state, instance }: ListedVm): readonly string[] {
  const shown = name;
  if (instance === null) return [shown, state, "libvirt", "not Evenkeel's", "", "", ""];
  const { plan, via, phase, adopted } = instance;
  const now = phase === "running" ? (state === "gone" ? "off" : state) : phase;
  return [
    shown,
    now,
    adopted ? `${via}, adopted` : via,
    formatList(indexSet(plan.cells.map(({ hostNode }) => hostNode))),
    String(sumOf(plan.cells, ({ vcpus }) => vcpus.length)),
    formatBytes(sumOf(plan.cells, ({ memoryBytes }) => memoryBytes)),
    plan.devices.map(({ address }) => address).join(", "),
  ];
}
