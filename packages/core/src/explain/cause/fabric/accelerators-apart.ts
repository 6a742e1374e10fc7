import { costModel, type CostModel } from "../../../cost/placement-cost.ts";
import { restartFromPlan } from "../../../remedy/remedy.ts";
import { interconnects, isDirect } from "../../../topology/interconnect.ts";
import type { Topology } from "../../../topology/topology.ts";
import { wholeAccelerators } from "../../../topology/virtual-functions.ts";
import { sumOf } from "../../../unit/sum.ts";
import { accused, acquitted, type Cause, irrelevant, untold } from "../../subject/cause.ts";
import { judgeDevices } from "../../subject/own-devices.ts";
import { copiesDirectly } from "./direct-copies.ts";
import { mayHideLinks } from "./own-links.ts";
import { pairsOf } from "./pairs.ts";

/**
 * Accelerators that exchange data are farther apart than as many others of the same model on this
 * machine: over the processors' link where a switch or NVLink would do. That others are nearer is
 * shown by naming them. https://docs.nvidia.com/deploy/nvidia-smi/ ("topo -m")
 */
export const acceleratorsApart: Cause = {
  code: "accelerators-apart",
  layer: "fabric",
  looksFor: "its accelerators are farther from each other than others of the machine would be",
  observable: "machine.topology.{pci,links,interconnects} between its accelerators",
  readFrom: "/sys/bus/pci/devices and nvidia-smi topo -m",
  acquittedBy: "no nearer ones of the same model on the machine",
  followsFrom: [],
  judge: (subject) =>
    judgeDevices(subject, (devices) => {
      const { topology, accelerators: own } = devices;
      if (subject.evidence.of === "machine") return irrelevant;
      if (own.length < 2) return acquitted("it has one accelerator");
      const models = new Map(topology.accelerators.map(({ address, model }) => [address, model]));
      if (new Set(own.map((address) => models.get(address))).size > 1) return irrelevant;
      const model = models.get(own[0] ?? "");
      const alike = wholeAccelerators(topology)
        .filter((one) => one.model === model)
        .map(({ address }) => address);
      const between = interconnects(topology);
      const ways = new Set(pairsOf(own).map(([a, b]) => between(a, b)));
      if (ways.has(null)) return untold("nvidia-smi topo -m was not read");
      if (mayHideLinks(devices)) {
        return untold(
          "NVLink is not seen from the host: nvidia-smi topo -m in the guest would tell",
        );
      }
      const prices = costModel(topology, "inference");
      const nearest = nearestSet(alike, own.length, prices);
      const price = (set: readonly string[]): number => prices.peer(positions(topology, set));
      const [mine, best] = [price(own), price(nearest)];
      const reach = `it reaches them by ${[...ways].join(", ")}`;
      if (mine <= best * 1.001) {
        const known = topology.accelerators.filter((one) => one.model !== null);
        return known.length > 0 && known.length < topology.accelerators.length
          ? untold("the model of some of the machine's accelerators is not known")
          : acquitted(`no nearer ones on the machine: ${reach}`);
      }
      if (![...ways].some((way) => isDirect(way ?? ""))) {
        const isDirectly = copiesDirectly(subject, devices);
        if (isDirectly === false) {
          return acquitted("they copy through the host's memory, however near they are");
        }
        if (isDirectly === null) {
          return untold("whether its cards copy directly was not read: nvidia-smi topo -p2p r");
        }
      }
      const total = (peer: number): number =>
        prices.total({ hostToDevice: 1, memory: 1, peer, network: 1 });
      const better = new Set(pairsOf(nearest).map(([a, b]) => between(a, b)));
      return accused({
        about: own.join(", "),
        expected: `${[...better].join(", ")} between them, as ${nearest.join(", ")} have`,
        found: `${[...ways].join(", ")} between them`,
        evidence: pairsOf(own)
          .slice(0, 4)
          .map(([a, b]) => `${a} and ${b}: ${between(a, b)}`),
        seen: "inferred",
        cost: { slowdown: total(mine) / total(best), basis: "modelled" },
        remedy: restartFromPlan,
      });
    }),
};

/**
 * Near ones, found from each in turn by adding the next nearest: maybe not the best there are, but
 * what is nearer than the subject's own shows that these are apart.
 */
function nearestSet(all: readonly string[], count: number, prices: CostModel): readonly string[] {
  const sets = all.map((seed) => {
    const set = [seed];
    while (set.length < count) {
      const rest = all.filter((one) => !set.includes(one));
      const far = (one: string): number => sumOf(set, (other) => prices.peerPair(one, other));
      set.push(rest.reduce((a, b) => (far(b) < far(a) ? b : a)));
    }
    return set;
  });
  const far = (set: readonly string[]): number =>
    sumOf(pairsOf(set), ([a, b]) => prices.peerPair(a, b));
  return sets.reduce((a, b) => (far(b) < far(a) ? b : a));
}

function positions({ accelerators }: Topology, set: readonly string[]): number[] {
  return set.map((address) => accelerators.findIndex((one) => one.address === address));
}
