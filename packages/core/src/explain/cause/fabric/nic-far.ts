import { costModel } from "../../../cost/placement-cost.ts";
import { restartFromPlan } from "../../../remedy/remedy.ts";
import { pciInterconnects } from "../../../topology/interconnect.ts";
import {
  type Accusation,
  accused,
  acquitted,
  type Cause,
  irrelevant,
  untold,
} from "../../subject/cause.ts";
import { judgeDevices, type OwnDevices } from "../../subject/own-devices.ts";

/**
 * A NIC that copies straight from and to an accelerator's memory (GPUDirect RDMA) does so at full
 * speed below one switch; over the root complex it is slower, and over the processors' link NCCL
 * does not even try. https://docs.nvidia.com/cuda/gpudirect-rdma/ ("Supported Systems")
 *
 * Only NICs of the model that the subject has are compared: one for management is beside the point.
 */
export const nicFar: Cause = {
  code: "nic-far",
  layer: "fabric",
  looksFor:
    "the nearest NIC that it has is farther from its accelerator than another of the machine",
  observable: "machine.topology.pci[].parent of accelerators and NICs",
  readFrom: "/sys/bus/pci/devices",
  acquittedBy: "no nearer NIC of the same model on the machine",
  followsFrom: [],
  judge: (subject) =>
    judgeDevices(subject, (own) => {
      if (subject.evidence.of === "machine" || own.nics.length === 0) return irrelevant;
      const looks = own.accelerators.map((address) => lookAt(address, own));
      const far = looks.flatMap((one) => (typeof one === "object" ? (one ?? []) : []));
      if (far.length > 0) return accused(...far);
      if (looks.includes(null)) return untold("the node of its devices is not known");
      return acquitted(`NIC and accelerator: ${told(looks)}`);
    }),
};

/** A fault, or the class of the way to its nearest NIC, or null where that is unknown. */
function lookAt(
  accelerator: string,
  { topology, byAddress, nics }: OwnDevices,
): Accusation | string | null {
  const between = pciInterconnects(topology);
  const prices = costModel(topology, "inference");
  const modelOf = (nic: string): string => {
    const { vendor = null, device = null } = byAddress.get(nic) ?? {};
    return `${vendor}:${device}`;
  };
  const models = new Set(nics.map(modelOf));
  const alike = topology.nics
    .map(({ address }) => address)
    .filter((nic) => models.has(modelOf(nic)));
  const price = (nic: string): number => prices.networkPair(accelerator, nic);
  const nearest = (among: readonly string[]): string =>
    among.reduce((a, b) => (price(b) < price(a) ? b : a));
  const [mine, best] = [nearest(nics), nearest(alike)];
  const way = between(accelerator, mine);
  if (way === null) return null;
  if (price(mine) <= price(best)) return way;
  const total = (nic: string): number =>
    prices.total({ hostToDevice: 1, memory: 1, peer: 1, network: price(nic) });
  return {
    about: mine,
    expected: `${between(accelerator, best)} to ${accelerator}, as NIC ${best} has`,
    found: `${way} to ${accelerator}`,
    evidence: [
      `${accelerator} and ${mine}: ${way}`,
      `${accelerator} and ${best}: ${between(accelerator, best)}`,
    ],
    seen: "inferred",
    cost: { slowdown: total(mine) / total(best), basis: "modelled" },
    remedy: restartFromPlan,
  };
}

/** What is in order, each once. */
function told(looks: readonly (Accusation | string | null)[]): string {
  return [...new Set(looks.flatMap((one) => (typeof one === "string" ? [one] : [])))].join(", ");
}
