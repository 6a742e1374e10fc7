import { knownCpus } from "../node-facts.ts";
import { intersection, isEmpty } from "../../set/index-set.ts";
import { setOf } from "../../set/list-format.ts";
import { cpusText } from "../diff/difference.ts";
import { nodesText } from "../draw/describe.ts";
import { bridgesAbove } from "../interconnect.ts";
import type { PciDevice, Topology } from "../topology.ts";
import { wholeAccelerators } from "../virtual-functions.ts";
import { deviceNames } from "./device-names.ts";
import type { TopologyWarning } from "./warning.ts";

/** Warnings about settings of devices. */
export function settingWarnings(topology: Topology): TopologyWarning[] {
  return [...redirectedPeers(topology), ...remoteInterrupts(topology)];
}

/**
 * Switches whose ports redirect traffic between accelerators, or between an accelerator and a NIC
 * beside it, up to the root complex and down again, so that it takes the path of class PHB. Under
 * an IOMMU Linux sets ports this way to keep guests apart, so this is an info.
 *
 * The devices of a switch are those below any of its downstream ports, which are below the one
 * upstream port. The cost is linear in the bridges above each device.
 */
function redirectedPeers(topology: Topology): TopologyWarning[] {
  const byAddress = new Map(topology.pci.map((device) => [device.address, device]));
  const names = deviceNames(topology);
  const accelerators = new Set(wholeAccelerators(topology).map(({ address }) => address));
  const switches = new Map<string, Map<PciDevice, PciDevice[]>>();
  for (const device of topology.pci) {
    if (!names.has(device.address)) continue;
    for (const address of bridgesAbove(device, byAddress)) {
      const port = byAddress.get(address);
      if (port === undefined || port.parent === null) continue;
      const ports = switches.get(port.parent) ?? new Map<PciDevice, PciDevice[]>();
      switches.set(port.parent, ports);
      ports.set(port, [...(ports.get(port) ?? []), device]);
    }
  }
  return [...switches].flatMap(([upstream, ports]): TopologyWarning[] => {
    const devices = [...ports.values()].flat();
    const redirects = [...ports.keys()].some(({ acsRedirect }) => acsRedirect === true);
    const meet = ports.size > 1 && devices.some(({ address }) => accelerators.has(address));
    if (!redirects || !meet) return [];
    const listed = devices.map(({ address }) => names.get(address) ?? address).join(", ");
    const message =
      `The ports of switch ${upstream} redirect the traffic between ${listed} to the root complex ` +
      `(ACS). That keeps guests apart. With ATS on in the firmware of the NICs, and the host ` +
      `rebooted, their traffic passes through the switch all the same; redirection turned off ` +
      `beside ATS would let guests reach each other's devices.`;
    return [{ code: "peers-redirected", severity: "info", subject: `switch ${upstream}`, message }];
  });
}

/**
 * Accelerators and NICs whose interrupts are all handled by other nodes. NICs with a queue for
 * every CPU interrupt all nodes, which is intended.
 */
function remoteInterrupts(topology: Topology): TopologyWarning[] {
  const names = deviceNames(topology);
  const cpusOf = new Map(topology.nodes.map((node) => [node.id, knownCpus(node)]));
  return topology.pci.flatMap(({ address, node, interrupts }): TopologyWarning[] => {
    const name = names.get(address);
    const own = node === null ? undefined : cpusOf.get(node);
    if (name === undefined || own === undefined || interrupts === null || isEmpty(own)) return [];
    const list = interrupts.effectiveCpus ?? interrupts.allowedCpus;
    const cpus = setOf(list);
    if (list === "" || !isEmpty(intersection(cpus, own))) return [];
    const where = [...cpusOf].flatMap(([id, set]) =>
      isEmpty(intersection(cpus, set)) ? [] : [id],
    );
    const on = where.length === 0 ? "" : ` of ${nodesText(where)}`;
    const may = interrupts.effectiveCpus === null ? "may go to" : "go to";
    const message = `${name} is on node ${node}, and all its interrupts ${may} ${cpusText(list)}${on}.`;
    return [{ code: "interrupts-remote", severity: "warning", subject: name, message }];
  });
}
