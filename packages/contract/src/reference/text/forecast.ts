import type { Bottleneck } from "@evenkeel/core/cost/contention/contention.ts";
import type { CostParts } from "@evenkeel/core/cost/plan-cost.ts";
import type {
  Forecast,
  ForecastUnknown,
  VmForecast,
} from "@evenkeel/core/forecast/forecast-document.ts";
import { head, type ObjectText, objectText } from "./object-text.ts";

const alone = { unit: "times as long as alone" };
const best = { unit: "times the best" };

const partsText = objectText<CostParts>(
  "forecast parts",
  "How many times as long each part takes among the others as alone on the same place.",
  {
    hostToDevice: ["Between the accelerators and the cells' memory.", 1.56, alone],
    memory: ["Between the vCPUs and their memory.", 1.03, alone],
    peer: ["Among the accelerators.", 1, alone],
    network: ["Between the accelerators and the NICs.", 1, alone],
  },
);

const bottleneckText = objectText<Bottleneck>(
  "bottleneck",
  "What a VM and its neighbours ask more of than it has.",
  {
    resource: [
      "What it is: the memory of a node, a link from one package to another, a device's link.",
      "link from package 0 to package 1",
    ],
    part: ["The part of the VM's work that waits for it.", "hostToDevice"],
    askedBytesPerSecond: [
      "What all would take of it at the same time: the VM itself while this part goes on, the " +
        "others as over a whole step.",
      51_000_000_000,
    ],
    capacityBytesPerSecond: ["What it carries.", 34_400_000_000],
    vms: ["How many VMs use it, itself included.", 4, { unit: "VMs" }],
  },
);

const vmText = objectText<VmForecast>("forecast of a VM", "What is predicted of one VM.", {
  vm: ["Its name.", "llm-a"],
  tenant: ["Who it belongs to; `null` for nobody.", "acme"],
  running: ["Whether it runs already, or is the one that is to be admitted.", true],
  workload: ["What it is for, by which its load is known.", "inference"],
  remoteShare: [
    "The part of its memory that is remote from the vCPUs that use it.",
    0,
    { unit: "share, 0 to 1" },
  ],
  slowdownBefore: [
    "Predicted time without the new VM, over that of the VM alone on the best place of this host " +
      "when empty, all its memory local; `null` for the new VM itself.",
    1.04,
    best,
  ],
  slowdownAfter: ["The same with the new VM: never less.", 1.09, best],
  slowdownBusy: ["The same while all others move data at once, at full rate.", 2.2, best],
  parts: ["Where the time goes.", partsText],
  bottleneck: ["What slows it most; `null` where no neighbour does.", bottleneckText],
  latencyBeforeNs: ["The mean latency of its reads without the new VM.", 87],
  latencyAfterNs: ["The same with it; `null` where no idle latency is known.", 91],
  basis: [
    "Where the figures come from; `unknown` also where a neighbour's load or a capacity is not " +
      "known, so that it may be slower.",
    "modelled",
  ],
});

const unknownText = objectText<ForecastUnknown>(
  "unknown",
  "What nobody told, so that it is not in the figures.",
  {
    what: ["What it is.", "what stray moves"],
    why: ["Why it is not known.", "it runs without a plan"],
  },
);

export const forecastText: ObjectText<Forecast> = objectText<Forecast>(
  "Forecast",
  "What admitting one VM to a host does to each VM on it, and they to it, before it is started. " +
    "`evenkeel place --forecast --output json` prints one beside the Plan. The figures are those " +
    "that are assured: each neighbour counts with all that it asks for.",
  {
    ...head("Forecast"),
    vm: ["The VM that is to be admitted.", "llm-b"],
    tenant: ["Who it belongs to; `null` for nobody.", "acme"],
    host: ["The host.", "hgx-17"],
    vms: ["The VM itself, then those that run.", vmText],
    unknown: ["What nobody told.", unknownText],
  },
);
