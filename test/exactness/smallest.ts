import type { Request } from "@evenkeel/core/request/request.ts";
import type { Case } from "./cases.ts";
import { machineNamed } from "./machines.ts";
import { granuleBytesOf } from "./offer.ts";

/**
 * Reduces a failing case by hill climbing: removes one thing after the other as long as it still
 * fails. These are VMs on the host, alterations of the machine, the operator's partitions, and
 * parts of the request.
 *
 * @param moreThan simpler cases, in addition to those of every case.
 */
export function smallest<C extends Case>(
  failing: C,
  fails: (simpler: C) => boolean,
  moreThan: (failing: C) => Iterable<C> = () => [],
): C {
  let now = failing;
  for (let changed = true; changed;) {
    changed = false;
    for (const simpler of [...simplerThan(now), ...moreThan(now)]) {
      if (!fails(simpler)) continue;
      now = simpler;
      changed = true;
      break;
    }
  }
  return now;
}

function* simplerThan<C extends Case>(failing: C): Generator<C> {
  const { host, request, machine, alterations } = failing;
  if (host.taken.length > 0) yield { ...failing, host: { ...host, taken: [] } };
  for (const plan of host.taken) {
    yield { ...failing, host: { ...host, taken: host.taken.filter((other) => other !== plan) } };
  }
  if (alterations.length > 0) {
    const topology = machineNamed(machine);
    yield { ...failing, alterations: [], topology, host: { ...host, topology } };
  }
  if (host.policy.partitions !== null) {
    yield { ...failing, host: { ...host, policy: { ...host.policy, partitions: null } } };
  }
  for (const simpler of simplerRequests(request)) yield { ...failing, request: simpler };
}

export function* simplerRequests(request: Request): Generator<Request> {
  const { accelerators, nics, vcpus, memoryBytes } = request;
  const granuleBytes = granuleBytesOf(request);
  if (nics.count > 0) yield { ...request, nics: { ...nics, count: nics.count - 1 } };
  if (nics.rdma) yield { ...request, nics: { ...nics, rdma: false } };
  if (accelerators.count > 0) {
    yield { ...request, accelerators: { ...accelerators, count: accelerators.count - 1 } };
  }
  if (accelerators.model !== null) {
    yield { ...request, accelerators: { ...accelerators, model: null } };
  }
  if (accelerators.link !== "any") {
    yield { ...request, accelerators: { ...accelerators, link: "any" } };
  }
  if (request.isolation !== "core") yield { ...request, isolation: "core" };
  if (request.locality !== "strict") yield { ...request, locality: "strict" };
  if (request.workload !== "inference") yield { ...request, workload: "inference" };
  for (const fewer of [1, Math.ceil(vcpus / 2), vcpus - 1]) {
    if (fewer > 0 && fewer < vcpus) yield { ...request, vcpus: fewer };
  }
  for (const less of [granuleBytes, Math.ceil(memoryBytes / 2), memoryBytes - granuleBytes]) {
    if (less > 0 && less < memoryBytes) yield { ...request, memoryBytes: less };
  }
}
