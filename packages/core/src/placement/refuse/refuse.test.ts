import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { defaultHostPolicy } from "../../request/host-policy.ts";
import type { Request } from "../../request/request.ts";
import { accelerators, requestOf } from "../../../testing/request/requests.ts";
import { isolations, localities } from "../../request/virtual-machine.ts";
import { catalogMachine } from "../../topology/catalog/catalog.ts";
import { syntheticTopology } from "../../topology/synthetic/build.ts";
import { smallTopology } from "../../../testing/topology/arbitrary-machine.ts";
import type { Topology } from "../../topology/topology.ts";
import { GiB, MiB, parseQuantity } from "../../unit/bytes.ts";
import { at } from "../../unit/list.ts";
import { malformed } from "../../../testing/remedy/malformed.ts";
import type { Holding } from "../../plan/holding.ts";
import type { HostState } from "../../plan/host-state.ts";
import { shellLine } from "../../text/shell.ts";
import { isVmCalled } from "../../guest/name.ts";
import { place } from "../../fleet/place.ts";
import type { Plan } from "../../plan/plan.ts";
import type { HostRefusal, RefusalRemedy } from "../../plan/refusal.ts";

function hostOf(topology: Topology | string, taken: readonly Plan[] = []): HostState {
  const built = typeof topology === "string" ? syntheticTopology(topology) : topology;
  return { topology: built, taken, policy: defaultHostPolicy };
}

function refusal(host: HostState, request: Request): HostRefusal {
  const placed = place([host], request);
  if (placed.kind === "Plan" || placed.hosts[0] === undefined) throw new Error("was placed");
  return placed.hosts[0];
}

/** A refusal in words, with the commands of its remedies. */
const said = ({ ways, remedies }: HostRefusal): string[] => [
  ...ways.flatMap(({ nodes, reasons }) => [
    `on ${nodes}`,
    ...reasons.map(({ code, message }) => `${code}: ${message}`),
  ]),
  ...remedies.flatMap(({ change, text, argv, undo }) => [
    `try ${change}: ${text}`,
    ...(argv ?? []).map((command) => `run ${shellLine(command)}`),
    ...(undo ?? []).map((command) => `undo ${shellLine(command)}`),
  ]),
];

const hgx = catalogMachine("hgx-h100");
const small =
  "package:2 core:8 thread:2 memory:64Gi hugepages:40x1Gi distances:10/21 root*2[switch[gpu:h100-sxm nic:cx7]]";

test("a signature is a cause on nodes that have no place of it, and on no others", () => {
  const machine =
    "package:2 core:10 thread:2 memory:64Gi hugepages:48x1Gi distances:10/21 root[gpu:l40s*2] classes:0-9,20-29;10-19,30-39";
  const request = requestOf({ accelerators: accelerators(2), vcpus: 8, memoryBytes: 8 * GiB });
  const taken: Plan[] = [];
  for (const name of ["fast", "slow"]) {
    const placed = place([hostOf(machine, taken)], { ...request, name });
    if (placed.kind === "Refusal") throw new Error(JSON.stringify(placed));
    taken.push(placed);
  }
  for (const { signature, cells } of taken) {
    const own = `${at(cells, 0).hostNode}`;
    const flavor = { ...request, flavor: "gpu.2", signature };
    const { ways } = refusal(hostOf(machine, taken), flavor);
    expect(ways.map(({ nodes, reasons }) => [nodes, reasons.map(({ code }) => code)])).toEqual([
      [own, ["accelerators-short"]],
      [own === "0" ? "1" : "0", ["accelerators-short", "signature-unavailable"]],
    ]);
  }
});

describe("a refusal says every cause with its numbers, and what would help", () => {
  test("too many accelerators, or of no such model", () => {
    const request = requestOf({ accelerators: accelerators(5) });
    expect(said(refusal(hostOf(small), request))).toMatchInlineSnapshot(`
      [
        "on 0",
        "accelerators-short: 5 GPUs needed on node 0, 2 of 2 free; the host has 4, and 5 are asked for.",
        "try spec.accelerators.count: It fits with 2 GPUs.",
      ]
    `);
    const b200 = { count: 1, model: "B200", link: "any" } as const;
    expect(said(refusal(hostOf(small), requestOf({ accelerators: b200 })))).toMatchInlineSnapshot(`
      [
        "on 0",
        "accelerators-short: 1 GPU of model "B200" needed on node 0; this host has 4 × H100 SXM5 80GB.",
        "try spec.accelerators.model: It fits with GPUs of any model.",
      ]
    `);
  });

  test("a device that the host keeps for itself, or its policy excludes", () => {
    const desktop =
      "core:8 thread:2 memory:64Gi root[gpu:h100-pcie(host:display)] root[nic:cx7(host:default-route)]";
    const one = requestOf({ accelerators: accelerators(1), vcpus: 4, memoryBytes: GiB });
    const base = { ...one, hugepageBytes: null };
    expect(said(refusal(hostOf(desktop), base))).toMatchInlineSnapshot(`
      [
        "on 0",
        "accelerators-short: 1 GPU needed on node 0; this host has 1 GPU; 0000:16:00.0 is not sold: it is the host's display.",
        "try policy.accelerators: It fits where the policy names 0000:16:00.0 among its accelerators, which the host needs itself.",
      ]
    `);
    const both = { ...base, accelerators: accelerators(0), nics: { count: 1, rdma: false } };
    expect(said(refusal(hostOf(desktop), both))).toMatchInlineSnapshot(`
      [
        "on 0",
        "nics-short: 1 NIC needed on node 0, and there is none; 0000:27:00.0 is not sold: it is the NIC of the host's default route.",
        "try spec.nics.count: It fits with 0 NICs.",
        "try policy.nics: It fits where the policy names 0000:27:00.0 among its nics, which the host needs itself.",
      ]
    `);
    const free = hostOf("core:8 thread:2 memory:64Gi root[gpu:h100-pcie]");
    const [gpu] = free.topology.accelerators;
    const exclude = [at([gpu], 0)?.address ?? ""];
    const policy = { ...defaultHostPolicy, exclude };
    expect(said(refusal({ ...free, policy }, base))).toMatchInlineSnapshot(`
      [
        "on 0",
        "accelerators-short: 1 GPU needed on node 0; this host has 1 GPU; 0000:16:00.0 is not sold: it is excluded by the policy.",
        "try policy.exclude: It fits where the policy excludes no devices.",
      ]
    `);
  });

  test("a core that the host keeps by default", () => {
    const all = requestOf({ vcpus: 16, memoryBytes: GiB, hugepageBytes: null });
    const host = hostOf("core:8 thread:2 memory:64Gi");
    expect(said(refusal(host, all))).toMatchInlineSnapshot(`
      [
        "on 0",
        "cores-short: 8 whole cores needed on node 0, 7 of 8 free: the policy keeps 1 (reserved.coresPerNode).",
        "try spec.vcpus: It fits with 14 vCPUs.",
        "try policy.reserved.coresPerNode: It fits where the policy keeps no core of each node for the host.",
      ]
    `);
  });

  test("a VM that runs by its plan is stopped by a command, one that is only planned is named", () => {
    const host = hostOf("core:8 thread:2 memory:64Gi");
    const request = requestOf({ vcpus: 14, memoryBytes: GiB, hugepageBytes: null });
    const plan = place([host], { ...request, name: "first", tenant: "acme", vcpus: 2 });
    if (plan.kind === "Refusal") throw new Error("was refused");
    const planned = { ...host, taken: [plan] };
    const offers = (on: HostState): readonly RefusalRemedy[] =>
      refusal(on, request).remedies.filter(({ change }) => change === "host.taken");
    expect(offers(planned)).toMatchObject([{ from: "first", argv: null }]);
    const vcpus = [{ count: 2, cpus: "2-3" }];
    const held = [{ name: "acme_first", pid: 7, plan, vcpus, memory: [], devices: [] }];
    const [running] = offers({ ...planned, held });
    expect(running).toMatchObject({ argv: [["evenkeel", "stop", "acme_first"]], when: "live" });
    expect(isVmCalled("acme_first", plan)).toBe(true);
    // What the command stops is what is in the way: without its plan and what it holds, it fits.
    const [, , name = ""] = running?.argv?.[0] ?? [];
    const left = held.filter((one) => one.name !== name);
    const taken = [plan].filter((one) => !isVmCalled(name, one));
    expect(place([{ ...planned, held }], request).kind).toBe("Refusal");
    expect(place([{ ...host, taken, held: left }], request).kind).toBe("Plan");
  });

  test("no VM to stop is looked for among very many", () => {
    const beside = (count: number): readonly string[] => {
      const held = Array.from({ length: count }, (_, i): Holding => {
        const vcpus = [{ count: 1, cpus: "2" }];
        return { name: `vm-${i}`, pid: i + 1, plan: null, vcpus, memory: [], devices: [] };
      });
      const host = { ...hostOf("core:8 thread:2 memory:64Gi"), held };
      const request = requestOf({ vcpus: 14, memoryBytes: GiB, hugepageBytes: null });
      return refusal(host, request).remedies.map(({ change }) => change);
    };
    expect(beside(1)).toContain("host.held");
    expect(beside(257)).not.toContain("host.held");
  });

  test("too few cores and pages on the nodes of the accelerators", () => {
    const request = requestOf({ accelerators: accelerators(2), vcpus: 40, memoryBytes: 90 * GiB });
    expect(said(refusal(hostOf(small), request))).toMatchInlineSnapshot(`
      [
        "on 0-1",
        "cores-short: 10 whole cores needed on node 0, 7 of 8 free.",
        "cores-short: 10 whole cores needed on node 1, 7 of 8 free.",
        "hugepages-short: 45 1 GiB pages needed on node 0, 40 of 40 free.",
        "hugepages-short: 45 1 GiB pages needed on node 1, 40 of 40 free.",
        "try spec.vcpus, spec.memory: It fits with 28 vCPUs and 80 GiB of memory.",
      ]
    `);
  });

  test("accelerators that are not linked as asked for", () => {
    const request = requestOf({ accelerators: { count: 2, model: null, link: "nvlink" } });
    expect(said(refusal(hostOf(small), request))).toMatchInlineSnapshot(`
      [
        "on 0",
        "accelerators-unlinked: 2 GPUs that are all linked directly are needed on node 0; at most 1 of the 2 free ones is.",
        "try spec.accelerators.count: It fits with 1 GPU.",
        "try spec.accelerators.link: It fits with \`link: any\`, over slower links.",
      ]
    `);
  });

  test("accelerators that are not below one switch", () => {
    const request = requestOf({ accelerators: { count: 2, model: null, link: "switch" } });
    expect(said(refusal(hostOf(small), request))).toContain(
      "accelerators-unlinked: 2 GPUs below one PCIe switch are needed on node 0; the most free ones below one switch are 1.",
    );
  });

  test("an accelerator whose node is unknown", () => {
    const { topology } = hostOf(small);
    const pci = topology.pci.map((device) => ({ ...device, node: null }));
    const request = requestOf({ accelerators: accelerators(1) });
    expect(said(refusal(hostOf({ ...topology, pci }), request))).toMatchInlineSnapshot(`
      [
        "on 0",
        "accelerator-node-unknown: 1 GPU needed on node 0; the node of 4 of the 4 free ones is unknown.",
      ]
    `);
  });

  test("a machine without a node", () => {
    const { topology } = hostOf(small);
    const nowhere = { ...topology, nodes: [], distances: null, cores: [], pci: [], nics: [] };
    const host = hostOf({ ...nowhere, accelerators: [], links: [], partitions: [] });
    for (const locality of localities) {
      const { ways } = refusal(host, requestOf({ locality }));
      expect(ways.map(({ nodes }) => nodes)).toEqual([""]);
      expect(ways[0]?.reasons.map(({ code, has }) => [code, has])).toEqual([
        ["cores-unknown", null],
        ["memory-unknown", null],
      ]);
    }
  });

  test("fabric partitions of other sizes", () => {
    if (hgx === null) throw new Error("no hgx-h100");
    const [a, b, c, d] = hgx.accelerators.map(({ address }) => address);
    const partitions = [[a, b, c, d].flatMap((address) => address ?? [])];
    const topology = {
      ...hgx,
      partitions: partitions.map((list, id) => ({ id, accelerators: list, active: null })),
    };
    const request = requestOf({ accelerators: accelerators(2) });
    expect(said(refusal(hostOf(topology), request))).toMatchInlineSnapshot(`
      [
        "on 0",
        "partition-unavailable: No free fabric partition has 2 GPUs, and none has fewer.",
      ]
    `);
  });

  test("another VM's isolation", () => {
    const first = place([hostOf(small)], requestOf({ name: "first", isolation: "host" }));
    if (first.kind === "Refusal") throw new Error("does not fit");
    expect(said(refusal(hostOf(small, [first]), requestOf()))).toMatchInlineSnapshot(`
      [
        "on 0",
        "isolation-conflict: 1 whole core needed on node 0, and isolation leaves none: vm asks for "core", and the host has first (host).",
        "try host.taken: It fits without the VM first.",
      ]
    `);
  });

  test("of isolated VMs those are named that are on the nodes, or alone on the host", () => {
    const taken: Plan[] = [];
    for (const name of ["left", "right"]) {
      const placed = place([hostOf(small, taken)], requestOf({ name, isolation: "node" }));
      if (placed.kind === "Refusal") throw new Error("does not fit");
      taken.push(placed);
    }
    const named = (request: Request): readonly (readonly [string, string])[] =>
      refusal(hostOf(small, taken), request).ways.flatMap(({ nodes, reasons }) =>
        reasons.flatMap(({ code, message }) => {
          const vms = message.split("the host has ")[1] ?? "";
          return code === "isolation-conflict" ? [[nodes, vms] as const] : [];
        }),
      );
    expect(named(requestOf())).toEqual([["0", "left (node)."]]);
    expect(named(requestOf({ isolation: "host" }))).toEqual([["0", "left (node), right (node)."]]);
  });

  test("pages that nobody has set apart, on a node with memory to spare", () => {
    const bare = "package:1 core:8 memory:64Gi root[gpu:h100-sxm]";
    const request = requestOf({ accelerators: accelerators(1), memoryBytes: 8 * GiB });
    expect(said(refusal(hostOf(bare), request))).toMatchInlineSnapshot(`
      [
        "on 0",
        "hugepages-absent: 8 1 GiB pages needed on node 0, and the host has no pool of that size.",
        "try spec.hugepages: It fits with \`hugepages: none\`.",
        "try nodes[0].hugepages: It fits with 8 more pages of 1 GiB on node 0.",
        "run shuf -e 8 -o /sys/devices/system/node/node0/hugepages/hugepages-1048576kB/nr_hugepages",
        "undo shuf -e 0 -o /sys/devices/system/node/node0/hugepages/hugepages-1048576kB/nr_hugepages",
      ]
    `);
  });

  test("memory that interleaving needs on every node", () => {
    const uneven = `${small} memory:48Gi@1 hugepages:4x1Gi@1`;
    const request = requestOf({
      accelerators: accelerators(1),
      memoryBytes: 16 * GiB,
      locality: "interleave",
    });
    expect(said(refusal(hostOf(uneven), request))).toMatchInlineSnapshot(`
      [
        "on 0",
        "hugepages-short: 8 1 GiB pages needed on node 1, 4 of 4 free.",
        "try spec.memory: It fits with 9 GiB of memory.",
        "try spec.locality: It fits with \`locality: preferred\`, slower.",
        "try spec.hugepages: It fits with \`hugepages: none\`.",
        "try nodes[1].hugepages: It fits with 4 more pages of 1 GiB on node 1.",
        "run shuf -e 8 -o /sys/devices/system/node/node1/hugepages/hugepages-1048576kB/nr_hugepages",
        "undo shuf -e 4 -o /sys/devices/system/node/node1/hugepages/hugepages-1048576kB/nr_hugepages",
      ]
    `);
  });
});

const anyRequest: fc.Arbitrary<Request> = fc
  .record({
    accelerators: fc.record({
      count: fc.integer({ min: 0, max: 5 }),
      model: fc.constantFrom(null, "H100", "no such"),
      link: fc.constantFrom("any", "nvlink", "switch"),
    }),
    nics: fc.record({ count: fc.integer({ min: 0, max: 4 }), rdma: fc.boolean() }),
    vcpus: fc.integer({ min: 1, max: 40 }),
    memoryBytes: fc.integer({ min: 1, max: 24 }).map((gib) => gib * GiB),
    hugepageBytes: fc.constantFrom(GiB, 2 * MiB, null),
    locality: fc.constantFrom(...localities),
    isolation: fc.constantFrom(...isolations),
  })
  .map(requestOf);

/** The request with a remedy for it applied, or null when the remedy is for the host. */
function remedied(request: Request, { change, to }: RefusalRemedy): Request | null {
  const bytes = (text: string): number => {
    const quantity = parseQuantity(text);
    if (quantity === null) throw new Error(`${text} is no quantity`);
    return quantity;
  };
  switch (change) {
    case "spec.accelerators.count":
      return { ...request, accelerators: { ...request.accelerators, count: Number(to) } };
    case "spec.accelerators.link":
      return { ...request, accelerators: { ...request.accelerators, link: "any" } };
    case "spec.accelerators.model":
      return { ...request, accelerators: { ...request.accelerators, model: null } };
    case "spec.nics.count":
      return { ...request, nics: { ...request.nics, count: Number(to) } };
    case "spec.vcpus":
      return { ...request, vcpus: Number(to) };
    case "spec.memory":
      return { ...request, memoryBytes: bytes(String(to)) };
    case "spec.vcpus, spec.memory": {
      const both = String(to).split(", ");
      return { ...request, vcpus: Number(at(both, 0)), memoryBytes: bytes(at(both, 1)) };
    }
    case "spec.locality":
      return { ...request, locality: "preferred" };
    case "spec.isolation":
      return { ...request, isolation: isolations.find((level) => level === to) ?? "host" };
    case "spec.hugepages":
      return { ...request, hugepageBytes: to === "none" ? null : bytes(String(to)) };
    default:
      return null;
  }
}

test("every refusal has a cause, and every remedy helps", () => {
  fc.assert(
    fc.property(
      smallTopology,
      fc.array(anyRequest, { maxLength: 2 }),
      anyRequest,
      (topology, earlier, request) => {
        let taken: readonly Plan[] = [];
        for (const [i, given] of earlier.entries()) {
          const placed = place([hostOf(topology, taken)], { ...given, name: `earlier-${i}` });
          if (placed.kind === "Plan") taken = [...taken, placed];
        }
        const host = hostOf(topology, taken);
        const placed = place([host], request);
        if (placed.kind === "Plan") return;
        const [refused] = placed.hosts;
        expect(refused?.ways.length).toBeGreaterThan(0);
        for (const remedy of refused?.remedies ?? []) {
          expect(malformed(remedy)).toEqual([]);
          const changed = remedied(request, remedy);
          const others = taken.filter(
            (plan) => remedy.change !== "host.taken" || plan.vm !== remedy.from,
          );
          if (changed === null && others.length === taken.length) continue;
          const answer = place([hostOf(topology, others)], changed ?? request);
          expect({ remedy, kind: answer.kind }).toEqual({ remedy, kind: "Plan" });
        }
      },
    ),
    { numRuns: 150 },
  );
});

test("no more of a thing fits than its remedy says", () => {
  fc.assert(
    fc.property(smallTopology, anyRequest, (topology, request) => {
      const placed = place([hostOf(topology)], request);
      if (placed.kind === "Plan") return;
      for (const remedy of placed.hosts[0]?.remedies ?? []) {
        if (remedy.change !== "spec.vcpus") continue;
        for (let vcpus = Number(remedy.to) + 1; vcpus <= request.vcpus; vcpus++) {
          expect(place([hostOf(topology)], { ...request, vcpus }).kind).toBe("Refusal");
        }
      }
    }),
    { numRuns: 100 },
  );
});
