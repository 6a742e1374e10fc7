import type { Neighbour } from "../../../evidence/machine-evidence.ts";
import { intersection, isEmpty, type IndexSet, size } from "../../../set/index-set.ts";
import { setOf } from "../../../set/list-format.ts";
import { advice } from "../../../remedy/remedy.ts";
import type { Topology } from "../../../topology/topology.ts";
import { sum, sumOf } from "../../../unit/sum.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import { whyNoHome } from "../../subject/astray.ts";
import { accused, acquitted, type Cause, irrelevant, untold } from "../../subject/cause.ts";
import { type Home, listed } from "../../subject/home.ts";
import { cpusOfNodes } from "../../subject/whereabouts.ts";
import { onlineCpus } from "./workers.ts";

/** A part of a node's CPUs that others keep busy from which its memory and clocks feel it. */
const felt = 0.25;

/**
 * Who else works on the node shares its memory channels, its last-level cache and its clocks. Twins
 * of one plan on two nodes differ in nothing but that. How much it takes depends on what they do,
 * which no counter here tells.
 */
export const neighbourLoad: Cause = {
  code: "neighbour-load",
  layer: "host",
  looksFor: "other VMs or processes keep the CPUs of its node busy",
  observable: "machine.neighbours[].busyCpus",
  readFrom: "/proc/PID/stat of all VMs and the busiest processes, twice",
  acquittedBy: "less than a quarter of the node's CPUs kept busy by others",
  followsFrom: [],
  judge: ({ evidence, machine, topology, home }) => {
    if (evidence.of === "machine") return irrelevant;
    const neighbours = machine?.neighbours ?? null;
    if (neighbours === null) return untold("who else runs on the machine was not read");
    if (topology === null || home === null) return untold(whyNoHome);
    const cpus = cpusOfNodes(topology, home.nodes);
    if (cpus === null || isEmpty(cpus)) return untold(`the CPUs of ${home.why}, are not known`);
    const online = onlineCpus(topology);
    const loads = neighbours.map((one) => ({ ...one, load: loadOn(cpus, online, one) }));
    const known = loads.flatMap((one) => (one.load === null ? [] : [{ ...one, load: one.load }]));
    const load = sum(known.map((one) => one.load));
    const all = size(cpus);
    const where = listed([...home.nodes]);
    const words = `others keep ${load.toFixed(1)} of ${all} CPUs of ${where} busy`;
    if (load < all * felt) {
      return known.length < loads.length
        ? untold("how busy its neighbours are, or where they run, was not read")
        : acquitted(words);
    }
    const most = known.toSorted((a, b) => b.load - a.load).slice(0, 4);
    return accused({
      about: "neighbours",
      expected: `${where} without much load of others`,
      found: words,
      evidence: most.map((one) => `${one.name} keeps ${one.load.toFixed(1)} CPUs busy there`),
      seen: "inferred",
      cost: unknownCost,
      remedy: advice("live", `${remedyOf(topology, home)}: ${namesOf(most)}.`),
    });
  },
};

/** Where else the neighbours could run; on a machine that the subject fills, nowhere. */
function remedyOf({ nodes }: Topology, home: Home): string {
  return nodes.length > home.nodes.size
    ? "Give these CPUs of another node"
    : "Give these fewer CPUs, or run them on another machine";
}

function namesOf(neighbours: readonly Neighbour[]): string {
  return neighbours.map(({ name }) => name).join(", ");
}

/** How many of these CPUs a neighbour keeps busy; null where it is unknown. */
function loadOn(cpus: IndexSet, online: IndexSet, { vcpus, busyCpus }: Neighbour): number | null {
  const places = vcpus.flatMap(({ count, cpus: list }) => {
    const held = intersection(setOf(list), online);
    return isEmpty(held) ? [] : [{ count, part: size(intersection(held, cpus)) / size(held) }];
  });
  const threads = sumOf(places, ({ count }) => count);
  const part = threads === 0 ? null : sumOf(places, (one) => one.count * one.part) / threads;
  if (busyCpus === 0 || part === 0) return 0;
  return busyCpus === null || part === null ? null : busyCpus * part;
}
