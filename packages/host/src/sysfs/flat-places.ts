import { isPciAddress } from "@evenkeel/core/topology/pci-address.ts";
import type { Buses } from "../lspci/listing.ts";
import { type Place, placesOf } from "../lspci/places.ts";
import type { Branch } from "../lspci/tree.ts";
import type { Tree } from "../tree/tree.ts";

/**
 * The places of functions in a recording that was copied without links: `bus/pci/devices` holds a
 * directory for each function, so no path names a host bridge.
 *
 * A copied bridge holds the directories of the functions below it. Where those were not copied, its
 * configuration space tells which buses it leads to (bytes 0x19 and 0x1a of a header of type 1).
 */
export function flatPlaces(
  tree: Tree,
  functions: readonly { readonly address: string; readonly place: { readonly path: string } }[],
): ReadonlyMap<string, Place> {
  const flat = new Set(functions.map(({ address }) => address));
  const parents = new Map<string, string>();
  for (const { address, place } of functions) {
    for (const name of tree.list(place.path)) {
      if (isPciAddress(name) && name !== address && flat.has(name)) parents.set(name, address);
    }
  }
  const listed = functions.map(({ address, place }) => {
    return { address, buses: busesOf(tree.readBytes(`${place.path}/config`)) };
  });
  const placeOf = placesOf(listed, new Map<string, Branch>(), parents);
  return new Map([...flat].map((address) => [address, placeOf(address)]));
}

/** The buses that a bridge leads to; null for another function, and where nobody configured it. */
function busesOf(config: Uint8Array | null): Buses | null {
  const [header, secondary, subordinate] = [config?.[0x0e], config?.[0x19], config?.[0x1a]];
  if (header === undefined || secondary === undefined || subordinate === undefined) return null;
  const isBridge = (header & 0x7f) === 1 && secondary > 0 && subordinate >= secondary;
  return isBridge ? { secondary, subordinate } : null;
}
