import type {
  ShapeCell,
  ShapeCpu,
  ShapeDevice,
  ShapeEvidence,
} from "@evenkeel/core/evidence/evidence.ts";
import { indexSet } from "@evenkeel/core/set/index-set.ts";
import { formatList, parseList } from "@evenkeel/core/set/list-format.ts";
import { isPciAddress } from "@evenkeel/core/topology/pci-address.ts";
import { at } from "@evenkeel/core/unit/list.ts";
import { NODE_MAX } from "../text/cpu-list.ts";
import { portLinkIn } from "../qemu/shape.ts";
import { shown } from "../text/shown.ts";
import { type Monitor, Refused } from "./monitor.ts";
import {
  integerOf,
  parseHostAddress,
  parseRamBlocks,
  type RamAddress,
  recordOf,
  recordsOf,
  textOf,
} from "./parse.ts";

const TID_MAX = 2 ** 31 - 1;
const INDEX_MAX = 65_535;

/** What the monitor says about a VM. */
export interface MonitorReading {
  readonly where: string;
  readonly vcpus: readonly {
    readonly id: number;
    readonly tid: number;
    readonly node: number | null;
  }[];
  readonly iothreads: readonly { readonly id: string; readonly tid: number }[];
  readonly ram: readonly RamAddress[];
  readonly shape: ShapeEvidence;
}

/**
 * The bounds of a reading. A guest that took its emulator over chooses the answers, and each may
 * lead to more questions. QEMU has at most 128 nodes, and a machine some hundred devices and ports.
 */
const bounds = { backends: 1024, iothreads: 1024, devices: 1024, questions: 8192 } as const;

/**
 * Reads the VM with a few commands, and some more per device and port. None changes anything. What
 * does not depend on other answers is asked at the same time.
 *
 * Rejects where the monitor does not answer, or beyond a bound, which the error names: a part of
 * what it says would look like a VM that lacks the rest.
 */
export async function readMonitor(asked: Monitor): Promise<MonitorReading> {
  const monitor = bounded(asked);
  const { where } = monitor;
  const cpus = monitor.ask("query-cpus-fast").then((answer) => recordsOf(answer));
  const memdev = monitor.ask("query-memdev").then((answer) => recordsOf(answer, bounds.backends));
  const [vcpus, iothreads, backends, ram, devices, cpu, balloon] = await Promise.all([
    cpus.then(vcpusOf),
    monitor.ask("query-iothreads").then(iothreadsOf),
    memdev,
    ramAddresses(monitor, memdev),
    devicesOf(monitor),
    cpus.then((all) => cpuOf(monitor, all)),
    balloonOf(monitor),
  ]);
  const cells =
    cellsOf(vcpus)?.map((cell) => ({ ...cell, ...backendOf(cell.id, backends) })) ?? null;
  const shape = { source: "monitor", where, cells, devices, cpu, balloon } as const;
  return {
    where,
    vcpus,
    iothreads,
    ram,
    shape: { ...shape, contract: null, confidential: null, managedSave: null, pins: null },
  };
}

function vcpusOf(cpus: readonly Readonly<Record<string, unknown>>[]): MonitorReading["vcpus"] {
  return cpus.flatMap((cpu) => {
    const id = integerOf(cpu["cpu-index"], INDEX_MAX);
    const tid = integerOf(cpu["thread-id"], TID_MAX);
    const node = integerOf(recordOf(cpu["props"])?.["node-id"], NODE_MAX);
    return id === null || tid === null ? [] : [{ id, tid, node }];
  });
}

function iothreadsOf(answer: unknown): MonitorReading["iothreads"] {
  return recordsOf(answer, bounds.iothreads).flatMap((one) => {
    const id = textOf(one["id"]);
    const tid = integerOf(one["thread-id"], TID_MAX);
    return id === null || tid === null ? [] : [{ id, tid }];
  });
}

/**
 * The processor: its model is the class of the first one, `Skylake-Server-x86_64-cpu`, its threads
 * are numbered. Which features were asked for, the monitor does not tell.
 */
async function cpuOf(
  monitor: Monitor,
  cpus: readonly Readonly<Record<string, unknown>>[],
): Promise<ShapeCpu | null> {
  if (cpus.length === 0 || cpus.length > INDEX_MAX) return null;
  const path = textOf(cpus[0]?.["qom-path"]);
  const type =
    path === null ? null : textOf(await orRefused(monitor, "qom-get", { path, property: "type" }));
  const props = cpus.map((cpu) => recordOf(cpu["props"]));
  const countOf = (key: string): number | null => {
    const numbers = props.map((one) => integerOf(one?.[key], INDEX_MAX));
    return numbers.includes(null) ? null : new Set(numbers).size;
  };
  return {
    vcpus: cpus.length,
    model: shown(/^(.{1,120})-[a-z0-9_]{1,16}-cpu$/.exec(type ?? "")?.[1] ?? "", 128),
    sockets: countOf("socket-id"),
    dies: countOf("die-id"),
    cores: countOf("core-id"),
    threads: countOf("thread-id"),
    features: [],
  };
}

/** What the balloon leaves the guest, of what it was started with; null without a balloon. */
async function balloonOf(monitor: Monitor): Promise<ShapeEvidence["balloon"]> {
  const [balloon, memory] = await Promise.all([
    orRefused(monitor, "query-balloon").then(recordOf),
    orRefused(monitor, "query-memory-size-summary").then(recordOf),
  ]);
  const [actualBytes, maxBytes] = [balloon?.["actual"], memory?.["base-memory"]].map((one) =>
    integerOf(one, Number.MAX_SAFE_INTEGER),
  );
  return actualBytes == null || maxBytes == null ? null : { actualBytes, maxBytes };
}

/** The answer; null where QEMU refuses. */
async function orRefused(
  monitor: Monitor,
  command: string,
  args?: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  try {
    return await monitor.ask(command, args);
  } catch (error) {
    if (error instanceof Refused) return null;
    throw error;
  }
}

/** Asks no more than the bound, and nothing twice, since devices share the buses above them. */
function bounded({ where, ask }: Monitor): Monitor {
  const answers = new Map<string, Promise<unknown>>();
  return {
    where,
    ask: async (command, args) => {
      const question = JSON.stringify([command, args]);
      const known = answers.get(question);
      if (known !== undefined) return known;
      if (answers.size >= bounds.questions) {
        throw new Error(`what the monitor says leads to more than ${bounds.questions} questions`);
      }
      const answer = ask(command, args);
      answers.set(question, answer);
      return answer;
    },
  };
}

/**
 * The nodes with their vCPUs; null if no vCPU has a node. The monitor lists nodes in no other way.
 */
function cellsOf(vcpus: MonitorReading["vcpus"]): ShapeCell[] | null {
  const placed = vcpus.flatMap(({ id, node }) => (node === null ? [] : [{ id, node }]));
  if (placed.length === 0 || placed.length < vcpus.length) return null;
  return [...Map.groupBy(placed, ({ node }) => node)]
    .toSorted(([a], [b]) => a - b)
    .map(([id, of]) => ({
      id,
      cpus: formatList(indexSet(of.map((vcpu) => vcpu.id).filter((index) => index <= 65_535))),
      backend: null,
      memoryBytes: null,
      policy: null,
      pageBytes: null,
      distances: null,
    }));
}

/** The backend of a cell as libvirt names it. Other names are only on the command line. */
function backendOf(
  cell: number,
  backends: readonly Readonly<Record<string, unknown>>[],
): Pick<ShapeCell, "backend" | "memoryBytes" | "policy"> {
  const own = backends.find((one) => one["id"] === `ram-node${cell}`);
  if (own === undefined) return { backend: null, memoryBytes: null, policy: null };
  const mode = shown(textOf(own["policy"]) ?? "", 32);
  const nodes = Array.isArray(own["host-nodes"]) ? parseList(own["host-nodes"].join(",")) : null;
  return {
    backend: `ram-node${cell}`,
    memoryBytes: integerOf(own["size"], Number.MAX_SAFE_INTEGER),
    policy:
      mode === null || nodes === null
        ? null
        : { mode: mode === "preferred" ? "prefer" : mode, nodes: formatList(nodes) },
  };
}

/**
 * Finds the addresses of memory blocks in the QEMU process. Since QEMU 8.0 there is a table.
 * Before, one can ask about an address of the guest, and the answer names its block. So this tries
 * all addresses at which a block may begin: without holes, above the hole of x86 below 4 GiB, and
 * from 1 GiB as on arm64.
 */
async function ramAddresses(
  monitor: Monitor,
  memdev: Promise<readonly Readonly<Record<string, unknown>>[]>,
): Promise<RamAddress[]> {
  const table = parseRamBlocks(await human(monitor, "info ramblock"));
  if (table.length > 0) return table;
  const sizes = (await memdev).flatMap(
    (one) => integerOf(one["size"], Number.MAX_SAFE_INTEGER) ?? [],
  );
  const offsets = [0];
  // The monitor lists backends in no order, so a block may begin at any sum of sizes.
  for (const size of sizes.toReversed()) offsets.push(at(offsets, offsets.length - 1) + size);
  const answers = await Promise.all(
    offsets
      .flatMap((offset) => bases.map((base) => offset + base))
      .map((address) => human(monitor, `gpa2hva 0x${address.toString(16)}`)),
  );
  const found = new Map<string, RamAddress>();
  for (const block of answers.flatMap((answer) => parseHostAddress(answer) ?? [])) {
    if (!found.has(block.backend)) found.set(block.backend, block);
  }
  return [...found.values()];
}

const GiB = 1024 ** 3;
/** Where memory may begin again: no hole; the holes of q35 and i440FX; and the memory of Arm. */
const bases: readonly number[] = [0, 2 * GiB, GiB];

async function human(monitor: Monitor, line: string): Promise<string> {
  try {
    return textOfLong(await monitor.ask("human-monitor-command", { "command-line": line }));
  } catch (error) {
    // QEMU refuses an address without memory.
    if (error instanceof Refused) return "";
    throw error;
  }
}

const textOfLong = (value: unknown): string =>
  typeof value === "string" ? value.slice(0, 1_000_000) : "";

const DEPTH_MAX = 16;

/** The passed-through devices with the buses above them, from the object tree of QEMU. */
async function devicesOf(monitor: Monitor): Promise<ShapeDevice[]> {
  const folders = ["/machine/peripheral", "/machine/peripheral-anon"];
  const paths = await Promise.all(folders.map((path) => passedThrough(monitor, path)));
  const devices = await Promise.all(paths.flat().map((path) => deviceAt(monitor, path)));
  return devices.filter((device) => device !== null);
}

/** The paths of the passed-through devices in a folder of the object tree. */
async function passedThrough(monitor: Monitor, folder: string): Promise<readonly string[]> {
  const children = recordsOf(await monitor.ask("qom-list", { path: folder }), bounds.devices);
  return children
    .filter((child) => (textOf(child["type"]) ?? "").startsWith("child<vfio-pci"))
    .map((child) => `${folder}/${textOf(child["name"]) ?? ""}`);
}

async function deviceAt(monitor: Monitor, path: string): Promise<ShapeDevice | null> {
  const get = async (of: string, property: string): Promise<unknown> =>
    orRefused(monitor, "qom-get", { path: of, property });
  const [host, place, portLink] = await Promise.all([
    get(path, "host").then(textOf),
    placeOf(path, get),
    portLinkOf(path, get),
  ]);
  if (host === null || !isPciAddress(host)) return null;
  return { hostAddress: host, ...place, ...portLink };
}

/** What the port right above says of its link, given or not. */
async function portLinkOf(
  device: string,
  get: (path: string, property: string) => Promise<unknown>,
): Promise<Pick<ShapeDevice, "portSpeedGTs" | "portWidth">> {
  const bus = textOf(await get(device, "parent_bus")) ?? "";
  const port = bus.slice(0, bus.lastIndexOf("/"));
  if (port === "") return portLinkIn(null, null);
  const [speed, width] = await Promise.all([get(port, "x-speed"), get(port, "x-width")]);
  return portLinkIn(textOf(speed), textOf(width));
}

async function placeOf(
  device: string,
  get: (path: string, property: string) => Promise<unknown>,
): Promise<Pick<ShapeDevice, "above" | "cell">> {
  const above: string[] = [];
  let below = device;
  for (let depth = 0; depth < DEPTH_MAX; depth++) {
    // A bus is a child of its port: `/machine/peripheral/pci.2/pci.2`.
    const bus = textOf(await get(below, "parent_bus"));
    if (bus === null) break;
    const owner = bus.slice(0, bus.lastIndexOf("/"));
    const name = bus.slice(bus.lastIndexOf("/") + 1);
    above.push(shown(name, 128) ?? "?");
    // An expander's bus belongs to a host bridge that the expander creates. The expander itself,
    // which has the node, is named like the bus (QEMU's hw/pci-bridge/pci_expander_bridge.c).
    const told = await Promise.all(
      [owner, `/machine/peripheral/${name}`].map((path) => get(path, "numa_node")),
    );
    const [node] = told.flatMap((value) => integerOf(value, INDEX_MAX) ?? []);
    // An expander without a node has 65535 (NUMA_NODE_UNASSIGNED is beyond 128).
    if (node !== undefined) return { above, cell: node > NODE_MAX ? null : node };
    below = owner;
  }
  return { above, cell: null };
}
