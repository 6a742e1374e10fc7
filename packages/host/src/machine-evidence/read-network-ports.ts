import type { NetworkPort } from "@evenkeel/core/evidence/machine-evidence.ts";
import { isPciAddress } from "@evenkeel/core/topology/pci-address.ts";
import { pciDirectory } from "../sysfs/pci.ts";
import { indexedNames, readIndex, readLine } from "../sysfs/values.ts";
import { shown } from "../text/shown.ts";
import type { Tree } from "../tree/tree.ts";

const rdmaFolder = "/sys/class/infiniband";
const networkFolder = "/sys/class/net";

/** As many ports as a document holds. */
const portsMax = 4096;

/**
 * The ports of the machine's PCI network cards, by address and name: RDMA devices, and the network
 * interfaces of cards that have none. Null where the kernel shows neither.
 *
 * Documentation/ABI/stable/sysfs-class-infiniband, Documentation/ABI/testing/sysfs-class-net
 */
export function readNetworkPorts(tree: Tree): readonly NetworkPort[] | null {
  if (tree.realPath(networkFolder) === null && tree.realPath(rdmaFolder) === null) return null;
  const rdma = cardsIn(tree, rdmaFolder).flatMap(({ name, address }) =>
    indexedNames(tree, `${rdmaFolder}/${name}/ports`, "").map((port): NetworkPort => {
      const folder = `${rdmaFolder}/${name}/ports/${port}`;
      return {
        address,
        name: port === 1 ? name : `${name}/${port}`,
        isUp: stateOf(readLine(tree, `${folder}/state`)),
        bytesPerSecond: rateOf(readLine(tree, `${folder}/rate`)),
      };
    }),
  );
  const counted = new Set(rdma.map(({ address }) => address));
  const others = cardsIn(tree, networkFolder)
    .filter(({ address }) => !counted.has(address))
    .map(({ name, address }): NetworkPort => {
      const megabits = readIndex(tree, `${networkFolder}/${name}/speed`);
      return {
        address,
        name,
        isUp: upOf(readLine(tree, `${networkFolder}/${name}/operstate`)),
        bytesPerSecond: megabits === null || megabits === 0 ? null : (megabits * 1e6) / 8,
      };
    });
  return [...rdma, ...others]
    .toSorted((a, b) => (`${a.address} ${a.name}` < `${b.address} ${b.name}` ? -1 : 1))
    .slice(0, portsMax);
}

interface Card {
  readonly name: string;
  readonly address: string;
}

/** The devices of a class that are functions of a network card, and no port behind a USB hub. */
function cardsIn(tree: Tree, folder: string): Card[] {
  return tree.list(folder).flatMap((file): Card[] => {
    const name = shown(file, 64);
    const address = tree.readLink(`${folder}/${file}`)?.split("/").findLast(isPciAddress);
    if (name === null || address === undefined) return [];
    const isCard = readLine(tree, `${pciDirectory}/${address}/class`)?.startsWith("0x02") === true;
    return isCard ? [{ name, address }] : [];
  });
}

/** `4: ACTIVE`, `1: DOWN`. */
function stateOf(state: string | null): boolean | null {
  return state === null ? null : state.endsWith("ACTIVE");
}

function upOf(state: string | null): boolean | null {
  return state === "up" ? true : state === "down" ? false : null;
}

/** `200 Gb/sec (4X HDR)`, `2.5 Gb/sec (1X SDR)`. */
function rateOf(rate: string | null): number | null {
  const [, gigabits] = /^(\d{1,5}(?:\.\d)?) Gb\/sec\b/.exec(rate ?? "") ?? [];
  return gigabits === undefined ? null : (Number(gigabits) * 1e9) / 8;
}
