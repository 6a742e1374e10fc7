import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import { normalPciAddress } from "@evenkeel/core/topology/pci-address.ts";
import { element, type XmlElement } from "@evenkeel/core/xml/element.ts";
import { ignore, type Note, noteLeftovers } from "../text/note.ts";
import { type ListedGpu, type Log, type LogLine, readLog } from "./log-lines.ts";
import { addressOf, type NetNames, systemOf } from "./log-system.ts";
import { type LogTree, readTrees } from "./log-tree.ts";
import { topologyOfSystem } from "./read-nccl.ts";

/**
 * Reads the machine in a log of NCCL or RCCL (`NCCL_DEBUG=INFO`): with the topology that
 * `NCCL_DEBUG_SUBSYS=GRAPH` adds, the GPUs and NICs, the switches above them, their nodes, ports
 * and links; without it, the GPUs that the ranks use. The list of devices that nccl-tests prints
 * gives the GPUs' names. Where ranks of several hosts write one log, the host that comes first
 * counts, and `note` says which others there are.
 *
 * Errors: `text-unexpected` where no line tells of a device, or the lines have lost their
 * indentation; those of `readNccl`; `file-too-large`.
 */
export function readNcclLog(text: string, where: string, note: Note = ignore): Topology {
  const log = readLog(text, where);
  const hosts = hostsOf(log.lines);
  const host = hosts[0] ?? "";
  const lines = log.lines.filter((line) => line.host === host);
  const trees = treesOf(lines);
  const system = trees.length > 0 ? systemOf(trees, netNames(lines)) : ranksOnly(lines);
  if (system === null) throw noTopology(where);
  refuseUnclear(trees, where);
  const listed = listedNames(log, host);
  const topology = topologyOfSystem(system, { where, name: host || "host", modelOf: listed });
  noteLeftovers(note, "NCCL", where, {
    missing: trees.every(({ isWhole }) => isWhole) ? [] : ["the end of a topology"],
    unused: [
      ...(trees.length > 0 ? ["its estimates of bandwidths and its paths"] : []),
      ...hosts.slice(1).map((other) => `the topology of host ${other}`),
    ],
  });
  return topology;
}

/** The hosts with lines about a topology, else those with any lines, in the log's order. */
function hostsOf(lines: readonly LogLine[]): readonly string[] {
  const telling = lines.filter(({ message }) => /^(?:=== System| {0,4000}\+ |CPU\/)/.test(message));
  const ranks = lines.filter(({ message }) => rankStart.test(message));
  const own = telling.length > 0 ? telling : ranks;
  return [...new Set(own.map(({ host }) => host))];
}

function treesOf(lines: readonly LogLine[]): readonly LogTree[] {
  const byWriter = Map.groupBy(lines, ({ writer }) => writer);
  return [...byWriter.values()].flatMap(readTrees);
}

/** `… rank 0 nranks 16 cudaDev 0 nvmlDev 0 busId 7000 commId … - Init START` */
const rankStart = /\brank \d{1,7} nranks \d{1,7} [^\n]{0,80}\bbusId ([0-9a-fA-F]{1,16})\b/i;

/** The GPUs of the ranks, on no known node; null where there are none. */
function ranksOnly(lines: readonly LogLine[]): XmlElement | null {
  const addresses = new Set(
    lines.flatMap(({ message }) => addressOf(rankStart.exec(message)?.[1] ?? "") ?? []),
  );
  const gpus = [...addresses].map((busid) =>
    element("pci", { busid, class: "0x03" }, [element("gpu")]),
  );
  return gpus.length === 0 ? null : element("system", {}, [element("cpu", { numaid: -1 }, gpus)]);
}

function netNames(lines: readonly LogLine[]): NetNames {
  const names = new Map<number, string>();
  for (const { message } of lines) {
    if (!/^NET\/\w{1,20} ?: Using /.test(message)) continue;
    for (const [, dev = "", name = ""] of message.matchAll(usedNet)) {
      if (!names.has(Number(dev))) names.set(Number(dev), name);
    }
  }
  return names;
}

/** `[0]mlx5_0:1/RoCE`, and `[0]eth0:10.0.0.1<0>` for sockets. */
const usedNet = /\[(\d{1,4})\]([\w.-]{1,63}):(?:\d{1,5}\/\w{1,16}|[\d.a-f:]{2,46}<\d{1,5}>)/g;

/** The name of each GPU in the list of nccl-tests; a host's own where it lists several. */
function listedNames({ gpus }: Log, host: string): (address: string) => string | null {
  const several = new Set(gpus.map((gpu) => gpu.host)).size > 1;
  const own = gpus.filter((gpu) => gpu.host === host || (!several && host === ""));
  const names = new Map(own.flatMap((gpu) => keyed(gpu)));
  return (address) => names.get(address) ?? null;
}

function keyed({ bus, name }: ListedGpu): [string, string][] {
  // Older releases print the bus alone.
  const full = bus.includes(":") ? `${bus}.0` : `0000:${bus}:00.0`;
  const address = normalPciAddress(full);
  return address === null ? [] : [[address, name.replace(/^NVIDIA /, "")]];
}

function refuseUnclear(trees: readonly LogTree[], where: string): void {
  const systems = new Set(trees.flatMap(({ cpus }) => cpus.flatMap(({ host }) => host ?? [])));
  if (systems.size > 1) {
    throw new EvenkeelError("text-unexpected", `has a topology of ${systems.size} hosts`, {
      where,
      expected: "the topology of one host",
      remedy: "log with NCCL_MNNVL_ENABLE=0",
    });
  }
  if (!trees.some(({ isFlat }) => isFlat)) return;
  throw new EvenkeelError("text-unexpected", "has lost the blanks at the starts of its lines", {
    where,
    expected: "NCCL's topology as logged, where the indentation says what is below what",
    remedy: "paste it as code, or give the file of NCCL_TOPO_DUMP_FILE",
  });
}

function noTopology(where: string): EvenkeelError {
  return new EvenkeelError("text-unexpected", "is a log of NCCL that tells of no device", {
    where,
    expected: "a log with the topology of the machine",
    remedy: "log with NCCL_DEBUG=INFO NCCL_DEBUG_SUBSYS=INIT,GRAPH, or set NCCL_TOPO_DUMP_FILE",
  });
}
