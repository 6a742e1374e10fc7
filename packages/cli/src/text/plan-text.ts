import { linesText } from "./terminal-text.ts";
import {
  type Cell,
  isHugepage,
  type Plan,
  type PlanDevice,
  type Vcpu,
} from "@evenkeel/core/plan/plan.ts";
import { indexSet, unionAll } from "@evenkeel/core/set/index-set.ts";
import { formatList, parseList } from "@evenkeel/core/set/list-format.ts";
import { formatBytes } from "@evenkeel/core/unit/bytes.ts";
import { at } from "@evenkeel/core/unit/list.ts";
import { sumOf } from "@evenkeel/core/unit/sum.ts";
import { isStraddleReason } from "@evenkeel/core/plan/straddle-reason.ts";
import { pcieRateText } from "@evenkeel/core/topology/pcie-rate.ts";
import { shareText } from "@evenkeel/core/text/share.ts";
import type { Paint } from "./paint.ts";
import { wrap } from "@evenkeel/core/text/wrap.ts";
import { hanging, table } from "./table.ts";

/** How a text for people is laid out. */
export interface View {
  readonly width: number;
  readonly paint: Paint;
}

/** A plan for people: where each cell and device lies, what that costs, and the reasons. */
export function planText(plan: Plan, view: View): string {
  return linesText([
    ...title(plan, view),
    "",
    ...cellLines(plan, view),
    ...(plan.devices.length > 0 ? ["", ...deviceLines(plan, view)] : []),
    "",
    ...facts(plan, view),
    "",
    view.paint("bold", "why"),
    ...plan.reasons
      .filter((reason) => !isStraddleReason(reason))
      .flatMap((reason) => hanging("  - ", wrap(reason, view.width - 4))),
  ]);
}

const indented = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);

function title(plan: Plan, { width, paint }: View): string[] {
  const { vm, tenant, host, flavor, locality, isolation } = plan;
  const whose = tenant === null ? "" : ` of ${tenant}`;
  const sold = flavor === null ? "" : `flavor ${flavor}, `;
  const how = `(${sold}locality ${locality}, isolation ${isolation})`;
  const where = `${paint("bold", vm)}${whose} goes to ${paint("bold", host)}`;
  const isShort = `${vm}${whose} goes to ${host} ${how}`.length <= width;
  return isShort
    ? [`${where} ${paint("dim", how)}`]
    : [where, ...wrap(how, width - 2).map((line) => `  ${paint("dim", line)}`)];
}

function cellLines({ cells }: Plan, { width, paint }: View): string[] {
  const rows = cells.map((cell) => [
    String(cell.id),
    String(cell.hostNode),
    String(cell.vcpus.length),
    memoryText(cell),
  ]);
  const header = ["cell", "node", "vCPUs", "memory"];
  const [top = "", ...lines] = indented(
    table([header, ...rows], ["right", "right", "right", "left"]),
  );
  // The lists of CPUs come last, since they may take several lines.
  const left = Math.max(top.length, ...lines.map((line) => line.length)) + 2;
  return [
    paint("dim", `${top.padEnd(left)}on CPUs`),
    ...lines.flatMap((line, i) => [
      ...hanging(line.padEnd(left), wrap(cpusOf(cells[i]?.vcpus ?? []), width - left)),
      ...spreadLines(cells[i]?.memoryOnNodes ?? [], top.indexOf("memory"), width),
    ]),
  ];
}

function cpusOf(vcpus: readonly Vcpu[]): string {
  const sets = vcpus.map((vcpu) =>
    "cpu" in vcpu ? indexSet([vcpu.cpu]) : (parseList(vcpu.cpus) ?? indexSet([])),
  );
  const floating = vcpus.some((vcpu) => "cpus" in vcpu);
  return `${formatList(unionAll(sets))}${floating ? " (floating)" : ""}`;
}

function memoryText({ hostNode, memoryOnNodes: parts, pageBytes }: Cell): string {
  const pages = isHugepage(pageBytes) ? ` in ${formatBytes(pageBytes)} pages` : "";
  const [first] = parts;
  const total = formatBytes(sumOf(parts, ({ bytes }) => bytes));
  if (parts.length > 1 || first === undefined || first.node === hostNode) return `${total}${pages}`;
  return `${total} on node ${first.node}${pages === "" ? "" : ","}${pages}`;
}

/** Memory on several nodes, below its row: the column would leave no room for the CPUs. */
function spreadLines(parts: Cell["memoryOnNodes"], column: number, width: number): string[] {
  if (parts.length < 2) return [];
  const spread = parts.map(({ node, bytes }) => `${formatBytes(bytes)} on node ${node}`);
  return hanging(" ".repeat(column), wrap(spread.join(", "), width - column));
}

function deviceLines({ devices }: Plan, { width, paint }: View): string[] {
  const rows = devices.map((device) => [
    nameOf(device),
    device.address,
    String(device.cell),
    device.node === null ? "?" : String(device.node),
    linkText(device),
    device.switch === null ? device.root : `switch ${device.switch}`,
  ]);
  const header = ["device", "address", "cell", "node", "link", "below"];
  const [top = "", ...lines] = indented(
    table([header, ...rows], ["left", "left", "right", "right", "left", "left"]),
  );
  const left = top.indexOf("address");
  return [
    paint("dim", top),
    ...lines.flatMap((line, i) => [
      line,
      ...companionLines(devices[i]?.companions ?? [], left, width),
    ]),
  ];
}

/** What goes with a device, below its row: a column of addresses would make the table too wide. */
function companionLines(addresses: readonly string[], column: number, width: number): string[] {
  if (addresses.length === 0) return [];
  const text = `with ${addresses.join(", ")}`;
  return hanging(" ".repeat(column), wrap(text, width - column, "     "));
}

function nameOf({ kind, model, vendor, device }: PlanDevice): string {
  return model ?? `${kind === "nic" ? "NIC" : "GPU"} ${vendor}:${device}`;
}

function linkText({ link }: PlanDevice): string {
  const speed = link?.maxSpeedGTs ?? null;
  const width = link?.maxWidth ?? null;
  return speed === null || width === null ? "?" : pcieRateText(speed, width);
}

const percent = (slowdown: number): string => `${((slowdown - 1) * 100).toFixed(1)} %`;

/** What belongs to no single cell: host threads, distances, partition, cost and signature. */
function facts(plan: Plan, view: View): string[] {
  const { emulatorCpus, iothreads, distances, partition, signature, signatureText } = plan;
  const rows: [string, string][] = [
    ["emulator", `on CPUs ${emulatorCpus}`],
    ...iothreads.map(({ id, cpus }): [string, string] => [`iothread ${id}`, `on CPUs ${cpus}`]),
  ];
  if (plan.cells.length > 1) {
    rows.push([
      "distances",
      distances === null
        ? "unknown"
        : distances.map((_, to) => `to cell ${to}: ${distancesTo(to, distances)}`).join("; "),
    ]);
  }
  if (partition !== null) rows.push(["partition", String(partition)]);
  rows.push(["speed", speedText(plan)], ["signature", `${signature}: ${signatureText}`]);
  const label = Math.max(...rows.map(([name]) => name.length));
  return rows.flatMap(([name, value]) => {
    const [first = "", ...rest] = hanging(
      `  ${name.padEnd(label)}  `,
      wrap(value, view.width - label - 4),
    );
    return [first.replace(name, view.paint("dim", name)), ...rest];
  });
}

/** The distances from every cell to one: rows are initiators. */
function distancesTo(to: number, distances: readonly (readonly number[])[]): string {
  return distances.map((row) => at(row, to)).join(" ");
}

const byBasis = {
  measured: "by measured costs",
  modelled: "by the cost model",
  unknown: "by a guess, since not all paths are known",
} as const satisfies Record<Plan["cost"]["basis"], string>;

/**
 * What the place costs. A VM on several nodes is compared with one node first: the best place on
 * the empty host may straddle too, and being as good as that is no comfort.
 */
function speedText({ cells, reasons, locality, cost }: Plan): string {
  const { basis, parts, slowdown } = cost;
  const named: readonly (readonly [string, number])[] = [
    ["host to device", parts.hostToDevice],
    ["memory", parts.memory],
    ["peer to peer", parts.peer],
    ["network", parts.network],
  ];
  const dearer = named
    .filter(([, part]) => part > 1)
    .map(([name, part]) => `${name} ${percent(part)}`);
  const by = byBasis[basis];
  const where = dearer.length > 0 ? `: ${dearer.join(", ")}` : "";
  const slower = `${percent(slowdown)} slower than on the empty host, ${by}${where}`;
  const spread = reasons.find(isStraddleReason) ?? spreadText(cells);
  if (spread === null) return slowdown <= 1 ? `as on the empty host, ${by}` : slower;
  const asked = locality === "interleave" ? "as interleave asks" : null;
  const sentence = spread.replace(/^S/, "s").replace(/\.$/, "");
  const also =
    slowdown <= 1 ? (asked ?? by) : [...(asked === null ? [] : [asked]), slower].join("; ");
  return `${asked === null ? "⚠ " : ""}${sentence}${asked === null && slowdown > 1 ? "; " : ", "}${also}`;
}

/** That a plan's cells are several, or have remote memory, where no reason says so. */
function spreadText(cells: readonly Cell[]): string | null {
  const parts = cells.flatMap(({ hostNode, memoryOnNodes }) =>
    memoryOnNodes.map(({ node, bytes }) => ({ bytes, isRemote: node !== hostNode })),
  );
  const remote = sumOf(parts, ({ bytes, isRemote }) => (isRemote ? bytes : 0));
  if (remote > 0) {
    const all = sumOf(parts, ({ bytes }) => bytes);
    return `${shareText(remote, all)} of its memory is remote`;
  }
  if (cells.length < 2) return null;
  return `straddles nodes ${cells.map(({ hostNode }) => hostNode).join(", ")}`;
}
