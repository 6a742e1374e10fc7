import { pciInterconnects } from "../topology/interconnect.ts";
import type { Nic, PciInterconnect, Topology } from "../topology/topology.ts";
import { at } from "../unit/list.ts";
import type { BindingUnknown, BoundNic } from "./binding.ts";

/** The NICs for a command's accelerators. */
export interface ChosenNics {
  /** Each once, in the accelerators' order. */
  readonly nics: readonly BoundNic[];
  /** Sentences: which accelerators have none. */
  readonly reasons: readonly string[];
  readonly unknowns: readonly BindingUnknown[];
}

/** From the nearest on; a NIC on another node is none for an accelerator. */
const near: readonly PciInterconnect[] = ["PIX", "PXB", "PHB", "NODE"];

/**
 * Chooses for each accelerator one of the RDMA NICs that are nearest to it by interconnect class.
 * Where several are, accelerators with the same choice take them in turn, in the order of all
 * accelerators of the machine: so commands that know nothing of each other take different ones.
 */
export function nicsBeside(topology: Topology, addresses: readonly string[]): ChosenNics {
  const classOf = pciInterconnects(topology);
  const nics = topology.nics.filter(({ rdma }) => rdma !== false);
  const choices = new Map(
    topology.accelerators.map(({ address }) => [address, nearestTo(address)] as const),
  );

  function nearestTo(accelerator: string): readonly Nic[] | null {
    const classes = nics.map(({ address }) => classOf(accelerator, address));
    // One whose place is unknown could be the nearest, unless another is as near as can be.
    const best = near.find((name) => classes.includes(name));
    if (classes.includes(null) && best !== "PIX") return null;
    return best === undefined ? [] : nics.filter((_, place) => classes[place] === best);
  }

  const reasons: string[] = [];
  const unknowns: BindingUnknown[] = [];
  const found = addresses.flatMap((address) => {
    const choice = choices.get(address) ?? null;
    if (choice === null) {
      unknowns.push({
        what: `which NIC is nearest to ${address}`,
        tells: "the PCI tree in /sys/bus/pci/devices",
      });
      return [];
    }
    if (choice.length === 0) {
      reasons.push(`no RDMA NIC is on the node of GPU ${address}`);
      return [];
    }
    const key = keyOf(choice);
    const sharing = [...choices].filter(([, other]) => other !== null && keyOf(other) === key);
    const turn = sharing.findIndex(([other]) => other === address);
    return [at(choice, turn % choice.length)];
  });
  const unique = [...new Set(found)];
  return { nics: unique.map(bound), reasons, unknowns };
}

function keyOf(nics: readonly Nic[]): string {
  return nics.map(({ address }) => address).join(" ");
}

function bound({ address, name, ports }: Nic): BoundNic {
  const first = ports?.[0];
  return { address, name: first?.name ?? name, port: first?.port ?? null };
}
