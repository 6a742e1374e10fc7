import { isStandIn } from "../stand-in.ts";
import { numbersByAddress } from "../virtual-functions.ts";
import type { Topology } from "../topology.ts";

/**
 * The names of GPUs and NICs for people: `GPU 0000:1b:00.0`, or `GPU3` and `NIC mlx5_0` where the
 * address is a stand-in. Virtual functions have none.
 */
export function deviceNames(topology: Topology): ReadonlyMap<string, string> {
  const { nics } = topology;
  const gpus = [...numbersByAddress(topology)].map(
    ([address, number]) =>
      [address, isStandIn(address) ? `GPU${number}` : `GPU ${address}`] as const,
  );
  const others = nics.map(
    ({ address, name }, i) =>
      [address, `NIC ${isStandIn(address) ? (name ?? i) : address}`] as const,
  );
  return new Map([...others, ...gpus]);
}
