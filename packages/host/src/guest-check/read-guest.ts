import { createHash } from "node:crypto";
import { beyondGuest, guestReportBounds } from "@evenkeel/core/evidence/guest-report-bounds.ts";
import type { Unreadable } from "@evenkeel/core/evidence/unreadable.ts";
import type {
  GuestDevice,
  GuestHugepages,
  GuestNccl,
  GuestNode,
  GuestReport,
} from "@evenkeel/core/evidence/guest-report.ts";
import { INDEX_MAX } from "@evenkeel/core/set/index-set.ts";
import { formatList, parseList } from "@evenkeel/core/set/list-format.ts";
import { isPciAddress } from "@evenkeel/core/topology/pci-address.ts";
import { KiB } from "@evenkeel/core/unit/bytes.ts";
import { isDistance } from "../qemu/shape.ts";
import { readLink } from "../sysfs/pci-link.ts";
import { pciDirectory } from "../sysfs/pci.ts";
import { indexedNames, memoryField, readIndex, readLine } from "../sysfs/values.ts";
import { shown } from "../text/shown.ts";
import type { Tree } from "../tree/tree.ts";

/**
 * Where a guest finds its contract, with CONFIG_FW_CFG_SYSFS
 * (Documentation/ABI/testing/sysfs-firmware-qemu_fw_cfg).
 */
export const contractFile = "/sys/firmware/qemu_fw_cfg/by_name/opt/evenkeel/contract/raw";

const nodeFolder = "/sys/devices/system/node";

/**
 * Reads what a guest sees of itself, from inside the guest: the same facts as `report.sh`, without
 * a shell.
 */
export function readGuest(
  tree: Tree,
  env: Readonly<Record<string, string | undefined>>,
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
  return {
    apiVersion: "evenkeel/v1",
    kind: "GuestReport",
    where: tree.where,
    kernel: shown(readLine(tree, "/proc/sys/kernel/osrelease") ?? "", 256),
    nodes,
    devices,
    hugepages: readable("hugepages", pools, nodeFolder) ?? [],
    cpu: null,
    ports: null,
    accelerators: null,
    contract: contract === null ? null : { where: contractFile, sha256: digest(contract) },
    nccl: ncclOf(tree, env),
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
      },
    ];
  });
}

/** Where NCCL looks by default (src/graph/topo.cc, `NCCL_TOPO_XML_DEFAULT`). */
const ncclDefault = "/var/run/nvidia-topologyd/virtualTopology.xml";

/** NCCL takes its environment first, then its configuration, then the default path. */
function ncclOf(tree: Tree, env: Readonly<Record<string, string | undefined>>): GuestNccl | null {
  const configured = /^NCCL_TOPO_FILE=(.{1,1024})$/m.exec(
    tree.readText("/etc/nccl.conf") ?? "",
  )?.[1];
  const candidates = [
    { file: env["NCCL_TOPO_FILE"], from: "NCCL_TOPO_FILE" },
    { file: configured, from: "/etc/nccl.conf" },
    {
      file: tree.realPath(ncclDefault) === null ? undefined : ncclDefault,
      from: "nvidia-topologyd",
    },
  ];
  for (const { file, from } of candidates) {
    if (file === undefined || file === "") continue;
    const bytes = tree.readBytes(file);
    return {
      file: shown(file, 4096) ?? "?",
      sha256: bytes === null ? null : digest(bytes),
      from,
      slowestLink: null,
      gpuDirect: null,
    };
  }
  return null;
}
