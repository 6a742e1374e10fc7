import { isStandIn } from "../stand-in.ts";
import { wholeAccelerators } from "../virtual-functions.ts";
import type { Topology } from "../topology.ts";

/** `GPU 0000:1b:00.0`; `GPU3` or `NIC mlx5_0` where the address is unknown. Parts have no name. */
export function deviceCalls(topology: Topology): ReadonlyMap<string, string> {
  const { nics } = topology;
  const gpus = wholeAccelerators(topology).map(
    ({ address }, i) => [address, isStandIn(address) ? `GPU${i}` : `GPU ${address}`] as const,
  );
  const others = nics.map(
    ({ address, name }, i) =>
      [address, `NIC ${isStandIn(address) ? (name ?? i) : address}`] as const,
  );
  return new Map([...others, ...gpus]);
}
