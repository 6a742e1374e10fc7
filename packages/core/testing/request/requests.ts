import { GiB } from "../../src/unit/bytes.ts";
import type { Request } from "../../src/request/request.ts";

/** A request as the defaults make it, with what a test cares about in its place. */
export function requestOf(given: Partial<Request> = {}): Request {
  return {
    name: "vm",
    tenant: null,
    flavor: null,
    signature: null,
    accelerators: { count: 0, model: null, link: "any" },
    nics: { count: 0, rdma: false },
    vcpus: 2,
    memoryBytes: 2 * GiB,
    hugepageBytes: GiB,
    locality: "strict",
    isolation: "core",
    workload: "inference",
    ...given,
  };
}

/** So many accelerators of any kind. */
export function accelerators(count: number): Request["accelerators"] {
  return { count, model: null, link: "any" };
}
