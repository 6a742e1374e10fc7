import type { Layout } from "../layout/layout.ts";
import { governedTopology, type HostState } from "../../plan/host-state.ts";
import type { UntoldFact } from "../../plan/refusal.ts";
import type { Request } from "../../request/request.ts";
import type { Locality } from "../../request/virtual-machine.ts";
import { searchSpace } from "../search/search.ts";
import { spaceOn } from "../space/space.ts";
import { type Favor, favors } from "./favors.ts";
import { type Question, withRequest, withTopology } from "./question.ts";
import { list } from "./signature-facts.ts";

/**
 * What would have to be told of a host for an answer, where the search found no place on what is
 * known; empty where what is known rules the request out.
 *
 * The search counts only what is known to be there, so a place that it finds is one whatever else
 * turns out. Where it finds none, it is asked again on a host that is as favorable as what is
 * untold allows, or more so. If the request does not fit there either, it fits on no machine that
 * agrees with what is known: the answer is no. Otherwise nobody can answer, and the facts to tell
 * are those that remain when every other one is left as it is: none of them alone could be left
 * out. Facts that are taken away from a topology only widen what is untold, so the answer never
 * becomes more definite by it.
 *
 * A flavor's signature is compared where all that it is made of is told; what it is made of is one
 * more fact to tell. Of what is made up to be favorable it means nothing, and is left aside.
 *
 * The cost is one search that stops at the first place, and one more for each kind of untold fact;
 * where the node of cores is untold, one more on the host without a word of nodes.
 *
 * @param accepts which places count; all by default.
 */
export function untoldOf(
  host: HostState,
  request: Request,
  accepts?: (layout: Layout) => boolean,
): readonly UntoldFact[] {
  const topology = governedTopology(host.topology, host.policy);
  const known: Question = {
    host: { ...host, topology },
    request: { ...request, ...atMost(request.locality) },
  };
  const fitsOn = (question: Question, granted: readonly Favor[]): boolean => {
    const asked = grant(question, granted);
    return searchSpace(spaceOn(asked.host, asked.request), { any: true, accepts }) !== null;
  };
  const fits = (granted: readonly Favor[]): boolean => fitsOn(known, granted);
  const open = openFavors(known);
  if (open.length === 0 || !fits(open)) return [];
  const without = withoutNodes(known);
  if (without !== null && !fitsOn(without, openFavors(without))) return [];
  let needed = open;
  for (const favor of open) {
    const others = needed.filter((one) => one !== favor);
    if (others.length > 0 && fits(others)) needed = others;
  }
  // What is untold of a node only because the node itself is goes without saying.
  return needed.flatMap(({ code, untold, tellers }) => {
    const what = untold(known);
    if (what === null) return [];
    const inputs = list(tellers(known), "or");
    const message = `Nobody told ${what}: add ${inputs} of this host.`;
    return { host: host.topology.name, code, message };
  });
}

/**
 * The question with no word of nodes, where the node of some cores is untold. Such cores count on
 * every node that may have them, so on several nodes they count several times. Without nodes each
 * counts once, and what fits nowhere there fits nowhere. Null where no core counts twice.
 */
function withoutNodes(question: Question): Question | null {
  const { cores } = question.host.topology;
  if (cores.every(({ node }) => node !== null)) return null;
  return withTopology(question, ({ pci }) => ({
    nodes: [],
    distances: null,
    access: [],
    calibration: null,
    cores: cores.map((core) => ({ ...core, node: null })),
    pci: pci.map((device) => ({ ...device, node: null })),
  }));
}

/**
 * Whether a node belongs to those that memory is interleaved over follows from what may be untold,
 * and one more of them may be one too many. What is interleaved could also lie anywhere, so the
 * request that may stray fits wherever it does.
 */
function atMost(locality: Locality): { readonly locality: Locality } {
  return { locality: locality === "interleave" ? "preferred" : locality };
}

/**
 * The favors that ask for something untold, each once those before it are granted: of what is made
 * up, a signature is untold too.
 */
function openFavors(known: Question): readonly Favor[] {
  const open: Favor[] = [];
  let question = known;
  for (const favor of favors) {
    if (favor.untold(question) === null) continue;
    open.push(favor);
    question = favor.granted(question);
  }
  return open;
}

/** Grants each favor for which something is untold still. */
function grant(known: Question, granted: readonly Favor[]): Question {
  return granted.reduce((question, favor) => {
    if (favor.untold(question) === null) return question;
    const better = favor.granted(question);
    return favor.keepsSignatures ? better : withRequest(better, { signature: null });
  }, known);
}
