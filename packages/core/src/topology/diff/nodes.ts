import { formatBytes } from "../../unit/bytes.ts";
import type { HugepagePool, MemoryNode, Topology, UnnumberedNode } from "../topology.ts";
import { changeText, paired, type TopologyDifference } from "./difference.ts";

/** The changes of nodes, apart from their CPUs: memory, its kind and huge pages. */
export function nodeDifferences(a: Topology, b: Topology): TopologyDifference[] {
  return paired(a.nodes, b.nodes, ({ id }) => `${id}`).flatMap(({ before, after }) => {
    if (before !== null && after !== null) return changes(before, after);
    const node = before ?? after;
    return node === null ? [] : [cameOrWent(node, after !== null)];
  });
}

/**
 * The changes of what is known of nodes without numbers; a device that came or went, or whose node
 * became known or unknown, says it itself.
 */
export function unnumberedDifferences(a: Topology, b: Topology): TopologyDifference[] {
  const [before, after] = [a, b].map(
    ({ pci }) => new Map(pci.map(({ address, node }) => [address, node])),
  );
  const stays = (address: string): boolean =>
    before?.get(address) === null && after?.get(address) === null;
  const lasting = (nodes: readonly UnnumberedNode[]): readonly UnnumberedNode[] =>
    nodes.filter(({ devices }) => devices.every(stays));
  const nodes = paired(lasting(a.unnumberedNodes), lasting(b.unnumberedNodes), devicesOf);
  return nodes.flatMap(({ before: was, after: is }): TopologyDifference[] => {
    const node = was ?? is;
    if (node === null) return [];
    const devices = devicesOf(node);
    const own = { group: "nodes", subject: devices, lasting: true } as const;
    const path = `unnumberedNodes[${node.devices.join(" ")}]`;
    const cpus = { before: was?.cpus ?? null, after: is?.cpus ?? null };
    if (node.devices.length > 1 && (was === null || is === null)) {
      const message = `${devices} are ${is === null ? "no longer" : "now"} known to share a node`;
      const text = `CPUs ${node.cpus ?? "unknown"}`;
      const shared = { before: was === null ? null : text, after: is === null ? null : text };
      return [{ ...own, path, ...shared, message }];
    }
    if (cpus.before === cpus.after) return [];
    const message = changeText(`the CPUs near ${devices}`, cpus.before, cpus.after);
    return [{ ...own, path: `${path}.cpus`, ...cpus, message }];
  });
}

function devicesOf({ devices }: UnnumberedNode): string {
  return devices.join(", ");
}

const sizeText = (bytes: number | null): string =>
  bytes === null ? "unknown memory" : bytes === 0 ? "no memory" : formatBytes(bytes);

function cameOrWent(node: MemoryNode, came: boolean): TopologyDifference {
  const cpus = node.cpus === null ? "unknown" : node.cpus === "" ? "none" : node.cpus;
  const value = `${sizeText(node.memoryBytes)}, CPUs ${cpus}`;
  return {
    group: "nodes",
    subject: `node ${node.id}`,
    path: `nodes[${node.id}]`,
    before: came ? null : value,
    after: came ? value : null,
    lasting: true,
    message: `node ${node.id} ${came ? "appeared" : "vanished"} (${value})`,
  };
}

function changes(before: MemoryNode, after: MemoryNode): TopologyDifference[] {
  const own = { group: "nodes", subject: `node ${before.id}` } as const;
  const path = `nodes[${before.id}]`;
  const found: TopologyDifference[] = [];
  if (before.memoryBytes !== after.memoryBytes) {
    found.push({
      ...own,
      path: `${path}.memoryBytes`,
      before: before.memoryBytes,
      after: after.memoryBytes,
      lasting: true,
      message: memoryMessage(own.subject, before.memoryBytes, after.memoryBytes),
    });
  }
  if (before.sideCacheBytes !== after.sideCacheBytes) {
    found.push({
      ...own,
      path: `${path}.sideCacheBytes`,
      before: before.sideCacheBytes,
      after: after.sideCacheBytes,
      lasting: true,
      message: changeText(
        `the cache before the memory of ${own.subject}`,
        before.sideCacheBytes,
        after.sideCacheBytes,
        (bytes) => formatBytes(Number(bytes)),
      ),
    });
  }
  if (before.kind !== after.kind) {
    const message = changeText(`the kind of ${own.subject}'s memory`, before.kind, after.kind);
    found.push({
      ...own,
      path: `${path}.kind`,
      before: before.kind,
      after: after.kind,
      lasting: true,
      message,
    });
  }
  // If the CPUs differ too, their difference covers the package.
  if (before.package !== after.package && before.cpus === after.cpus) {
    const message = changeText(`the package of ${own.subject}`, before.package, after.package);
    found.push({
      ...own,
      path: `${path}.package`,
      before: before.package,
      after: after.package,
      lasting: true,
      message,
    });
  }
  return [...found, ...poolDifferences(before, after)];
}

function memoryMessage(subject: string, before: number | null, after: number | null): string {
  if (before === null || after === null) {
    return changeText(`the memory of ${subject}`, before, after, (bytes) =>
      sizeText(Number(bytes)),
    );
  }
  const change = formatBytes(Math.abs(after - before));
  const verb = after < before ? "lost" : "gained";
  return `${subject} ${verb} ${change} of memory (${sizeText(before)} → ${sizeText(after)})`;
}

function poolDifferences(before: MemoryNode, after: MemoryNode): TopologyDifference[] {
  if (before.hugepages === null || after.hugepages === null) return toldDifference(before, after);
  const pools = paired(before.hugepages, after.hugepages, ({ sizeBytes }) => `${sizeBytes}`);
  return pools.flatMap(({ before: old, after: current }) => {
    const pool = old ?? current;
    if (pool === null) return [];
    const { sizeBytes } = pool;
    const subject = `node ${before.id}`;
    const path = `nodes[${before.id}].hugepages[${sizeBytes}]`;
    const pages = `huge pages of ${formatBytes(sizeBytes)}`;
    const found: TopologyDifference[] = [];
    const [oldTotal, total] = [old?.total ?? null, current?.total ?? null];
    if (oldTotal !== total) {
      found.push({
        group: "nodes",
        subject,
        path: `${path}.total`,
        before: oldTotal,
        after: total,
        lasting: true,
        message: poolMessage(subject, pages, oldTotal, total),
      });
    }
    if (old !== null && current !== null && old.free !== current.free && !cameFree(old, current)) {
      found.push({
        group: "nodes",
        subject,
        path: `${path}.free`,
        before: old.free,
        after: current.free,
        lasting: false,
        message: changeText(`the number of free ${pages} on ${subject}`, old.free, current.free),
      });
    }
    return found;
  });
}

/** The difference where one of the two does not tell of huge pages; none where neither does. */
function toldDifference(before: MemoryNode, after: MemoryNode): TopologyDifference[] {
  const [old, current] = [poolsText(before.hugepages), poolsText(after.hugepages)];
  if (old === current) return [];
  const subject = `node ${before.id}`;
  return [
    {
      group: "nodes",
      subject,
      path: `nodes[${before.id}].hugepages`,
      before: old,
      after: current,
      lasting: true,
      message: changeText(`the huge pages of ${subject}`, old, current),
    },
  ];
}

/** `none`, `900 × 1 GiB, 512 × 2 MiB`; null where they are unknown. */
function poolsText(pools: MemoryNode["hugepages"]): string | null {
  if (pools === null) return null;
  const parts = pools.flatMap(({ sizeBytes, total }) =>
    total === 0 ? [] : `${total} × ${formatBytes(sizeBytes)}`,
  );
  return parts.length === 0 ? "none" : parts.join(", ");
}

/** Whether the change of free pages equals the change of the total, which is reported already. */
function cameFree(before: HugepagePool, after: HugepagePool): boolean {
  if (before.free === null || after.free === null) return false;
  return after.free - before.free === after.total - before.total;
}

function poolMessage(
  subject: string,
  pages: string,
  before: number | null,
  after: number | null,
): string {
  if (after === null) return `${subject} has no ${pages} any more, it had ${before}`;
  return `${subject} has ${after} ${pages}, it had ${before ?? "none of that size"}`;
}
