import { linesText } from "./terminal-text.ts";
import { indexSet, unionAll } from "@evenkeel/core/set/index-set.ts";
import { formatList, setOf } from "@evenkeel/core/set/list-format.ts";
import { formatBytes } from "@evenkeel/core/unit/bytes.ts";
import type { Cell } from "@evenkeel/core/plan/plan.ts";
import type { ListedVm, VmList } from "@evenkeel/host/vm/list.ts";
import type { View } from "./plan-text.ts";
import { wrap } from "@evenkeel/core/text/wrap.ts";
import { hanging, table } from "./table.ts";
import { sumOf } from "@evenkeel/core/unit/sum.ts";

/** How the list is shown: in the width of the terminal, or with everything that a row may hold. */
interface ListView extends View {
  readonly wide: boolean;
  /** Whether somebody looks at it: a pipe, to `grep` perhaps, gets every VM. */
  readonly terminal: boolean;
}

/** More would leave no sight of what is wrong, which stands below. */
const shownMax = 40;

/**
 * A line for each VM: its state, where it lies, and what it has. Then whatever the records and the
 * host disagree about, with what to do. Where the addresses of devices would run over the width,
 * they are counted instead; of many VMs a terminal shows the first ones. The wide list has them
 * all.
 */
export function instancesText(list: VmList, { paint, width, wide, terminal }: ListView): string {
  const { vms: all, heldTwice, unreadable } = list;
  if (all.length === 0) return "no VMs\n";
  const isCut = terminal && !wide && all.length > shownMax + 1;
  const vms = isCut ? all.slice(0, shownMax) : all;
  const full = tableOf(vms, { wide, counted: false });
  const isTooWide = full.some((line) => line.length > width);
  const [top = "", ...lines] = isTooWide && !wide ? tableOf(vms, { wide, counted: true }) : full;
  const rest = restText(all.slice(vms.length));
  const findings = [
    ...heldTwice.map(heldTwiceText),
    ...unreadable.map(({ name, why }) => `${name}: ${why}.`),
  ];
  return linesText([
    paint("dim", top),
    ...lines,
    ...(rest === null ? [] : wrap(rest, width).map((line) => paint("dim", line))),
    ...(findings.length > 0
      ? ["", ...findings.flatMap((one) => hanging("! ", wrap(one, width - 2)))]
      : []),
  ]);
}

/** How many more VMs there are, by their states: `and 88 more (86 running, 2 off), which …`. */
function restText(vms: readonly ListedVm[]): string | null {
  if (vms.length === 0) return null;
  const states = [...Map.groupBy(vms, stateOf)].map(([state, { length }]) => `${length} ${state}`);
  return `and ${vms.length} more (${states.join(", ")}), which --wide lists`;
}

/** The state of a VM, or what Evenkeel was doing with it. */
function stateOf({ state, instance }: ListedVm): string {
  if (instance === null) return state;
  const { phase } = instance;
  return phase === "running" ? (state === "gone" ? "off" : state) : phase;
}

const columns = ["VM", "state", "via", "nodes", "vCPUs", "memory", "devices"] as const;
const wideColumns = ["process", "CPUs", "isolation", "since", "UUID"] as const;

function tableOf(
  vms: readonly ListedVm[],
  { wide, counted }: { readonly wide: boolean; readonly counted: boolean },
): string[] {
  const rows = vms.map((vm) => {
    const row = rowOf(vm);
    const devices = row.at(-1) ?? "";
    const cells = [...row.slice(0, -1), counted ? countText(devices) : devices];
    return wide ? [...cells, ...wideCells(vm)] : cells;
  });
  return table(
    [wide ? [...columns, ...wideColumns] : [...columns], ...rows],
    [
      "left",
      "left",
      "left",
      "left",
      "right",
      "right",
      "left",
      "right",
      "left",
      "left",
      "left",
      "left",
    ],
  );
}

function countText(addresses: string): string {
  const count = addresses === "" ? 0 : addresses.split(", ").length;
  return count === 0 ? "" : `${count} ${count === 1 ? "device" : "devices"}`;
}

/** What only the wide list has; empty where nobody knows it. */
function wideCells({ pid, instance, holds }: ListedVm): readonly string[] {
  const process = pid === null ? "" : String(pid);
  if (instance === null) {
    const cpus = (holds?.vcpus ?? []).map((vcpu) => vcpu.cpus);
    return [process, cpus.length === 0 ? "" : [...new Set(cpus)].join(" "), "", "", ""];
  }
  const { plan, startedAt, uuid } = instance;
  const pinned = plan.cells.flatMap(({ vcpus }) =>
    vcpus.map((vcpu) => ("cpu" in vcpu ? String(vcpu.cpu) : vcpu.cpus)),
  );
  return [process, listOf(pinned), plan.isolation, startedAt, uuid];
}

/** The CPUs of lists, as one list. */
function listOf(lists: readonly string[]): string {
  return formatList(unionAll(lists.map(setOf)));
}

function rowOf(vm: ListedVm): readonly string[] {
  const { name, via, instance, holds } = vm;
  const state = stateOf(vm);
  if (instance === null) return [name, state, `${via}, not by Evenkeel`, ...holdsCells(holds)];
  const { plan, adopted } = instance;
  return [
    name,
    state,
    adopted ? `${via}, adopted` : via,
    formatList(indexSet(plan.cells.flatMap(nodesOf))),
    String(sumOf(plan.cells, ({ vcpus }) => vcpus.length)),
    formatBytes(sumOf(plan.cells, ({ memoryBytes }) => memoryBytes)),
    plan.devices.map(({ address }) => address).join(", "),
  ];
}

/** The node that a cell stands for, and those of its memory. */
function nodesOf({ hostNode, memoryOnNodes }: Cell): readonly number[] {
  return [hostNode, ...memoryOnNodes.map(({ node }) => node)];
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
