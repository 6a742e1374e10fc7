import { flavorText } from "@evenkeel/simulate/flavor-text.ts";
import { workloadName } from "@evenkeel/core/cost/workload.ts";
import { linesText } from "./terminal-text.ts";
import type { Plan } from "@evenkeel/core/plan/plan.ts";
import type { PlanCost } from "@evenkeel/core/cost/plan-cost.ts";
import type { OrdinaryVm } from "@evenkeel/simulate/ordinary-stack.ts";
import type { TwinComparison } from "@evenkeel/simulate/twins.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { at } from "@evenkeel/core/unit/list.ts";
import { type OccupiedNode, occupancyText } from "./occupancy-text.ts";
import type { View } from "./plan-text.ts";
import { wrap } from "@evenkeel/core/text/wrap.ts";
import { table } from "./table.ts";

/**
 * A comparison of twins: both placements drawn, the predicted times, and the differences by layer.
 * The twins are A and B throughout.
 */
export function twinsText(
  comparison: TwinComparison,
  why: string,
  written: { readonly folder: string; readonly files: readonly string[] },
  view: View,
): string {
  const { paint, width } = view;
  const heading = (title: string, note: string): string =>
    `${paint("bold", title)}  ${paint("dim", note)}`;
  return linesText([
    paint("bold", "Why is a GPU VM slower than its twin?"),
    ...wrap(`${why}: ${machineWords(comparison.topology)}.`, width),
    ...wrap(`A and B are VMs of one flavor: ${requestWords(comparison)}.`, width),
    "",
    heading("As an ordinary stack places them", "first free GPUs, floating vCPUs, first touch"),
    ...occupancyText(ordinaryNodes(comparison), view),
    timesLine(
      comparison.ordinary.map(({ cost }) => cost),
      view,
    ),
    "",
    heading("As Evenkeel places them", "one plan each: devices, cores and memory together"),
    ...occupancyText(plannedNodes(comparison), view),
    timesLine(
      comparison.plans.map(({ cost }) => cost),
      view,
    ),
    ...signatureLines(comparison.plans, view),
    "",
    ...layerLines(comparison, view),
    "",
    `Written to ${written.folder}:`,
    ...wrap(`  ${written.files.join(", ")}`, width, "  "),
    "Next: npx evenkeel topology --from machine:hgx-h100",
    "      npx evenkeel place --help",
  ]);
}

function machineWords(topology: Topology): string {
  const { accelerators, nodes, cores, machine } = topology;
  const models = [...new Set(accelerators.map(({ model }) => model ?? "unknown model"))];
  const product = machine.product === null ? "" : `${machine.product}, `;
  return `${product}${accelerators.length} × ${models.join(" and ")}, ${nodes.length} NUMA nodes, ${cores.length} cores`;
}

const requestWords = ({ request }: TwinComparison): string =>
  `${flavorText(request)}, for ${workloadName(request.workload)}`;

function ordinaryNodes({ topology, ordinary }: TwinComparison): OccupiedNode[] {
  return occupiedNodes(
    topology,
    ordinary.map(({ vm }) => vm),
    (vm) => vm.memoryOnNodes,
    () => null,
  );
}

function plannedNodes({ topology, plans }: TwinComparison): OccupiedNode[] {
  return occupiedNodes(
    topology,
    plans.map((plan) => ({
      plan,
      accelerators: plan.cells.flatMap((cell) => cell.accelerators),
      nics: plan.cells.flatMap((cell) => cell.nics),
    })),
    ({ plan }) => plan.cells.flatMap((cell) => cell.memoryOnNodes),
    ({ plan }, node) =>
      plan.cells
        .filter((cell) => cell.hostNode === node)
        .reduce((sum, cell) => sum + cell.vcpus.length / plan.threadsPerCore, 0),
  );
}

interface Holder {
  readonly accelerators: readonly string[];
  readonly nics: readonly string[];
}

/** What the VMs hold on each node that has CPUs, or memory of theirs. */
function occupiedNodes<Vm extends Holder>(
  topology: Topology,
  vms: readonly Vm[],
  memory: (vm: Vm) => OrdinaryVm["memoryOnNodes"],
  cores: (vm: Vm, node: number) => number | null,
): OccupiedNode[] {
  const nodeOf = new Map(topology.pci.map((device) => [device.address, device.node]));
  const countOn = (node: number, addresses: readonly string[]): number =>
    addresses.filter((address) => nodeOf.get(address) === node).length;
  const bytesOn = (node: number, vm: Vm): number =>
    memory(vm).reduce((sum, part) => sum + (part.node === node ? part.bytes : 0), 0);
  const addresses = (devices: readonly { readonly address: string }[]): string[] =>
    devices.map((device) => device.address);
  return topology.nodes
    .filter((node) => node.cpus !== "" || vms.some((vm) => bytesOn(node.id, vm) > 0))
    .map(({ id, memoryBytes }) => ({
      id,
      rows: [
        {
          label: "GPUs",
          total: countOn(id, addresses(topology.accelerators)),
          held: vms.map((vm) => countOn(id, vm.accelerators)),
          countable: true,
        },
        {
          label: "NICs",
          total: countOn(id, addresses(topology.nics)),
          held: vms.map((vm) => countOn(id, vm.nics)),
          countable: true,
        },
        {
          label: "cores",
          total: topology.cores.filter((core) => core.node === id).length,
          held: vms.map((vm) => cores(vm, id)),
          countable: false,
        },
        {
          label: "memory",
          total: memoryBytes,
          held: vms.map((vm) => bytesOn(id, vm)),
          countable: false,
        },
      ],
    }));
}

const vmLetters = ["A", "B"] as const;

/** The predicted time of each twin's work, and the difference. */
function timesLine(costs: readonly PlanCost[], { paint }: View): string {
  const basis = costs[0]?.basis ?? "unknown";
  const [a, b] = [at(costs, 0).slowdown, at(costs, 1).slowdown];
  const times = costs.map(({ slowdown }, i) => `${vmLetters[i]} ${slowdown.toFixed(2)}`).join(", ");
  const [slow, gap] = a > b ? ["A", a / b - 1] : ["B", b / a - 1];
  const percent = Math.round(gap * 100);
  const verdict =
    percent === 0
      ? paint("green", "the same way twice")
      : paint("red", `${slow} is ${percent} % slower than its twin`);
  return `  predicted (best 1): ${times}; ${verdict} ${paint("dim", `(${basis})`)}`;
}

function signatureLines(plans: readonly Plan[], { width, paint }: View): string[] {
  const signatures = new Set(plans.map(({ signature }) => signature));
  const [first] = plans;
  if (first === undefined) return [];
  const label =
    signatures.size === 1
      ? `one signature, ${first.signature}: `
      : paint("yellow", `different signatures, ${[...signatures].join(" and ")}; A: `);
  return wrap(`  ${label}${first.signatureText}`, width, "  ");
}

function layerLines({ layers }: TwinComparison, { paint }: View): string[] {
  const added = (value: number | undefined): string =>
    value === undefined ? "?" : value < 0.005 ? "-" : `+${Math.round(value * 100)}%`;
  const rows = layers.map(({ layer, ordinary, evenkeel, added: cost }) => [
    layer,
    ordinary,
    evenkeel,
    added(cost?.[0]),
    added(cost?.[1]),
  ]);
  const [head = "", ...lines] = table(
    [["layer", "ordinary stack", "Evenkeel", "A", "B"], ...rows],
    ["left", "left", "left", "right", "right"],
  );
  const bases = [...new Set(layers.map(({ basis }) => basis))].filter(
    (basis) => basis !== "unknown",
  );
  const note = `costs are ${bases.join(" and ")}; ? is unknown until it is measured on real GPUs`;
  return [paint("dim", head), ...lines, paint("dim", note)];
}
