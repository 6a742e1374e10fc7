import type { HostState } from "@evenkeel/core/plan/host-state.ts";
import { place } from "@evenkeel/core/fleet/place.ts";
import type { Plan } from "@evenkeel/core/plan/plan.ts";
import { withSellablePages } from "@evenkeel/core/plan/sellable-pages.ts";
import { defaultHostPolicy } from "@evenkeel/core/request/host-policy.ts";
import type { Request } from "@evenkeel/core/request/request.ts";
import { requestOf } from "@evenkeel/core/testing/request/requests.ts";
import { workloads } from "@evenkeel/core/request/virtual-machine.ts";
import { syntheticTopology } from "@evenkeel/core/topology/synthetic/build.ts";
import { GiB } from "@evenkeel/core/unit/bytes.ts";
import { at } from "@evenkeel/core/unit/list.ts";
import { type Random, randomFor } from "../../../fuzz/random.ts";
import type { Case } from "../cases.ts";
import type { Trial } from "../run.ts";
import { simplerRequests } from "../smallest.ts";
import { compareCount, compareLoss } from "./compare.ts";
import { signaturesOn, plansOn } from "./most.ts";

/** Asks how many more VMs fit, in any signature or in one; or which place has the least loss. */
export interface CapacityCase extends Case {
  readonly question: (typeof questions)[number];
  /** The number of one of the signatures that an empty host has. */
  readonly signatureNumber: number;
  readonly flavors: readonly Request[];
}

const questions = ["any signature", "one signature", "loss", "loss"] as const;

/**
 * Capacities and losses on machines of one or two nodes, compared with brute force.
 *
 * Cases that brute force does not cover are left out. It takes the first free cores and leaves a
 * thread idle in the first cell. So signatures are only asked for on machines with one cache a node
 * and one thread per core, and `l3` is not asked for where a node has several caches. It knows no
 * shared cores, and no locality but `strict`. A count that the search ends early is `bounded`; a
 * count that brute force ends early is `unknown`.
 */
export function capacities(seed: number): Trial<CapacityCase> {
  return {
    caseAt: (number) => {
      const random = randomFor(seed, "capacity", number);
      const machine = anyMachine(random);
      const isPlain = !machine.includes("l3:") && !machine.includes("thread:");
      const host = anyHost(machine, random);
      const question = isPlain ? random.of(questions) : "any signature";
      const request = anyRequest(random.once(4) ? { ...host, taken: [] } : host, random, "vm");
      const names = question === "loss" ? random.of([["first"], ["first", "second"]]) : [];
      const flavors = names.map((name) => anyRequest({ ...host, taken: [] }, random, name));
      const signatureNumber = random.below(64);
      const { topology } = host;
      return {
        machine,
        alterations: [],
        topology,
        host,
        request,
        question,
        signatureNumber,
        flavors,
      };
    },
    outcome: (_, { host, request, question, signatureNumber, flavors }) => {
      if (question === "loss") return compareLoss(host, request, flavors);
      if (question === "any signature") return compareCount(host, request, null);
      const plans = plansOn({ ...host, taken: [] }, request);
      const signatures = [...new Set(plans.map(signaturesOn(host.topology)))];
      if (signatures.length === 0) return { kind: "refused", mismatch: null };
      return compareCount(host, request, at(signatures, signatureNumber % signatures.length));
    },
    *simplerThan(failing) {
      const { flavors } = failing;
      for (const [i, flavor] of flavors.entries()) {
        if (flavors.length > 1) yield { ...failing, flavors: flavors.toSpliced(i, 1) };
        for (const simpler of simplerRequests(flavor)) {
          yield { ...failing, flavors: flavors.with(i, simpler) };
        }
      }
    },
  };
}

/** The devices of a machine's nodes. */
const devices = {
  one: [
    "",
    "root[gpu:h100-sxm*2 nic:cx7]",
    "root*2[switch[gpu:h100-sxm nic:cx7]]",
    "root[gpu:h100-sxm*3 gpu:l40s nic:e810]",
    "root[switch(acs:off)[gpu:l40s*2]] root[gpu:l40s]",
    "root*4[gpu:h100-sxm] partitions:0-3;0-1;2-3;0;1;2;3",
  ],
  two: [
    "",
    "root[nic:cx7]",
    "root[gpu:h100-sxm*2 nic:cx7]",
    "root[switch[gpu:h100-sxm nic:cx7]]",
    "root[gpu:h100-sxm gpu:l40s]",
    "root[gpu:h100-sxm*2]@1 root[nic:cx7]",
    "root[gpu:h100-sxm*3]@0 root[gpu:h100-sxm nic:cx7*2]@1",
    "root[switch(acs:off)[gpu:l40s*2 nic:e810]]@0 root[gpu:l40s nic:e810]@1",
    "root[gpu:h100-sxm*2] partitions:0-3;0-1;2-3;0;1;2;3",
    "root[gpu:h100-sxm*2] partitions:0-1;0;1;2",
  ],
};

/** A machine in the synthetic language (docs/synthetic.md). */
function anyMachine(random: Random): string {
  const isOne = random.once(5);
  const attached = random.of(isOne ? devices.one : devices.two);
  const cores = 2 + random.below(7);
  const perCache = 1 + random.below(4);
  return [
    isOne ? "" : random.of(["package:2", "package:2", "node:2"]),
    random.once(6) ? `l3:2 core:${perCache}` : `core:${cores}`,
    random.once(6) ? "thread:2" : "",
    random.once(4) ? anyClasses((isOne ? 1 : 2) * Math.min(cores, 2 * perCache), random) : "",
    `memory:16Gi hugepages:${2 + random.below(7)}x1Gi`,
    isOne || random.once(2) ? "" : `hugepages:${random.below(9)}x1Gi@1`,
    isOne ? "" : random.of(["", "distances:10/21", "distances:10/21", "distances:10,11;17,10"]),
    attached,
    attached.includes("gpu") && random.once(2) ? "nvlink:18" : "",
  ].join(" ");
}

/** Two classes of the first threads of so many cores, in any order; the other cores are unknown. */
function anyClasses(cores: number, random: Random): string {
  const chosen = Array.from({ length: cores }, () => random.below(2));
  const lists = [0, 1].map((of) =>
    chosen.flatMap((one, cpu) => (one === of ? [cpu] : [])).join(","),
  );
  return lists.includes("") ? "" : `classes:${lists.join(";")}`;
}

/** The machine, sometimes with VMs on it, where the first may have left. */
function anyHost(machine: string, random: Random): HostState {
  const reserved = { coresPerNode: random.once(4) ? 1 : 0, cpus: null, memoryPerNodeBytes: 0 };
  const policy = { ...defaultHostPolicy, reserved };
  const topology = withSellablePages({ topology: syntheticTopology(machine), taken: [], policy });
  let taken: readonly Plan[] = [];
  for (let vms = random.of([0, 0, 1, 2, 3]); vms > 0; vms--) {
    const host = { topology, taken, policy };
    const plan = place([host], anyRequest(host, random, `taken-${vms}`));
    if (plan.kind === "Plan") taken = [...taken, plan];
    if (random.once(4)) taken = taken.slice(1);
  }
  return { topology, taken, policy };
}

/** A random request: the first of a few that the host can take, otherwise the last. */
function anyRequest(host: HostState, random: Random, name: string): Request {
  const caches = Map.groupBy(host.topology.cores, ({ l3 }) => l3).size;
  const alone = caches > host.topology.nodes.length ? "core" : "l3";
  for (let tries = 0; ; tries++) {
    const count = random.below(3);
    const request = requestOf({
      name,
      accelerators: { count, model: null, link: random.once(5) ? "nvlink" : "any" },
      nics: { count: random.of([0, 0, 0, 1, 1, 2]), rdma: false },
      vcpus: 1 + random.below(5),
      memoryBytes: (1 + random.below(3)) * GiB,
      isolation: random.once(4) ? random.of([alone, "node", "host"]) : "core",
      workload: random.of(workloads),
    });
    if (tries === 3 || place([host], request).kind === "Plan") return request;
  }
}
