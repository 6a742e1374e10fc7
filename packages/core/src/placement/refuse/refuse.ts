import { governedTopology, type HostState } from "../../plan/host-state.ts";
import type { HostRefusal, RefusalWay } from "../../plan/refusal.ts";
import type { Request } from "../../request/request.ts";
import { shorten } from "../../text/shorten.ts";
import { layoutSignature } from "../layout/layout-signature.ts";
import { type SearchResult, search, searchSpace } from "../search/search.ts";
import { type Space, spaceOn } from "../space/space.ts";
import { signatureFacts } from "../untold/signature-facts.ts";
import { flavorText, reason, reasonsOf } from "./reason.ts";
import { releasedSpace } from "./released.ts";
import { inAnySignature, remedies, signatureRemedies } from "./remedies.ts";
import { nearestFirst, nodeList, type NodesWay, waysOf, withoutRepeats } from "./ways.ts";

/** The most ways that a refusal lists. */
const waysMax = 3;

/**
 * Why one host cannot hold a request that the search has refused there: the nearest ways to fit,
 * each with all the causes that keep it closed, then the smallest changes that would help.
 *
 * @param options `remedies: false` leaves the changes out, each of which takes a search.
 */
export function refuse(
  host: HostState,
  request: Request,
  options: { readonly remedies: boolean } = { remedies: true },
): HostRefusal {
  const otherSignature = request.signature === null ? null : search(host, inAnySignature(request));
  if (otherSignature !== null) return ofOtherSignature(host, request, otherSignature, options);
  const space = spaceOn(host, request);
  const { stock, ways: found, exhaustive } = waysOf(space);
  const ways =
    found.length > 0 ? inSignature(host, space, found) : [searchEnded(space.inventory.nodeIds)];
  const listed = withoutRepeats(ways)
    .slice(0, waysMax)
    .map((way) => (way.causes.length > 0 ? way : searchEnded(way.nodes)));
  return {
    host: host.topology.name,
    ways: listed.map((way): RefusalWay => ({
      nodes: nodeList(way.nodes),
      reasons: reasonsOf({ host, stock }, way),
    })),
    waysExhaustive: exhaustive,
    remedies: options.remedies ? remedies(host, request, ways) : [],
  };
}

/**
 * A way that nothing is found to close: then the search ended at its limit of effort, since the
 * causes are all that it asks for (`causes.ts`).
 */
function searchEnded(nodes: readonly number[]): NodesWay {
  return { nodes, causes: [{ code: "search-ended", nodes: [], needs: 1, has: null }] };
}

/** How many ways are held against the signature that a flavor is sold in. */
const signedMax = 8;

/**
 * The ways with the signature as one more cause of those on whose nodes no place has it, even if
 * other VMs gave up what the way lacks.
 */
function inSignature(
  host: HostState,
  space: Space,
  ways: readonly NodesWay[],
): readonly NodesWay[] {
  const { request } = space;
  if (request.signature === null || request.locality === "preferred") return ways;
  const isUntold = isSignatureUntold(host, request);
  return nearestFirst(
    ways.slice(0, signedMax).map((way) => {
      const { nodes, causes } = way;
      if (isPlaceableOn(releasedSpace(host, space, way), nodes)) return way;
      const has = isUntold || causes.some((cause) => cause.has === null) ? null : 0;
      return {
        nodes,
        causes: [...causes, { code: "signature-unavailable", nodes, needs: 1, has }],
      };
    }),
  );
}

/** Whether nobody told what a signature is made of, so that a place may have it. */
function isSignatureUntold({ topology, policy, ...host }: HostState, request: Request): boolean {
  const governed = { ...host, policy, topology: governedTopology(topology, policy) };
  return signatureFacts({ host: governed, request }).length > 0;
}

/** Whether a request fits with its cells on these nodes, not on others that are their equals. */
function isPlaceableOn({ inventory, ...space }: Space, nodes: readonly number[]): boolean {
  const each = inventory.nodeIds.map((_, position) => position);
  const symmetry = { ...inventory.symmetry, nodeOrbit: each, nodeOrbitWithDevices: each };
  const accepts = ({ cells }: SearchResult["best"]): boolean =>
    cells.length === nodes.length && cells.every(({ node }) => nodes.includes(node));
  const own = { ...space, inventory: { ...inventory, symmetry } };
  return searchSpace(own, { any: true, accepts }) !== null;
}

/**
 * The refusal of a flavor's VM for which there is room, but in no place of the signature that the
 * flavor is sold in.
 */
function ofOtherSignature(
  host: HostState,
  request: Request,
  { space, best }: SearchResult,
  options: { readonly remedies: boolean },
): HostRefusal {
  const { signature, signatureText } = layoutSignature(space, best);
  const isUntold = isSignatureUntold(host, request);
  const known = isUntold ? " is known to have" : " has";
  const message = `No free place${known} signature ${request.signature}, which ${flavorText(request)} is sold in; the best free one has ${signature}: ${signatureText}.`;
  const unavailable = { needs: 1, has: isUntold ? null : 0, message: shorten(message, 1024) };
  return {
    host: host.topology.name,
    ways: [
      {
        nodes: nodeList(best.cells.map(({ node }) => node)),
        reasons: [reason({ code: "signature-unavailable", ...unavailable })],
      },
    ],
    waysExhaustive: true,
    remedies: options.remedies ? signatureRemedies(host, request, signature) : [],
  };
}
