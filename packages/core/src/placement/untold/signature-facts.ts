import { formOf } from "../../plan/signature/signature.ts";
import { interconnects } from "../../topology/interconnect.ts";
import { toldByNature } from "../../topology/told.ts";
import type { PciDevice, Topology } from "../../topology/topology.ts";
import { hasUntoldLinks } from "./links.ts";
import type { Question } from "./question.ts";

/** A fact that signatures are made of and that nobody told. */
export interface SignatureFact {
  readonly what: string;
  readonly tellers: readonly string[];
}

/**
 * What a request's signature is made of (`plan/signature/signature-input.ts`) and nobody told of
 * the host: a place there may have the signature, or not. None for a request without one.
 */
export function signatureFacts({ host, request }: Question): readonly SignatureFact[] {
  const { signature } = request;
  const { topology } = host;
  if (signature === null || toldByNature(topology)) return [];
  return [
    ...factsOfNodes(topology, request.isolation === "shared"),
    ...factsOfCores(topology, formOf(signature) === 2),
    ...factsOfDevices({ host, request }),
  ];
}

const snapshot = "an `evenkeel snapshot`";
const fact = (what: string, ...tellers: readonly string[]): SignatureFact => ({ what, tellers });

function factsOfNodes({ nodes, distances }: Topology, floats: boolean): readonly SignatureFact[] {
  const several = nodes.length > 1;
  const isUntold = (of: "package" | "kind" | "cpus"): boolean =>
    nodes.some((node) => node[of] === null);
  return [
    ...(several && distances === null ? [fact("the nodes' distances", "`numactl -H`")] : []),
    ...(several && isUntold("package")
      ? [fact("the nodes' packages", "`lscpu -e`", snapshot)]
      : []),
    ...(isUntold("kind") ? [fact("the kind of the nodes' memory", snapshot)] : []),
    ...((several || floats) && isUntold("cpus")
      ? [fact("the nodes' CPUs", "`numactl -H`", "`lscpu`")]
      : []),
  ];
}

function factsOfCores({ cores, machine }: Topology, inClasses: boolean): readonly SignatureFact[] {
  const isUntold = (of: "l3" | "class"): boolean => cores.some((core) => core[of] === null);
  return [
    ...(machine.cpuModel === null ? [fact("the model of the CPUs", "`lscpu`", snapshot)] : []),
    ...(isUntold("l3")
      ? [fact("which cores share a last-level cache", "`lscpu -e`", snapshot)]
      : []),
    ...(inClasses && isUntold("class") ? [fact("the classes of the cores", snapshot)] : []),
  ];
}

function factsOfDevices({ host: { topology }, request }: Question): readonly SignatureFact[] {
  const { accelerators, nics } = request;
  const functions = new Map(topology.pci.map((device) => [device.address, device]));
  const listed = [
    ...(accelerators.count > 0 ? topology.accelerators : []),
    ...(nics.count > 0 ? topology.nics : []),
  ].map(({ address }) => address);
  const isUntold = (test: (device: PciDevice | undefined) => boolean): boolean =>
    listed.some((address) => test(functions.get(address)));
  const models =
    accelerators.count > 0 && topology.accelerators.some(({ model }) => model === null);
  const ids = isUntold((one) => (one?.vendor ?? null) === null || (one?.device ?? null) === null);
  const links = isUntold(
    (one) => (one?.link?.maxSpeedGTs ?? null) === null || (one?.link?.maxWidth ?? null) === null,
  );
  return [
    ...(models || ids ? [fact("what the devices are", "`lspci -Dvvnn`", "`nvidia-smi`")] : []),
    ...(links ? [fact("the speed and width of the devices' links", "`lspci -Dvvnn`")] : []),
    ...(areConnectionsUntold(topology, listed, accelerators.count > 1)
      ? [fact("how the devices are connected", "`nvidia-smi topo -m`", snapshot)]
      : []),
  ];
}

function areConnectionsUntold(
  topology: Topology,
  listed: readonly string[],
  inPairs: boolean,
): boolean {
  if (inPairs && hasUntoldLinks(topology, "nvlink")) return true;
  const between = interconnects(topology);
  return listed.some((a, i) => listed.slice(i + 1).some((b) => between(a, b) === null));
}

/** `a, b and c`. */
export function list(parts: readonly string[], word = "and"): string {
  const last = parts.at(-1) ?? "";
  return parts.length < 2 ? last : `${parts.slice(0, -1).join(", ")} ${word} ${last}`;
}
