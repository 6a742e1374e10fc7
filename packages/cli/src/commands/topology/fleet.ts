import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { invariant } from "@evenkeel/core/invariant.ts";
import { setOf } from "@evenkeel/core/set/list-format.ts";
import { size } from "@evenkeel/core/set/index-set.ts";
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

/** The table, with the names of machines cut where it would be wider than the terminal. */
function fitting(cells: readonly (readonly string[])[], columns: number): readonly string[] {
  const align = cells[0]?.map((_, i) => (i < 2 || i === 7 ? "left" : "right")) ?? [];
  const named = table(cells, align);
  const beyond = Math.max(...named.map((line) => line.length)) - columns;
  if (beyond <= 0) return named;
  const longest = Math.max(...cells.map(([, machine = ""]) => machine.length));
  const length = Math.max(8, longest - beyond);
  return table(
    cells.map(([host = "", machine = "", ...others]) => [
      host,
      shorten(machine, length),
      ...others,
    ]),
    align,
  );
}

function row({ topology }: ReadHost, vms: number): readonly string[] {
  const { name, machine, nodes, cores, nics } = topology;
  const cpus = cores.reduce((sum, core) => sum + size(setOf(core.cpus)), 0);
  return [
    name,
    [machine.vendor, machine.product].filter((part) => part !== null).join(" ") ||
      (machine.cpuModel ?? "?").replaceAll(/\((?:R|TM|r|tm)\)/g, ""),
    String(nodes.length),
    String(cores.length),
    String(cpus),
    memoryText(topology),
    ...gpuTexts(topology),
    String(nics.length),
    String(vms),
  ];
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
    remedy: near === null ? "add the host first" : `did you mean ${near}?`,
  });
}
