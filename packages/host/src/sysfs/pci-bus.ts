import { isPciAddress } from "@evenkeel/core/topology/pci-address.ts";
import { joined } from "../tree/resolve.ts";
import type { Tree } from "../tree/tree.ts";
import { pciDirectory } from "./pci.ts";

/** What lies below `/sys/devices` and has no PCI devices of its own. */
const elsewhere: ReadonlySet<string> = new Set(["system", "virtual", "cpu", "breakpoint"]);
/** Host bridges lie below a platform device or two, as on Arm and in Hyper-V's guests. */
const depthMax = 8;
const directoriesMax = 65_536;

/**
 * The tree with `/sys/bus/pci/devices`, which is a directory of links to where the functions are.
 * A recording of `/sys/devices` alone has the functions and not the links: then they are looked
 * for, below every host bridge, and stand where the links would lead.
 *
 * The cost is one listing for each directory down to the host bridges and below them.
 */
export function withPciBus(tree: Tree): Tree {
  if (tree.realPath(pciDirectory) !== null) return tree;
  const places = placesOfFunctions(tree);
  if (places.size === 0) return tree;
  const moved = (path: string): string => {
    if (!path.startsWith(`${pciDirectory}/`)) return path;
    const [address = "", ...below] = path.slice(pciDirectory.length + 1).split("/");
    const place = places.get(address);
    return place === undefined ? path : [place, ...below].join("/");
  };
  return {
    where: tree.where,
    live: tree.live,
    readText: (path) => tree.readText(moved(path)),
    readBytes: (path) => tree.readBytes(moved(path)),
    list: (path) =>
      path === pciDirectory ? [...places.keys()].toSorted() : tree.list(moved(path)),
    realPath: (path) => tree.realPath(moved(path)),
    readLink: (path) => tree.readLink(moved(path)),
  };
}

/** The path of each PCI function by its address, the first where two have one. */
function placesOfFunctions(tree: Tree): ReadonlyMap<string, string> {
  const places = new Map<string, string>();
  let visited = 0;
  const visit = (path: string, depth: number, inPci: boolean): void => {
    if (depth > depthMax || ++visited > directoriesMax) return;
    for (const name of tree.list(path)) {
      const below = joined(path, name);
      const isFunction = inPci && isPciAddress(name);
      const isRoot = /^pci[0-9a-f]{4,8}:[0-9a-f]{2}$/.test(name);
      // Within PCI only functions and the host bridges of further domains lead on.
      if (inPci ? !isFunction && !isRoot : elsewhere.has(name)) continue;
      // A link would lead to what is found elsewhere.
      if (tree.readLink(below) !== null) continue;
      if (isFunction && !places.has(name)) places.set(name, below);
      visit(below, isFunction || isRoot ? 0 : depth + 1, inPci || isRoot);
    }
  };
  visit("/sys/devices", 0, false);
  return places;
}
