import { createHash } from "node:crypto";
import { beyondGuest, guestReportBounds } from "@evenkeel/core/evidence/guest-report-bounds.ts";
import type { Environment } from "../machine/child-environment.ts";
import type { AcceleratorState } from "@evenkeel/core/evidence/machine-evidence.ts";
import type { Unreadable } from "@evenkeel/core/evidence/unreadable.ts";
import type {
  GuestDevice,
  GuestHugepages,
  GuestNccl,
  GuestNode,
  GuestPort,
  GuestReport,
} from "@evenkeel/core/evidence/guest-report.ts";
import { INDEX_MAX } from "@evenkeel/core/set/index-set.ts";
import { formatList, parseList } from "@evenkeel/core/set/list-format.ts";
import { isPciAddress } from "@evenkeel/core/topology/pci-address.ts";
import { KiB } from "@evenkeel/core/unit/bytes.ts";
import { gpuDirectIn, ncclNetworkIn } from "../nccl/gpu-direct.ts";
import { slowestLink } from "../nccl/slowest-link.ts";
import { isDistance } from "../qemu/shape.ts";
import { firstProcessor } from "../sysfs/first-processor.ts";
import { pciControls } from "../sysfs/pci-config.ts";
import { readLink } from "../sysfs/pci-link.ts";
import { pciDirectory } from "../sysfs/pci.ts";
import { indexedNames, memoryField, readIndex, readLine } from "../sysfs/values.ts";
import { clocksource } from "../sysfs/clocksource.ts";
import { shown } from "../text/shown.ts";
import type { Tree } from "../tree/tree.ts";
import { contractFile } from "./contract-file.ts";
import { guestBars, guestCpu } from "./guest-facts.ts";

const nodeFolder = "/sys/devices/system/node";

/**
 * Reads what a guest sees of itself, from inside the guest: the same facts as `report.sh`, without
 * a shell.
 *
 * @param accelerators what `askAccelerators` was told there, which no file tells.
 */
export function readGuest(
  tree: Tree,
  env: Environment,
  accelerators: readonly AcceleratorState[] | null = null,
): GuestReport {
  const unreadable: Unreadable[] = [];
  /** The facts of a kind; null with a reason where a report cannot have them. */
  const readable = <T>(what: Counted, facts: readonly T[] | null, folder: string, beyond = "") => {
    const max = guestReportBounds[what];
    const long = facts !== null && facts.length > max ? `there are more than ${max}` : beyond;
    const why = facts === null ? `there is no ${folder}` : long;
    if (why !== "") unreadable.push({ what, why });
    return why === "" ? facts : null;
  };
  const found = nodesOf(tree);
  const beyond = beyondGuest({ nodes: found, devices: null, hugepages: [] })?.message;
  const nodes = readable("nodes", found, nodeFolder, beyond);
  const devices = readable("devices", devicesOf(tree), pciDirectory);
  const pools = (nodes ?? []).flatMap(({ id }) => hugepagesOf(tree, id));
  const contract = tree.readBytes(contractFile);
  const log = ncclLog(tree, env);
  return {
    apiVersion: "evenkeel/v1",
    kind: "GuestReport",
    where: tree.where,
    kernel: shown(readLine(tree, "/proc/sys/kernel/osrelease") ?? "", 256),
    clocksource: clocksource(tree),
    nodes,
    devices,
    hugepages: readable("hugepages", pools, nodeFolder) ?? [],
    cpu: cpuOf(tree),
    ports: portsOf(tree),
    accelerators,
    contract: contract === null ? null : { where: contractFile, sha256: digest(contract) },
    nccl: ncclOf(tree, env),
    gpuDirect: gpuDirectIn(log),
    ncclNetwork: ncclNetworkIn(log),
    unreadable,
  };
}

type Counted = "nodes" | "devices" | "hugepages";

const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

function nodesOf(tree: Tree): GuestNode[] | null {
  const ids = indexedNames(tree, nodeFolder, "node").filter((id) => id <= INDEX_MAX);
  if (ids.length === 0) return null;
  return ids.map((id) => {
    const path = `${nodeFolder}/node${id}`;
    const distances = readLine(tree, `${path}/distance`);
    const valid = distances !== null && /^\d{1,3}(?: \d{1,3}){0,1023}$/.test(distances);
    const row = valid ? distances.split(" ").map(Number) : [];
    return {
      id,
      cpus: formatList(
        parseList(readLine(tree, `${path}/cpulist`) ?? "") ?? { words: new Uint32Array(0) },
      ),
      memoryBytes: memoryField(tree.readText(`${path}/meminfo`), "MemTotal"),
      distances: row.length > 0 && row.every(isDistance) ? row : null,
    };
  });
}

function hugepagesOf(tree: Tree, node: number): GuestHugepages[] {
  const folder = `${nodeFolder}/node${node}/hugepages`;
  return tree.list(folder).flatMap((name) => {
    const kib = /^hugepages-([1-9]\d{0,8})kB$/.exec(name)?.[1];
    const total = countAt(tree, `${folder}/${name}/nr_hugepages`);
    if (kib === undefined || total === null) return [];
    const free = countAt(tree, `${folder}/${name}/free_hugepages`);
    return [{ node, sizeBytes: Number(kib) * KiB, total, free }];
  });
}

const upTo = (max: number, value: number | null): number | null =>
  value !== null && value <= max ? value : null;

/** The most pages of a size that a report holds. */
const PAGES_MAX = 999_999_999;

const countAt = (tree: Tree, path: string): number | null => upTo(PAGES_MAX, readIndex(tree, path));

function devicesOf(tree: Tree): GuestDevice[] | null {
  if (tree.realPath(pciDirectory) === null) return null;
  const identifier = (path: string): string | null =>
    /^0x([0-9a-f]{4})$/.exec(readLine(tree, path) ?? "")?.[1] ?? null;
  return tree.list(pciDirectory).flatMap((address) => {
    const path = `${pciDirectory}/${address}`;
    const bridge = readLine(tree, `${path}/class`)?.startsWith("0x06") ?? true;
    if (bridge || !isPciAddress(address)) return [];
    return [
      {
        address,
        vendor: identifier(`${path}/vendor`),
        device: identifier(`${path}/device`),
        node: upTo(INDEX_MAX, readIndex(tree, `${path}/numa_node`)),
        link: readLink(tree, path),
        bars: guestBars((readLine(tree, `${path}/resource`) ?? "").split(/\s+/)),
      },
    ];
  });
}

/** The bridges between PCI buses. */
function portsOf(tree: Tree): GuestPort[] | null {
  if (tree.realPath(pciDirectory) === null) return null;
  const ports = tree.list(pciDirectory).flatMap((address): GuestPort[] => {
    const path = `${pciDirectory}/${address}`;
    const isBridge = readLine(tree, `${path}/class`)?.startsWith("0x0604") ?? false;
    if (!isBridge || !isPciAddress(address)) return [];
    return [
      {
        address,
        link: readLink(tree, path),
        acsRedirect: pciControls(tree.readBytes(`${path}/config`)).acsRedirect,
        below: tree.list(path).filter(isPciAddress).slice(0, BELOW_MAX),
      },
    ];
  });
  return ports.length > guestReportBounds.devices ? null : ports;
}

/** A bus has 32 slots of 8 functions. */
const BELOW_MAX = 256;

const cpuFolder = "/sys/devices/system/cpu";

/** The processor; the first one stands for all. */
function cpuOf(tree: Tree): GuestReport["cpu"] {
  const { model, flags } = firstProcessor(tree);
  return guestCpu({
    model,
    flags,
    threads: readLine(tree, `${cpuFolder}/cpu0/topology/thread_siblings_list`),
    packages: indexedNames(tree, cpuFolder, "cpu").flatMap(
      (cpu) => readLine(tree, `${cpuFolder}/cpu${cpu}/topology/physical_package_id`) ?? [],
    ),
  });
}

/** Where NCCL looks by default (src/graph/topo.cc, `NCCL_TOPO_XML_DEFAULT`). */
const ncclDefault = "/var/run/nvidia-topologyd/virtualTopology.xml";

/** Where Evenkeel puts the file. */
const ncclOwn = "/etc/evenkeel/nccl-topology.xml";

/** NCCL takes its environment first, then its configuration, then the default path. */
function ncclOf(tree: Tree, env: Environment): GuestNccl | null {
  const at = (path: string): string | null => (tree.realPath(path) === null ? null : path);
  const candidates = [
    settingOf(tree, env, "NCCL_TOPO_FILE"),
    { value: at(ncclDefault), from: "nvidia-topologyd" },
    { value: at(ncclOwn), from: "/etc/evenkeel" },
  ];
  for (const { value: file, from } of candidates) {
    if (file === null) continue;
    const bytes = tree.readBytes(file);
    return {
      file: shown(file, 4096) ?? "?",
      sha256: bytes === null ? null : digest(bytes),
      from,
      inForce: bytes !== null && from !== "/etc/evenkeel",
      slowestLink: bytes === null ? null : slowestLink(tree.readText(file) ?? "", file),
    };
  }
  return null;
}

/** A setting of NCCL, from its environment, the user's file or the machine's. */
function settingOf(
  tree: Tree,
  env: Environment,
  name: "NCCL_TOPO_FILE" | "NCCL_DEBUG_FILE",
): { readonly value: string | null; readonly from: string } {
  const own = env[name] ?? "";
  if (own !== "") return { value: own, from: name };
  const files = [
    [env["NCCL_CONF_FILE"] || `${env["HOME"] ?? ""}/.nccl.conf`, "~/.nccl.conf"],
    ["/etc/nccl.conf", "/etc/nccl.conf"],
  ] as const;
  for (const [path, from] of files) {
    const lines = (tree.readText(path) ?? "").split("\n");
    const last = lines.findLast((line) => line.startsWith(`${name}=`));
    const value = last?.slice(name.length + 1) ?? "";
    if (value !== "") return { value: value.slice(0, 1024), from };
  }
  return { value: null, from: name };
}

/** As many processes of a job may each log to a file of their own. */
const LOGS_MAX = 64;

/** What NCCL has logged, where it was told to log to files: `/tmp/nccl.%h.%p`. */
function ncclLog(tree: Tree, env: Environment): string {
  const { value } = settingOf(tree, env, "NCCL_DEBUG_FILE");
  if (value === null) return "";
  const slash = value.lastIndexOf("/");
  const name = value.slice(slash + 1);
  const parts = name.split(/%[hp]/).map((part) => part.replaceAll(/[^\w]/g, "\\$&"));
  const pattern = new RegExp(`^${parts.join("[^/]*")}$`);
  const folder = value.slice(0, slash);
  const names = name.includes("%") ? tree.list(folder).filter((one) => pattern.test(one)) : [name];
  const logs = names.slice(0, LOGS_MAX).map((one) => tree.readText(`${folder}/${one}`) ?? "");
  return logs.join("\n");
}
