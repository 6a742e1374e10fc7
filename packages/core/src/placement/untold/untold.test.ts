import * as fc from "fast-check";
import { expect, test } from "vitest";
import { requestOf } from "../../../testing/request/requests.ts";
import { forgotten } from "../../../testing/topology/forgotten.ts";
import { fitFlavors } from "../../fleet/fit/fit.ts";
import { place } from "../../fleet/place.ts";
import { planFaults } from "../../plan/check/plan-check.ts";
import type { HostState } from "../../plan/host-state.ts";
import type { Plan } from "../../plan/plan.ts";
import { defaultHostPolicy } from "../../request/host-policy.ts";
import type { Request } from "../../request/request.ts";
import { catalogMachine, catalogNames } from "../../topology/catalog/catalog.ts";
import { topologyDigest } from "../../topology/digest.ts";
import type { Topology } from "../../topology/topology.ts";
import { GiB, MiB } from "../../unit/bytes.ts";
import { at as valueAt } from "../../unit/list.ts";

/**
 * Taking facts away from a topology never turns an answer into a more definite one: what is a no on
 * fewer facts is a no on more, and a plan that is made on fewer facts is legal on more.
 */

const machines = catalogNames.flatMap((name) => catalogMachine(name) ?? []);

const hostOf = (topology: Topology, taken: readonly Plan[] = []): HostState => ({
  topology,
  taken,
  policy: defaultHostPolicy,
});

/** Requests from small to larger than any machine. */
const anyRequest: fc.Arbitrary<Request> = fc
  .record({
    accelerators: fc.record({
      count: fc.constantFrom(0, 0, 1, 1, 2, 4, 8, 9),
      model: fc.constantFrom(null, null, "H100", "A100", "B200", "L40S", "MI300"),
      link: fc.constantFrom("any", "any", "nvlink", "switch"),
    }),
    nics: fc.record({ count: fc.constantFrom(0, 0, 1, 2), rdma: fc.boolean() }),
    vcpus: fc.constantFrom(1, 2, 7, 16, 48, 96, 130, 400),
    memoryBytes: fc.constantFrom(1, 16, 200, 900, 5000).map((gib) => gib * GiB),
    hugepageBytes: fc.constantFrom(null, 2 * MiB, GiB),
    locality: fc.constantFrom("strict", "strict", "preferred", "interleave"),
    isolation: fc.constantFrom("core", "core", "shared", "l3", "node", "host"),
  } as const)
  .map(requestOf);

/** What a flavor is sold in: nothing, what it gets on the whole machine when empty, or no such. */
type Sold = "any" | "its own" | "none";

function signed(request: Request, whole: Topology, sold: Sold): Request {
  if (sold === "any") return request;
  const plan = sold === "none" ? null : place([hostOf(whole)], request);
  const own = plan?.kind === "Plan" ? plan.signature : "0123456789abcdef";
  return { ...request, flavor: "f", signature: own };
}

type Answer = "plan" | "no" | "unknown";

function answer(
  host: HostState,
  request: Request,
): { readonly is: Answer; readonly plan: Plan | null } {
  const found = place([host], request, { causesWhereUntold: false });
  if (found.kind !== "Refusal") return { is: "plan", plan: found };
  return { is: found.untold.length > 0 ? "unknown" : "no", plan: null };
}

/** What is wrong with a plan made on fewer facts, apart from the facts that it does not have. */
function faultsOn(host: HostState, plan: Plan, request: Request): readonly string[] {
  const { topology } = host;
  const rows = topology.distances;
  const at = plan.cells.map(({ hostNode }) =>
    topology.nodes.findIndex(({ id }) => id === hostNode),
  );
  const devices = plan.devices.map((device) => ({
    ...device,
    model: topology.accelerators.find(({ address }) => address === device.address)?.model ?? null,
  }));
  const told: Plan = {
    ...plan,
    devices,
    links: null,
    topologyDigest: topologyDigest(topology),
    distances: rows && at.map((i) => at.map((j) => valueAt(valueAt(rows, i), j))),
  };
  return planFaults(told, host, request)
    .filter(({ subject }) => !subject.startsWith("signature"))
    .map(({ subject, message }) => `${subject} ${message}`);
}

const machineThenLess = fc
  .constantFrom(...machines)
  .chain((whole) =>
    forgotten(whole).chain((less) =>
      fc.tuple(fc.constantFrom(whole), fc.constant(less), forgotten(less)),
    ),
  );

test("fewer facts never make an answer of place more definite", { timeout: 600_000 }, () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(
      machineThenLess,
      anyRequest,
      fc.boolean(),
      fc.constantFrom("any", "any", "its own", "none"),
      ([whole, less, least], asked, beside, sold) => {
        const request = signed(asked, whole, sold);
        const first = beside ? place([hostOf(whole)], { ...asked, name: "first" }) : null;
        const taken = first === null || first.kind === "Refusal" ? [] : [first];
        const hosts = [whole, less, least].map((topology) => hostOf(topology, taken));
        const kind = sold === "any" ? "" : ", signed";
        const answers = hosts.map((host) => answer(host, request));
        for (const [i, { is, plan }] of answers.entries()) {
          for (const [j, more] of answers.slice(0, i).entries()) {
            const kinds = `${more.is} on more, ${is} on fewer`;
            const about = `${kinds}: ${hosts[j]?.topology.name} | ${hosts[i]?.topology.name} | ${JSON.stringify(request)} ${taken.length}`;
            seen.add(`${kinds}${kind}`);
            if (is === "no") expect(more.is, about).toBe("no");
            if (plan !== null) {
              expect(more.is, about).toBe("plan");
              const host = hosts[j];
              if (host !== undefined && j === 0)
                expect(faultsOn(host, plan, request), about).toEqual([]);
            }
          }
        }
      },
    ),
    { numRuns: 400 },
  );
  // Each kind of answer is met, so that none holds for want of cases.
  expect([...seen].toSorted()).toEqual([
    "no on more, no on fewer",
    "no on more, no on fewer, signed",
    "no on more, unknown on fewer",
    "no on more, unknown on fewer, signed",
    "plan on more, plan on fewer",
    "plan on more, plan on fewer, signed",
    "plan on more, unknown on fewer",
    "plan on more, unknown on fewer, signed",
    "unknown on more, unknown on fewer",
    "unknown on more, unknown on fewer, signed",
  ]);
});

test("fewer facts never make an answer of --fit more definite", { timeout: 240_000 }, () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(machineThenLess, anyRequest, ([whole, less, least], request) => {
      const fits = [whole, less, least].map(
        (topology) => fitFlavors(topology, defaultHostPolicy, [request])[0]?.onOneNode,
      );
      for (const [i, fewer] of fits.entries()) {
        for (const more of fits.slice(0, i)) {
          seen.add(`${more} ${fewer}`);
          const about = `${whole.name} | ${less.name} | ${least.name} | ${JSON.stringify(request)}`;
          if (fewer !== null) expect(more, about).toBe(fewer);
        }
      }
    }),
    { numRuns: 150 },
  );
  expect([...seen].toSorted()).toEqual([
    "false false",
    "false null",
    "null null",
    "true null",
    "true true",
  ]);
});

test("a machine of many nodes whose CPUs nobody told is answered within the limit of effort", () => {
  const whole = catalogMachine("gb200-tray");
  if (whole === null) throw new Error("no such machine");
  const request = requestOf({
    vcpus: 48,
    memoryBytes: 16 * GiB,
    hugepageBytes: 2 * MiB,
    nics: { count: 2, rdma: false },
    locality: "preferred",
    isolation: "l3",
  });
  const first = place([hostOf(whole)], { ...request, name: "first" });
  if (first.kind === "Refusal") throw new Error("was refused");
  const nodes = whole.nodes.map((node) => ({ ...node, cpus: null }));
  const none = { pci: [], accelerators: [], nics: [], links: [] };
  const less = { ...whole, ...none, source: "sysfs", nodes, cores: [] };
  expect(nodes.length).toBe(34);
  // The shares of 24 cores among 34 cells have more choices than any machine could try.
  expect(place([hostOf(less, [first])], request)).toMatchObject({
    untold: [{ code: "cpus-untold" }, { code: "devices-untold" }],
  });
});
