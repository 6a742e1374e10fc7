import { place } from "@evenkeel/core/fleet/place.ts";
import { forecastOf } from "@evenkeel/core/forecast/forecast.ts";
import type { HostState } from "@evenkeel/core/plan/host-state.ts";
import type { Plan } from "@evenkeel/core/plan/plan.ts";
import { defaultHostPolicy } from "@evenkeel/core/request/host-policy.ts";
import type { Request } from "@evenkeel/core/request/request.ts";
import { accelerators, requestOf } from "@evenkeel/core/testing/request/requests.ts";
import { catalogMachine } from "@evenkeel/core/topology/catalog/catalog.ts";
import { GiB } from "@evenkeel/core/unit/bytes.ts";
import { alternate, cpuTime, median } from "./interleave.ts";
import { type Figure, type Row, row } from "./report.ts";

/**
 * The time of a forecast for the last VM of a full host, beside that of placing it: an HGX H100 of
 * eight VMs with a GPU and a NIC each, which share memory and switches. It is the CPU time of this
 * process: other users of the machine do not count.
 */
export async function benchForecast(): Promise<readonly (Row | Figure)[]> {
  const topology = catalogMachine("hgx-h100");
  if (topology === null) throw new Error("the catalog has no hgx-h100");
  const asked = (name: string): Request =>
    requestOf({
      name,
      accelerators: accelerators(1),
      nics: { count: 1, rdma: true },
      vcpus: 12,
      memoryBytes: 96 * GiB,
    });
  let taken: readonly Plan[] = [];
  let host: HostState = { topology, taken, policy: defaultHostPolicy };
  let last: Plan | null = null;
  for (let i = 0; i < gpus; i++) {
    host = { topology, taken, policy: defaultHostPolicy };
    const plan = place([host], asked(`vm-${i}`));
    if (plan.kind === "Refusal") throw new Error(`vm-${i} does not fit`);
    last = plan;
    taken = [...taken, plan];
  }
  if (last === null) return [];
  const plan = last;
  const vm = asked(plan.vm);
  const [forecast, placing] = await alternate(
    [
      {
        name: `a forecast for ${gpus} VMs`,
        measure: () => cpuTime(callsPerRound, () => void forecastOf(host, plan)),
      },
      {
        name: "placing the VM",
        measure: () => cpuTime(callsPerRound, () => void place([host], vm)),
      },
    ],
    rounds,
  );
  if (forecast === undefined || placing === undefined) return [];
  return [
    row("forecast", forecast, placing, null),
    row("forecast", placing, placing, null),
    {
      bench: "forecast",
      subject: forecast.name,
      value: Number(median(forecast).toPrecision(3)),
      unit: "ms",
      goal: { atMost: 5 },
    },
  ];
}

const gpus = 8;
const rounds = 15;
const callsPerRound = 20;
