import { type IndexSet, intersection, isSubset } from "../set/index-set.ts";
import { knownCpus } from "../topology/node-facts.ts";
import type { Topology } from "../topology/topology.ts";
import type { Beside } from "./beside.ts";
import { type UsableCore, usableCores } from "./mode/cores.ts";

/** A node beside a command's accelerators: what the command may use of it, and who shares it. */
export interface Site {
  readonly node: number;
  readonly cpus: IndexSet;
  /** Whether the command may use all of the node. */
  readonly isWhole: boolean;
  /** Empty where the node's cores are unknown. */
  readonly cores: readonly UsableCore[];
  /**
   * The accelerators that share the node, ascending by address. Where the command may use all of
   * the node, all that the machine has there share it, whether it sees them or not: other commands
   * do. Where it may not, whoever gave it a part has divided already, and only those that it sees
   * share the part.
   */
  readonly peers: readonly string[];
  /**
   * How many more may be there, as nobody tells their node. Commands beside these stay as they are,
   * so they have no share.
   */
  readonly unplaced: number;
  /** Those of them that are the command's own. */
  readonly own: readonly string[];
}

export interface SiteInput {
  readonly topology: Topology;
  readonly allowedCpus: IndexSet;
  /** Those of the command. */
  readonly own: readonly Beside[];
  /** All that commands on this machine may be beside, the command's own among them. */
  readonly all: readonly Beside[];
  /** Those that this command and the others in its cpuset see. */
  readonly visible: ReadonlySet<string>;
}

/** The nodes beside a command's accelerators, ascending. */
export function sitesOf({ topology, allowedCpus, own, all, visible }: SiteInput): readonly Site[] {
  const wanted = new Set(own.flatMap(({ nodes }) => nodes));
  const ownOnes = new Set(own.map(({ address }) => address));
  return topology.nodes
    .filter(({ id }) => wanted.has(id))
    .toSorted((a, b) => a.id - b.id)
    .map((node) => {
      const isWhole = isSubset(knownCpus(node), allowedCpus);
      const cpus = intersection(knownCpus(node), allowedCpus);
      const sharing = all.filter(({ address }) => isWhole || visible.has(address));
      const peers = sharing
        .filter(({ nodes }) => nodes.includes(node.id))
        .map(({ address }) => address);
      return {
        node: node.id,
        cpus,
        isWhole,
        cores: usableCores(topology.cores, cpus),
        peers,
        unplaced: sharing.filter(({ nodes }) => nodes.length === 0).length,
        own: peers.filter((address) => ownOnes.has(address)),
      };
    });
}
