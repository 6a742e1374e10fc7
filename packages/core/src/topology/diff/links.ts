import type { Link, Partition, StatedInterconnect, Topology } from "../topology.ts";
import { changeText, paired, type TopologyDifference } from "./difference.ts";

const kindNames = { nvlink: "NVLink", xgmi: "XGMI", xelink: "Xe Link" } as const;

/** The changes of direct links, except links that came or went with a device. */
export function linkDifferences(a: Topology, b: Topology): TopologyDifference[] {
  const inBoth = addressesOfBoth(a, b);
  const stays = (link: Link): boolean => inBoth.has(link.a) && inBoth.has(link.b);
  const links = paired(
    a.links.filter(stays),
    b.links.filter(stays),
    (link) => `${link.a} ${link.b}`,
  );
  return links.flatMap(({ before, after }): TopologyDifference[] => {
    const link = before ?? after;
    if (link === null) return [];
    const subject = `${kindNames[link.kind]} between ${link.a} and ${link.b}`;
    const own = { group: "links", subject, lasting: true } as const;
    const path = `links[${link.a} ${link.b}]`;
    if (before === null || after === null) {
      const text = `${link.kind} ${link.lanes ?? "?"}`;
      const message = `the ${subject} ${after === null ? "vanished" : "appeared"}`;
      return [
        {
          ...own,
          path,
          before: before === null ? null : text,
          after: after === null ? null : text,
          message,
        },
      ];
    }
    const found: TopologyDifference[] = [];
    if (before.kind !== after.kind) {
      const message = `the ${subject} became ${kindNames[after.kind]}`;
      const kinds = { before: before.kind, after: after.kind };
      found.push({ ...own, path: `${path}.kind`, ...kinds, message });
    }
    if (before.lanes !== after.lanes) {
      const message = changeText(
        `the number of lanes of the ${subject}`,
        before.lanes,
        after.lanes,
      );
      const lanes = { before: before.lanes, after: after.lanes };
      found.push({ ...own, path: `${path}.lanes`, ...lanes, message });
    }
    return found;
  });
}

function addressesOfBoth(a: Topology, b: Topology): ReadonlySet<string> {
  const before = new Set(a.pci.map(({ address }) => address));
  return new Set(b.pci.map(({ address }) => address).filter((address) => before.has(address)));
}

/**
 * The changes of stated interconnect classes, between devices that still exist. A class that
 * follows from a device's place is part of that device's difference.
 */
export function interconnectDifferences(a: Topology, b: Topology): TopologyDifference[] {
  const inBoth = addressesOfBoth(a, b);
  const stays = (one: StatedInterconnect): boolean => inBoth.has(one.a) && inBoth.has(one.b);
  const pairs = paired(
    a.interconnects.filter(stays),
    b.interconnects.filter(stays),
    (one) => `${one.a} ${one.b}`,
  );
  return pairs.flatMap(({ before, after }): TopologyDifference[] => {
    const one = before ?? after;
    if (one === null || (before?.class ?? null) === (after?.class ?? null)) return [];
    const subject = `${one.a} and ${one.b}`;
    const classes = { before: before?.class ?? null, after: after?.class ?? null };
    const message =
      classes.before === null
        ? `${subject} are now stated to be ${classes.after} apart`
        : classes.after === null
          ? `${subject} are no longer stated to be ${classes.before} apart`
          : `${subject} are stated to be ${classes.after} apart, before ${classes.before}`;
    const path = `interconnects[${one.a} ${one.b}]`;
    return [{ group: "interconnects", subject, path, ...classes, lasting: true, message }];
  });
}

/** The changes of fabric partitions, except devices that came or went with the machine. */
export function partitionDifferences(a: Topology, b: Topology): TopologyDifference[] {
  const inBoth = addressesOfBoth(a, b);
  return paired(a.partitions, b.partitions, ({ id }) => `${id}`).flatMap(
    ({ before, after }): TopologyDifference[] => {
      const partition = before ?? after;
      if (partition === null) return [];
      const subject = `partition ${partition.id}`;
      const own = { group: "partitions", subject } as const;
      const path = `partitions[${partition.id}]`;
      if (before === null || after === null) {
        const members = membersText(partition);
        return [
          {
            ...own,
            path,
            before: before === null ? null : members,
            after: after === null ? null : members,
            lasting: true,
            message: `${subject} ${after === null ? "vanished" : "appeared"} (${members})`,
          },
        ];
      }
      const common = (of: Partition): string =>
        of.accelerators.filter((address) => inBoth.has(address)).join(" ");
      const found: TopologyDifference[] = [];
      if (common(before) !== common(after)) {
        const members = { before: membersText(before), after: membersText(after) };
        const message = `${subject} connects ${members.after} where it connected ${members.before}`;
        found.push({ ...own, path: `${path}.accelerators`, ...members, lasting: true, message });
      }
      if (before.active !== after.active) {
        const states = { before: before.active, after: after.active };
        const message =
          after.active === null
            ? `whether ${subject} is active became unknown`
            : `${subject} is ${after.active ? "active now" : "no longer active"}`;
        found.push({ ...own, path: `${path}.active`, ...states, lasting: false, message });
      }
      return found;
    },
  );
}

function membersText({ accelerators }: Partition): string {
  return accelerators.length === 0 ? "nothing" : accelerators.join(" ");
}
