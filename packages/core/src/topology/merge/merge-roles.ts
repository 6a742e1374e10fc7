import { comparePciAddresses } from "../pci-address.ts";
import type { Accelerator, Link, Nic, Partition } from "../topology.ts";
import { claimsOf, grouped, type Part, type Report, settle } from "./finding.ts";
import type { Joined } from "./join-devices.ts";
import { mergeInstances } from "./merge-instances.ts";
import { completedPorts, portsText, samePorts } from "../nic-ports.ts";
import { sameDeviceMemory, sameModel, sameName } from "./same.ts";

/** Merges the facts about accelerators, by their keys. */
export function mergeAccelerators(
  parts: readonly Part[],
  joined: Joined,
  report: Report,
): Accelerator[] {
  const groups = grouped(
    parts,
    ({ topology }) => topology.accelerators,
    ({ address }, position) => joined.keyOf(position, address),
  );
  return [...groups].map(([key, entries]) => {
    const claims = claimsOf(entries);
    const about = (path: string, what: string) =>
      ({
        code: "accelerator-differs",
        subject: key,
        path: `accelerators[${key}].${path}`,
        what,
      }) as const;
    return {
      address: key,
      model: settle(
        { ...about("model", "model"), claims: claims((one) => one.model), same: sameModel },
        report,
      ),
      productName: settle(
        {
          ...about("productName", "product name"),
          claims: claims((one) => one.productName),
          same: sameName,
        },
        report,
      ),
      index: settle({ ...about("index", "number"), claims: claims((one) => one.index) }, report),
      uuid: settle({ ...about("uuid", "UUID"), claims: claims((one) => one.uuid) }, report),
      moduleId: settle(
        { ...about("moduleId", "module"), claims: claims((one) => one.moduleId) },
        report,
      ),
      memoryBytes: settle(
        {
          ...about("memoryBytes", "bytes of memory"),
          claims: claims((one) => one.memoryBytes),
          same: sameDeviceMemory,
        },
        report,
      ),
      c2c: settle({ ...about("c2c", "NVLink-C2C"), claims: claims((one) => one.c2c) }, report),
      profile: settle(
        { ...about("profile", "profile"), claims: claims((one) => one.profile), same: sameName },
        report,
      ),
      migEnabled: settle(
        { ...about("migEnabled", "MIG mode"), claims: claims((one) => one.migEnabled) },
        report,
      ),
      instances: mergeInstances(
        key,
        claims((one) => one.instances),
        report,
      ),
    };
  });
}

/**
 * Merges the facts about NICs, by their keys. A NIC's RDMA device and network interface each have a
 * name, so a source with `mlx5_0` and a source with `eth0` do not contradict each other; the RDMA
 * device's name is kept.
 */
export function mergeNics(parts: readonly Part[], joined: Joined, report: Report): Nic[] {
  const groups = grouped(
    parts,
    ({ topology }) => topology.nics,
    ({ address }, position) => joined.keyOf(position, address),
  );
  return [...groups].map(([key, entries]) => {
    const claims = claimsOf(entries);
    const about = (path: string, what: string) =>
      ({ code: "nic-differs", subject: key, path: `nics[${key}].${path}`, what }) as const;
    const named = claims((nic) => (nic.name === null ? null : nic));
    const name = settle<Nic>(
      {
        ...about("name", "name"),
        claims: named,
        same: (a, b) => a.name === b.name || (a.rdma === true) !== (b.rdma === true),
        better: (kept, other) => (other.rdma === true && kept.rdma !== true ? other : kept),
        show: (nic) => nic.name ?? "",
      },
      report,
    );
    return {
      address: key,
      name: name?.name ?? null,
      rdma: settle({ ...about("rdma", "RDMA"), claims: claims((nic) => nic.rdma) }, report),
      ports: settle(
        {
          ...about("ports", "ports"),
          claims: claims((nic) => nic.ports),
          same: samePorts,
          better: completedPorts,
          show: portsText,
        },
        report,
      ),
    };
  });
}

/** Merges direct links by their ends. A link that only one source has is kept. */
export function mergeLinks(parts: readonly Part[], joined: Joined, report: Report): Link[] {
  const ends = ({ a, b }: Link, position: number): readonly [string, string] => {
    const [one, other] = [joined.keyOf(position, a), joined.keyOf(position, b)];
    return comparePciAddresses(one, other) <= 0 ? [one, other] : [other, one];
  };
  const groups = grouped(
    parts,
    ({ topology }) => topology.links,
    (link, position) => ends(link, position).join(" "),
  );
  return [...groups].flatMap(([pair, entries]) => {
    const [a = "", b = ""] = pair.split(" ");
    const claims = claimsOf(entries);
    const about = (path: string, what: string) =>
      ({
        code: "link-differs",
        subject: `${a} and ${b}`,
        path: `links[${a},${b}].${path}`,
        what,
      }) as const;
    const kind = settle(
      { ...about("kind", "a link of"), claims: claims((one) => one.kind) },
      report,
    );
    if (kind === null) return [];
    return {
      a,
      b,
      kind,
      lanes: settle({ ...about("lanes", "lanes"), claims: claims((one) => one.lanes) }, report),
    };
  });
}

/** Merges the fabric's partitions by id. */
export function mergePartitions(
  parts: readonly Part[],
  joined: Joined,
  report: Report,
): Partition[] {
  const keyed = ({ topology }: Part, position: number): readonly Partition[] =>
    topology.partitions.map((partition) => ({
      ...partition,
      accelerators: partition.accelerators
        .map((address) => joined.keyOf(position, address))
        .toSorted(),
    }));
  const groups = grouped(parts, keyed, ({ id }) => `${id}`);
  return [...groups.values()].flatMap((entries) => {
    const [, first] = entries[0] ?? [];
    if (first === undefined) return [];
    const { id } = first;
    const claims = claimsOf(entries);
    const about = (path: string, what: string) =>
      ({
        code: "partition-differs",
        subject: `partition ${id}`,
        path: `partitions[${id}].${path}`,
        what,
      }) as const;
    return {
      id,
      accelerators:
        settle(
          {
            ...about("accelerators", "accelerators"),
            claims: claims((one) => one.accelerators),
            same: (a, b) => a.join() === b.join(),
            show: (list) => (list.length === 0 ? "none" : list.join(" ")),
          },
          report,
        ) ?? [],
      active: settle({ ...about("active", "active"), claims: claims((one) => one.active) }, report),
    };
  });
}
