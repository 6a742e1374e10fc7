import type { PciDevice } from "../topology.ts";
import { changeText, type NameOf, type TopologyDifference } from "./difference.ts";

/** A function in both machines, under one name. */
export interface Both {
  readonly before: PciDevice;
  readonly after: PciDevice;
}

/**
 * The change of where a function is: the bridge above it, its host bridge, its node. It is one
 * difference, and none where the function only follows the bridge above it, or the physical
 * function that it is part of.
 *
 * @param at the functions that both machines have, by name.
 */
export function placeDifference(
  { before, after }: Both,
  at: ReadonlyMap<string, Both>,
  name: NameOf,
): TopologyDifference[] {
  const isMoved = before.parent !== after.parent || before.root !== after.root;
  if (!isMoved && before.node === after.node) return [];
  if (follows({ before, after }, at)) return [];
  const subject = name(before);
  const own = { group: "devices", subject, lasting: true } as const;
  const path = `pci[${before.address}]`;
  if (!isMoved) {
    const message =
      before.node === null || after.node === null
        ? changeText(`the node of ${subject}`, before.node, after.node)
        : `${subject} moved from node ${before.node} to node ${after.node}`;
    return [{ ...own, path: `${path}.node`, before: before.node, after: after.node, message }];
  }
  const [from, to] = [placeText(before, name), placeText(after, name)];
  const values = { before: placeValue(before), after: placeValue(after) };
  const message = `${subject} moved from ${from} to ${to}`;
  return [{ ...own, path: `${path}.place`, ...values, message }];
}

/** Whether what a function hangs on, or is part of, changed its own place in the same way. */
function follows({ before, after }: Both, at: ReadonlyMap<string, Both>): boolean {
  const owner =
    before.physicalFunction !== null && before.physicalFunction === after.physicalFunction
      ? at.get(before.physicalFunction)
      : before.parent !== null && before.parent === after.parent
        ? at.get(before.parent)
        : undefined;
  if (owner === undefined) return false;
  const rootFollows =
    before.root === after.root ||
    (owner.before.root === before.root && owner.after.root === after.root);
  const nodeFollows =
    before.node === after.node ||
    (owner.before.node === before.node && owner.after.node === after.node);
  const parentFollows =
    before.parent === after.parent ||
    (owner.before.parent === before.parent && owner.after.parent === after.parent);
  return rootFollows && nodeFollows && parentFollows;
}

function placeText({ parent, root, node }: PciDevice, name: NameOf): string {
  const above = parent === null ? `host bridge ${root}` : name({ address: parent });
  return `below ${above} ${node === null ? "on an unknown node" : `on node ${node}`}`;
}

function placeValue({ parent, root, node }: PciDevice): string {
  return `${parent ?? root}, node ${node ?? "unknown"}`;
}
