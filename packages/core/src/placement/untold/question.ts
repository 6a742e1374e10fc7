import type { HostState } from "../../plan/host-state.ts";
import type { Request } from "../../request/request.ts";
import type { MemoryNode, Topology } from "../../topology/topology.ts";

/** A request on a host, as far as the host is known. */
export interface Question {
  readonly host: HostState;
  readonly request: Request;
}

/** The question with another topology. */
export function withTopology(
  { host, request }: Question,
  change: (topology: Topology) => Partial<Topology>,
): Question {
  const topology = { ...host.topology, ...change(host.topology) };
  return { host: { ...host, topology }, request };
}

/** The question with some fields of the nodes replaced. */
export function withNodes(
  question: Question,
  change: (node: MemoryNode) => Partial<MemoryNode>,
): Question {
  return withTopology(question, ({ nodes }) => ({
    nodes: nodes.map((node) => ({ ...node, ...change(node) })),
  }));
}

/** The question with some fields of the request replaced. */
export function withRequest(question: Question, change: Partial<Request>): Question {
  return { ...question, request: { ...question.request, ...change } };
}
