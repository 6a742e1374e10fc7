import { indices, indexSet } from "../../set/index-set.ts";
import { parseList } from "../../set/list-format.ts";
import { buildTopology } from "../build.ts";
import { checkedTopology } from "../check.ts";
import type { Accelerator, Link, Partition, Topology } from "../topology.ts";
import { wholeAccelerators } from "../virtual-functions.ts";
import { buildAccess } from "./build-access.ts";
import { buildDistances } from "./build-distances.ts";
import { buildNodes } from "./build-nodes.ts";
import { buildPci } from "./build-pci.ts";
import { type Described, impossible } from "./fault.ts";
import type { SyntheticMachine } from "./machine.ts";
import { parseSynthetic } from "./parse.ts";
import { printSynthetic } from "./print.ts";

/**
 * Builds the topology of a machine in the synthetic language. The same text gives the same
 * topology, addresses included. A text that cannot be read, or that describes an impossible
 * machine, fails with `synthetic-malformed`, the column, and what was expected there.
 */
export function syntheticTopology(text: string, name = "synthetic"): Topology {
  return built({ machine: parseSynthetic(text), text }, name, "synthetic");
}

/**
 * Like `syntheticTopology`, for a machine that is already parsed; `source` becomes the topology's
 * source.
 */
export function topologyOf(machine: SyntheticMachine, name: string, source: string): Topology {
  return built({ machine, text: printSynthetic(machine) }, name, source);
}

function built(described: Described, name: string, source: string): Topology {
  const { machine } = described;
  const { nodes, cores } = buildNodes(described);
  const { pci, accelerators, nics } = buildPci(described, nodes);
  const whole = wholeAccelerators({ pci, accelerators });
  const topology = buildTopology({
    name,
    source,
    machine: machine.machine,
    nodes: nodes.map(({ parts }) => parts),
    distances: buildDistances(described, nodes),
    access: buildAccess(described, nodes),
    cores,
    offlineCpus: machine.offlineCpus,
    pci,
    accelerators,
    nics,
    links: linksOf(described, whole),
    partitions: partitionsOf(described, whole),
  });
  return checkedTopology(topology, name);
}

/** The addresses of accelerators, given by position in address order. */
function addressesOf(
  described: Described,
  key: string,
  places: string,
  accelerators: readonly Accelerator[],
): string[] {
  return indices(parseList(places) ?? indexSet([])).map((place) => {
    const accelerator = accelerators[place];
    if (accelerator !== undefined) return accelerator.address;
    const expected =
      accelerators.length === 0
        ? "a machine with accelerators"
        : `places from 0 to ${accelerators.length - 1}, by ascending address`;
    throw impossible(described, key, `accelerator ${place} does not exist`, expected);
  });
}

function linksOf(described: Described, accelerators: readonly Accelerator[]): Link[] {
  const seen = new Set<string>();
  return described.machine.links.flatMap(({ kind, lanes, among }) => {
    const sets =
      among.length === 0
        ? [accelerators.map(({ address }) => address)]
        : among.map((places) => addressesOf(described, kind, places, accelerators));
    return sets.flatMap((set) => {
      if (set.length < 2) {
        throw impossible(described, kind, "a link needs two ends", "at least two accelerators");
      }
      return set.flatMap((a, i) =>
        set.slice(i + 1).map((b): Link => {
          if (seen.has(`${a} ${b}`)) {
            throw impossible(
              described,
              kind,
              `${a} and ${b} are linked twice`,
              "one link per pair",
            );
          }
          seen.add(`${a} ${b}`);
          return { a, b, kind, lanes };
        }),
      );
    });
  });
}

function partitionsOf(described: Described, accelerators: readonly Accelerator[]): Partition[] {
  return described.machine.partitions.map(({ accelerators: places, active }, id) => ({
    id,
    accelerators: addressesOf(described, "partitions", places, accelerators),
    active,
  }));
}
