import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { invariant } from "@evenkeel/core/invariant.ts";
import { setOf } from "@evenkeel/core/set/list-format.ts";
import { size, unionAll } from "@evenkeel/core/set/index-set.ts";
import { shorten } from "@evenkeel/core/text/shorten.ts";
import { didYouMean } from "@evenkeel/core/text/did-you-mean.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { formatBytes } from "@evenkeel/core/unit/bytes.ts";
import type { CliContext } from "../../command/context.ts";
import type { Surroundings } from "../../command/surroundings.ts";
import { machineOf } from "../../input/read-hosts.ts";
import { type FleetFile, readFleet, readFleetFile } from "../../input/read-fleet.ts";
import type { ReadHost } from "../../input/read-named-hosts.ts";
import { jsonText } from "../../text/json-text.ts";
import { table } from "../../text/table.ts";
import { linesText } from "../../text/terminal-text.ts";
import type { TopologyFlags } from "./flags.ts";
import type { Subject } from "./subject.ts";

/** Prints the hosts of a fleet: a row for each, or all their Topology documents. */
export async function printFleet(
  path: string,
  flags: TopologyFlags,
  { surroundings, columns, paint }: CliContext,
): Promise<void> {
  const file = await readFleetFile(path, surroundings);
  const { hosts, plans } = await readFleet(file, flags["skip-unreadable"], surroundings);
  if (flags.output === "json") {
    const topologies = hosts.map(({ topology }) => topology);
    return surroundings.stdout.write(jsonText({ hosts: topologies }));
  }
  const vms = Map.groupBy(plans, ({ plan }) => plan.host);
  const [head = "", ...rows] = fitting(
    [
      ["host", "machine", "nodes", "cores", "CPUs", "memory", "GPUs", "", "NICs", "VMs"],
      ...hosts.map((host) => row(host, (vms.get(host.topology.name) ?? []).length)),
    ],
    columns,
  );
  surroundings.stdout.write(linesText([paint("bold", head), ...rows]));
}

/** One host of a fleet: the only one that is read. Errors: `host-unknown`, those of `readFleet`. */
export async function hostOfFleet(
  path: string,
  name: string,
  surroundings: Surroundings,
): Promise<Subject> {
  const file = await readFleetFile(path, surroundings);
  const hosts = file.hosts.filter((host) => host.name === name);
  if (hosts.length === 0) throw unknown(name, file, path);
  const plans = file.plans.filter(({ plan }) => plan.host === name);
  const { hosts: read } = await readFleet({ hosts, plans }, false, surroundings);
  const [host] = read;
  invariant(host !== undefined, "a host that cannot be read is an error");
  // Where its sources disagree was said when they were read.
  return { sources: [name], machine: machineOf(host), findings: [], plans };
}

/**
 * The table in the width of the terminal. Where it would be wider, the names of machines are cut,
 * then whole columns are left out, those that tell the least first.
 */
function fitting(cells: readonly (readonly string[])[], columns: number): readonly string[] {
  const beyondIn = (some: typeof cells): number =>
    Math.max(...tableOf(some).map((line) => line.length)) - columns;
  const longest = Math.max(...cells.map((one) => (one[machineColumn] ?? "").length));
  const length = Math.max(machineMin, longest - Math.max(0, beyondIn(cells)));
  let shown = cells.map((one) =>
    one.map((cell, i) => (i === machineColumn ? shorten(cell, length) : cell)),
  );
  for (const name of leastTelling) {
    if (beyondIn(shown) <= 0) break;
    const [head = []] = shown;
    shown = shown.map((one) => one.filter((_, i) => head[i] !== name));
  }
  return tableOf(shown);
}

const leftColumns: ReadonlySet<string> = new Set(["host", "machine", ""]);
const machineColumn = 1;
/** A shorter name of a machine tells nothing. */
const machineMin = 8;
const leastTelling = ["machine", "CPUs", "NICs", "cores", "nodes"] as const;

function tableOf(cells: readonly (readonly string[])[]): string[] {
  const [head = []] = cells;
  return table(
    cells,
    head.map((name) => (leftColumns.has(name) ? "left" : "right")),
  );
}

function row({ topology }: ReadHost, vms: number): readonly string[] {
  const { name, machine, nodes, cores, nics } = topology;
  const cpus = cpusOf(topology);
  return [
    name,
    [machine.vendor, machine.product].filter((part) => part !== null).join(" ") ||
      (machine.cpuModel ?? "?").replaceAll(/\((?:R|TM|r|tm)\)/g, ""),
    String(nodes.length),
    cores.length === 0 ? "?" : String(cores.length),
    cpus === null ? "?" : String(cpus),
    memoryText(topology),
    ...gpuTexts(topology),
    String(nics.length),
    String(vms),
  ];
}

/** How many CPUs are online, of cores or at least of nodes; null where nobody told. */
function cpusOf({ cores, nodes }: Topology): number | null {
  const lists = cores.length > 0 ? cores : nodes;
  const known = lists.flatMap(({ cpus }) => cpus ?? []);
  if (known.length < lists.length || known.length === 0) return null;
  return size(unionAll(known.map(setOf)));
}

function memoryText({ nodes }: Topology): string {
  const known = nodes.flatMap(({ memoryBytes }) => memoryBytes ?? []);
  if (known.length < nodes.length) return "?";
  return formatBytes(known.reduce((sum, bytes) => sum + bytes, 0));
}

/** How many accelerators, and of which models. */
function gpuTexts({ accelerators }: Topology): readonly [count: string, models: string] {
  const models = new Set(accelerators.map(({ model }) => model ?? "?"));
  return [String(accelerators.length), [...models].join(", ")];
}

function unknown(name: string, { hosts }: FleetFile, path: string): EvenkeelError {
  const names = hosts.map((host) => host.name);
  const near = didYouMean(name, names);
  return new EvenkeelError("host-unknown", `the fleet has no host ${JSON.stringify(name)}`, {
    where: path,
    expected: `one of ${names.slice(0, 20).join(", ")}${names.length > 20 ? ", …" : ""}`,
    remedy: near === null ? `name one of them: --host ${names[0] ?? ""}` : `did you mean ${near}?`,
  });
}
