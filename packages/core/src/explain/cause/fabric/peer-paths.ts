import type { PciDevice } from "../../../topology/topology.ts";
import { chainOf, type OwnDevices } from "../../subject/own-devices.ts";
import { pairsOverPci } from "./own-links.ts";

/** Two devices that may copy to each other straight across the switch that both are below. */
export interface PeerPath {
  readonly accelerator: PciDevice;
  /** Another accelerator, or a NIC with RDMA. */
  readonly peer: PciDevice;
  readonly isNic: boolean;
  /** The switch's ports on the way, on which access control decides. */
  readonly ports: readonly PciDevice[];
}

/**
 * The pairs of own devices below a common switch: an accelerator with every other that it has no
 * NVLink to, and with every RDMA NIC.
 */
export function peerPaths(own: OwnDevices): readonly PeerPath[] {
  const { topology, byAddress, accelerators, nics } = own;
  const rdma = nics.filter(
    (nic) => topology.nics.find((one) => one.address === nic)?.rdma !== false,
  );
  const pairs = [
    ...pairsOverPci(own).map(([a, b]) => ({ a, b, isNic: false })),
    ...accelerators.flatMap((a) => rdma.map((b) => ({ a, b, isNic: true }))),
  ];
  return pairs.flatMap(({ a, b, isNic }) => {
    const [accelerator, peer] = [byAddress.get(a), byAddress.get(b)];
    if (accelerator === undefined || peer === undefined) return [];
    const ports = portsBetween(accelerator, peer, byAddress);
    return ports.length === 0 ? [] : [{ accelerator, peer, isNic, ports }];
  });
}

/** The ports below the switch where two ways up meet; none where they meet at no switch. */
function portsBetween(a: PciDevice, b: PciDevice, byAddress: OwnDevices["byAddress"]): PciDevice[] {
  const [one, other] = [chainOf(a, byAddress).slice(1), chainOf(b, byAddress).slice(1)];
  const meeting = one.find((port) => other.includes(port));
  if (meeting === undefined) return [];
  return [one, other].flatMap((chain) => chain.slice(0, chain.indexOf(meeting)));
}

/** Whether a port on the way sends peers' traffic up to the root complex; null where unknown. */
export function isRedirected({ ports }: PeerPath): boolean | null {
  if (ports.some(({ acsRedirect }) => acsRedirect === true)) return true;
  return ports.some(({ acsRedirect }) => acsRedirect === null) ? null : false;
}

/** The way in words: `0000:18:00.0 and NIC 0000:19:00.0`. */
export function pathText({ accelerator, peer, isNic }: PeerPath): string {
  return `${accelerator.address} and ${isNic ? "NIC " : ""}${peer.address}`;
}

/** The ports on the way that redirect, by address. */
export function redirectingPorts(paths: readonly PeerPath[]): string[] {
  const ports = paths.flatMap((path) => path.ports.filter((one) => one.acsRedirect === true));
  return [...new Set(ports.map(({ address }) => address))].toSorted();
}
