import type { Plan } from "../../plan/plan.ts";
import type { UntoldCode } from "../../plan/refusal.ts";
import { nodesText } from "../../topology/draw/describe.ts";
import { toldByNature } from "../../topology/told.ts";
import type { MemoryNode, Topology } from "../../topology/topology.ts";
import { idsOf } from "../inventory/devices.ts";
import { isWanted } from "../space/devices.ts";
import { pageBytesOf } from "../space/memory.ts";
import { nodesOfUntoldCores, withMostCores } from "./cpus.ts";
import { hasUntoldLinks } from "./links.ts";
import { list, signatureFacts } from "./signature-facts.ts";
import { type Question, withNodes, withRequest, withTopology } from "./question.ts";

/** One kind of fact that may be untold, and the question with the best that it could be. */
export interface Favor {
  readonly code: UntoldCode;
  /** What is untold, as the end of a sentence; null where it is told, or the request needs none. */
  readonly untold: (question: Question) => string | null;
  /**
   * The question with what is untold as favorable as it may be, or more so: a request that does not
   * fit then fits on no machine that agrees with what is known.
   */
  readonly granted: (question: Question) => Question;
  /** The inputs that would tell. */
  readonly tellers: (question: Question) => readonly string[];
  /**
   * Whether places have the signatures on the granted host that they have on the real one. What is
   * made up to be favorable (cores, caches, the nodes of devices) has signatures that mean nothing.
   */
  readonly keepsSignatures: boolean;
}

const snapshot = "an `evenkeel snapshot`";

/** More than any node has; a power of two, so that every page size divides it. */
const plenty = 2 ** 50;

/** In the order in which they are granted: nodes first, as the others are about nodes. */
export const favors: readonly Favor[] = [
  {
    code: "nodes-untold",
    untold: ({ host: { topology } }) =>
      mayHaveMoreNodes(topology) ? "all NUMA nodes of the host" : null,
    granted: (question) =>
      withTopology(question, ({ nodes }) => ({
        nodes: [...nodes, unknownNode(nodes, question.host.taken)],
        distances: null,
      })),
    tellers: () => ["`numactl -H`", "`lscpu`"],
    keepsSignatures: false,
  },
  {
    code: "cpus-untold",
    untold: ({ host: { topology } }) => {
      const nodes = nodesOfUntoldCores(topology);
      const what = nodes.every(({ cpus }) => cpus !== null) ? "cores" : "CPUs and cores";
      return nodes.length === 0 ? null : `the ${what} of ${listed(nodes)}`;
    },
    granted: withMostCores,
    tellers: () => ["`lscpu -e`", snapshot],
    keepsSignatures: false,
  },
  {
    code: "caches-untold",
    untold: ({ host, request }) => {
      const alone = [request, ...host.taken].some(({ isolation }) => isolation === "l3");
      const unknown = host.topology.cores.some(({ l3 }) => l3 === null);
      return alone && unknown ? "which cores share a last-level cache" : null;
    },
    granted: (question) =>
      withTopology(question, ({ cores }) => {
        const known = Math.max(-1, ...cores.flatMap(({ l3 }) => l3 ?? []));
        return { cores: cores.map((core, i) => ({ ...core, l3: core.l3 ?? known + 1 + i })) };
      }),
    tellers: () => ["`lscpu -e`", snapshot],
    keepsSignatures: false,
  },
  {
    code: "memory-untold",
    untold: ({ host: { topology } }) => {
      const nodes = topology.nodes.filter(({ memoryBytes }) => memoryBytes === null);
      return nodes.length === 0 ? null : `the memory of ${listed(nodes)}`;
    },
    granted: (question) =>
      withNodes(question, ({ memoryBytes }) => ({ memoryBytes: memoryBytes ?? plenty })),
    tellers: () => ["`numactl -H`", snapshot],
    keepsSignatures: true,
  },
  {
    code: "hugepages-untold",
    untold: ({ host: { topology } }) => {
      const nodes = topology.nodes.filter(hasUntoldPages);
      return nodes.length === 0 ? null : `the huge pages of ${listed(nodes)}`;
    },
    granted: (question) =>
      withNodes(question, (node) => ({
        hugepages: hasUntoldPages(node)
          ? mostPages(question.request.hugepageBytes, node.memoryBytes ?? plenty)
          : node.hugepages,
      })),
    tellers: () => [snapshot, "`lstopo --of xml`", "`virsh capabilities`"],
    keepsSignatures: true,
  },
  {
    code: "page-size-untold",
    untold: ({ host: { topology }, request }) =>
      pageBytesOf(request, topology) === null ? "the size of the host's base pages" : null,
    granted: (question) =>
      withTopology(question, ({ machine }) => ({ machine: { ...machine, pageBytes: 4096 } })),
    tellers: () => [snapshot, "`lstopo --of xml`"],
    keepsSignatures: false,
  },
  {
    code: "devices-untold",
    untold: ({ host: { topology }, request }) => {
      const kinds = [
        ...(lacksUntold(topology, "accelerators", request.accelerators.count) ? ["GPUs"] : []),
        ...(lacksUntold(topology, "nics", request.nics.count) ? ["NICs"] : []),
      ];
      return kinds.length === 0 ? null : `the ${kinds.join(" and ")} of the host`;
    },
    granted: (question) => {
      const { topology } = question.host;
      const { accelerators, nics } = question.request;
      const none = { ...nics, count: 0 };
      const withoutNics = lacksUntold(topology, "nics", nics.count)
        ? withRequest(question, { nics: none })
        : question;
      // Wherever the accelerators are, the VM's cores and memory are somewhere on the host.
      return lacksUntold(topology, "accelerators", accelerators.count)
        ? strayed(
            withRequest(question, { accelerators: { ...accelerators, count: 0 }, nics: none }),
          )
        : withoutNics;
    },
    tellers: () => ["`lspci -Dvvnn`", snapshot],
    keepsSignatures: false,
  },
  {
    code: "device-nodes-untold",
    untold: (question) => {
      const { accelerators, nics } = homeless(question);
      const kinds = [
        ...(accelerators > 0 ? ["GPUs"] : []),
        ...(nics > 0 && question.request.nics.count > 0 ? ["NICs"] : []),
      ];
      return kinds.length === 0 ? null : `the node of some ${kinds.join(" and ")}`;
    },
    granted: (question) => {
      const { accelerators, nics: unknown } = homeless(question);
      const { nics } = question.request;
      const beside = withRequest(question, {
        nics: { ...nics, count: accelerators > 0 ? 0 : Math.max(0, nics.count - unknown) },
      });
      return accelerators > 0 ? onOneNode(strayed(beside)) : beside;
    },
    tellers: () => ["`lspci -Dvvnn`", "`nvidia-smi topo -m`"],
    keepsSignatures: false,
  },
  {
    code: "models-untold",
    untold: ({ host: { topology }, request }) => {
      const { count, model } = request.accelerators;
      const unknown = topology.accelerators.filter((one) => one.model === null);
      return count === 0 || model === null || unknown.length === 0
        ? null
        : "the model of some GPUs";
    },
    granted: (question) =>
      withTopology(question, ({ accelerators }) => ({
        accelerators: accelerators.map((one) => ({
          ...one,
          model: one.model ?? question.request.accelerators.model,
        })),
      })),
    tellers: () => ["`lspci -Dnn`", "`nvidia-smi`"],
    keepsSignatures: false,
  },
  {
    code: "rdma-untold",
    untold: ({ host: { topology }, request: { nics } }) =>
      nics.count > 0 && nics.rdma && topology.nics.some(({ rdma }) => rdma === null)
        ? "whether some NICs do RDMA"
        : null,
    granted: (question) =>
      withTopology(question, ({ nics }) => ({
        nics: nics.map((nic) => ({ ...nic, rdma: nic.rdma ?? true })),
      })),
    tellers: () => [snapshot],
    keepsSignatures: true,
  },
  {
    code: "links-untold",
    untold: ({ host: { topology }, request: { accelerators } }) =>
      accelerators.count > 1 && hasUntoldLinks(topology, accelerators.link)
        ? "how the GPUs are connected"
        : null,
    granted: (question) =>
      withRequest(question, {
        accelerators: { ...question.request.accelerators, link: "any" },
      }),
    tellers: () => ["`nvidia-smi topo -m`", "`rocm-smi --showtopo`"],
    keepsSignatures: false,
  },
  {
    // Last: it is not asked for where another fact must be told anyway.
    code: "signature-untold",
    untold: (question) => {
      const facts = signatureFacts(question).map(({ what }) => what);
      return facts.length === 0 ? null : `what the flavor's signature is made of: ${list(facts)}`;
    },
    granted: (question) => withRequest(question, { signature: null }),
    tellers: (question) => [...new Set(signatureFacts(question).flatMap(({ tellers }) => tellers))],
    keepsSignatures: true,
  },
];

/** `node 0`, `nodes 0-3`. */
function listed(nodes: readonly MemoryNode[]): string {
  return nodesText(nodes.map(({ id }) => id));
}

/**
 * Without nodes none was told. Sources that tell neither cores nor memory name only the nodes of
 * their devices.
 */
function mayHaveMoreNodes({ nodes, cores }: Topology): boolean {
  if (nodes.length === 0) return true;
  return cores.length === 0 && nodes.every(({ memoryBytes }) => memoryBytes === null);
}

/** One more node, which no VM is on. */
function unknownNode(nodes: readonly MemoryNode[], taken: readonly Plan[]): MemoryNode {
  const used = taken.flatMap(({ cells }) =>
    cells.flatMap(({ hostNode, memoryOnNodes }) => [
      hostNode,
      ...memoryOnNodes.map((on) => on.node),
    ]),
  );
  return {
    id: 1 + Math.max(-1, ...nodes.map(({ id }) => id), ...used),
    package: null,
    cpus: null,
    memoryBytes: null,
    freeBytes: null,
    sideCacheBytes: null,
    kind: null,
    hugepages: null,
  };
}

function hasUntoldPages({ hugepages, memoryBytes }: MemoryNode): boolean {
  return hugepages === null && memoryBytes !== 0;
}

/** All memory in pages of the size asked for; none in huge pages where base pages are. */
function mostPages(sizeBytes: number | null, bytes: number): MemoryNode["hugepages"] {
  if (sizeBytes === null) return [];
  return [{ sizeBytes, total: Math.floor(bytes / sizeBytes), free: null }];
}

/**
 * Whether devices of a kind are asked for of which the topology has none, and that says nothing: it
 * has no function but those that were asked of the source, and bridges.
 */
function lacksUntold(topology: Topology, kind: "accelerators" | "nics", count: number): boolean {
  if (count === 0 || topology[kind].length > 0 || toldByNature(topology)) return false;
  const known = new Set([...topology.accelerators, ...topology.nics].map((one) => one.address));
  return topology.pci.every(
    (device) => known.has(device.address) || device.class === "" || device.class.startsWith("06"),
  );
}

/** How many of the devices that the request could use are on no known node. */
function homeless({ host: { topology }, request }: Question): {
  readonly accelerators: number;
  readonly nics: number;
} {
  const functions = new Map(topology.pci.map((device) => [device.address, device]));
  const isHomeless = ({ address }: { readonly address: string }): boolean =>
    (functions.get(address)?.node ?? null) === null;
  const { count, model } = request.accelerators;
  const wanted = topology.accelerators.filter((one) => {
    const ids = idsOf(functions.get(one.address));
    return (
      one.model === null ||
      model === null ||
      isWanted({ model: one.model, ids, isPart: false }, model) ||
      isWanted({ model: one.profile, ids, isPart: true }, model)
    );
  });
  return {
    accelerators: count === 0 ? 0 : wanted.filter(isHomeless).length,
    nics: request.nics.count === 0 ? 0 : topology.nics.filter(isHomeless).length,
  };
}

/**
 * The question with all accelerators on one node: a VM that may stray has one cell then, and fits
 * there if it fits wherever they turn out to be.
 */
function onOneNode(question: Question): Question {
  const [first] = question.host.topology.nodes;
  if (first === undefined) return question;
  const own = new Set(question.host.topology.accelerators.map(({ address }) => address));
  return withTopology(question, ({ pci }) => ({
    pci: pci.map((device) => (own.has(device.address) ? { ...device, node: first.id } : device)),
  }));
}

/** The question whose VM may stray. */
function strayed(question: Question): Question {
  return withRequest(question, { locality: "preferred" });
}
