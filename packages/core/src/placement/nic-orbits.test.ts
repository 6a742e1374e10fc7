import { expect, test } from "vitest";
import { defaultHostPolicy } from "../request/host-policy.ts";
import type { Request } from "../request/request.ts";
import { accelerators, requestOf } from "../../testing/request/requests.ts";
import { catalogMachine } from "../topology/catalog/catalog.ts";
import { syntheticTopology } from "../topology/synthetic/build.ts";
import type { Topology } from "../topology/topology.ts";
import { GiB } from "../unit/bytes.ts";
import type { HostState } from "../plan/host-state.ts";
import { place, type PlaceOptions } from "../fleet/place.ts";
import type { Plan } from "../plan/plan.ts";
import { planFaults } from "../plan/check/plan-check.ts";

const hostOf = (topology: Topology, taken: readonly Plan[] = []): HostState => ({
  topology,
  taken,
  policy: defaultHostPolicy,
});

function planned(host: HostState, request: Request, options: PlaceOptions = {}): Plan {
  const answer = place([host], request, options);
  if (answer.kind === "Refusal") throw new Error(JSON.stringify(answer));
  expect(planFaults(answer, host, request)).toEqual([]);
  return answer;
}

const nicsOf = ({ devices }: Plan): readonly string[] =>
  devices.filter(({ kind }) => kind === "nic").map(({ address }) => address);

const asking = (name: string, count: number, nics: number, rdma = false): Request =>
  requestOf({
    name,
    flavor: name,
    accelerators: accelerators(count),
    nics: { count: nics, rdma },
    vcpus: 4,
    memoryBytes: 8 * GiB,
  });

/** A machine where every second NIC does RDMA, from the first or from the second on. */
function halfRdma(name: string, first: boolean): Topology {
  const machine = catalogMachine(name);
  if (machine === null) throw new Error("no such machine");
  const nics = machine.nics.map((nic, i) => ({ ...nic, rdma: (i % 2 === 0) === first }));
  return { ...machine, nics };
}

test.each([
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
])(
  "who wants any NIC beside %i accelerators takes none that a flavor with %i needs for RDMA",
  (count, beside) => {
    for (const first of [true, false]) {
      const host = hostOf(halfRdma("dgx-a100", first));
      const flavor = asking("rdma", beside, 1, true);
      const plan = planned(host, asking("any", count, 1), { flavors: [flavor] });
      const doesRdma = host.topology.nics.filter(({ rdma }) => rdma === true);
      const taken = nicsOf(plan);
      expect(taken.length).toBe(1);
      expect(doesRdma.map(({ address }) => address)).not.toContain(taken[0]);
      expect(plan.reasons).toContain("No flavor loses a slot.");
    }
  },
);

test("a signature with a farther NIC is still available when a nearer NIC is free", () => {
  const topology = syntheticTopology(
    "package:1 core:16 thread:2 memory:64Gi hugepages:40x1Gi root[switch[gpu:h100-sxm nic:cx7]] root[nic:cx7*2]",
  );
  const gpu = asking("gpu", 1, 1);
  const [near] = nicsOf(planned(hostOf(topology), gpu));
  const alone = planned(hostOf(topology), asking("alone", 0, 1));
  expect(nicsOf(alone)).toEqual([near]);
  const sold = planned(hostOf(topology, [alone]), gpu);
  expect(nicsOf(sold)).not.toContain(near);
  const again = planned(hostOf(topology), { ...gpu, signature: sold.signature });
  expect([again.signature, nicsOf(again)]).toEqual([sold.signature, nicsOf(sold)]);
  const nearest = planned(hostOf(topology), gpu);
  expect([nearest.signature === sold.signature, nicsOf(nearest)]).toEqual([false, [near]]);
});
