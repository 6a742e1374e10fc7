import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { listingTexts } from "./listing-samples.ts";
import { clusterTexts } from "./cluster-texts.ts";
import { corpusTexts, toolTexts } from "./samples.ts";
import type { Target } from "./target.ts";
import { textTarget } from "./text-target.ts";
import { vendorTexts } from "./vendor-samples.ts";

/** Readers of other programs' outputs; their modules are loaded on use. */
export const toolTargets: readonly Target[] = [
  textTarget("nccl", async () => {
    const { readNccl } = await import("@evenkeel/host/nccl/read-nccl.ts");
    return {
      samples: [toolTexts.nccl, ...corpusTexts("nccl-xml", /\.xml$/)],
      read: (text) => readNccl(text, "mutated.xml"),
    };
  }),
  textTarget("nccl-log", async () => {
    const { readNcclLog } = await import("@evenkeel/host/nccl/read-nccl-log.ts");
    return {
      samples: [
        clusterTexts.ncclLog,
        clusterTexts.ncclRanks,
        ...corpusTexts("field", /nccl.*\.txt$/),
      ],
      read: (text) => readNcclLog(text, "mutated.txt"),
    };
  }),
  textTarget("nccl-lint", async () => {
    const { readXml } = await import("@evenkeel/host/xml/read-xml.ts");
    const { guestFromPlan } = await import("@evenkeel/core/guest/from-plan.ts");
    const { contractOf } = await import("@evenkeel/core/guest/contract/from-guest.ts");
    const { lintNccl } = await import("@evenkeel/core/guest/nccl/lint/lint.ts");
    const { ncclXml } = await import("@evenkeel/core/guest/nccl/print.ts");
    const { planOf } = await import("@evenkeel/core/testing/guest/plan-of.ts");
    const link = { speedGTs: 32, width: 16, maxSpeedGTs: 32, maxWidth: 16 };
    const devices = ["0000:16:00.0", "0000:17:00.0", "0000:26:00.0"].map((address) => ({
      address,
      link,
      switches: ["0000:15:00.0"],
    }));
    const guest = guestFromPlan(planOf({ cells: [{ cores: 2, devices }] }));
    return {
      samples: [toolTexts.nccl, ncclXml(guest)],
      read: (text) => {
        lintNccl(contractOf(guest), readXml(text, "mutated.xml"));
        return null;
      },
    };
  }),
  textTarget("calibration", async () => {
    const { readCalibration } = await import("@evenkeel/host/calibration/read-calibration.ts");
    const { measurementTexts } = await import("@evenkeel/host/testing/calibration/samples.ts");
    return {
      samples: [...measurementTexts, ...corpusTexts("measurements", /\.(txt|log)$/)],
      read: (text) => {
        readCalibration(text, "mutated.txt");
        return null;
      },
    };
  }),
  textTarget("numactl", async () => {
    const { readNumactl } = await import("@evenkeel/host/numactl/read-numactl.ts");
    return {
      samples: [toolTexts.numactl, ...corpusTexts("numactl-lscpu", /numactl.*\.out$/)],
      read: (text) => readNumactl(text, "mutated.txt"),
    };
  }),
  textTarget("nvidia-smi-topo", async () => {
    const { readNvidiaSmiTopo } = await import("@evenkeel/host/nvidia-smi/read-topo-matrix.ts");
    return {
      samples: [
        toolTexts.nvidiaSmiTopo,
        vendorTexts.nvidiaSmiTable + toolTexts.nvidiaSmiTopo,
        ...corpusTexts("nvidia-smi-topo", /\.txt$/),
      ],
      read: (text) => readNvidiaSmiTopo(text, "mutated.txt"),
    };
  }),
  textTarget("nvidia-smi-states", async () => {
    const { readAcceleratorStates } =
      await import("@evenkeel/host/nvidia-smi/read-accelerator-states.ts");
    const { acceleratorStateSchema } = await import("@evenkeel/contract/machine-evidence.ts");
    const samples = [
      vendorTexts.nvidiaSmiStates,
      toolTexts.nvidiaSmiQuery,
      toolTexts.nvidiaSmiText,
      vendorTexts.nvidiaSmiLinks,
      vendorTexts.nvidiaSmiPeers,
    ];
    return {
      samples,
      read: (text) => {
        const states = [
          ...readAcceleratorStates({ query: text, nvlink: null, peers: null }, "mutated.xml"),
          ...readAcceleratorStates(
            { query: vendorTexts.nvidiaSmiStates, nvlink: text, peers: text },
            "mutated.xml",
          ),
        ];
        acceleratorStateSchema.array().parse(states);
        return null;
      },
    };
  }),
  textTarget("nvidia-smi-query", async () => {
    const { readNvidiaSmiQuery } = await import("@evenkeel/host/nvidia-smi/read-query-xml.ts");
    return {
      samples: [
        toolTexts.nvidiaSmiQuery,
        toolTexts.nvidiaSmiText,
        toolTexts.nvidiaSmiList,
        vendorTexts.nvidiaSmiTable,
        vendorTexts.nvidiaSmiCsv,
        vendorTexts.nvidiaSmiPeers,
        ...corpusTexts("nvidia-smi-query", /\.(xml|txt)$/),
      ],
      read: (text) => readNvidiaSmiQuery(text, "mutated.xml"),
    };
  }),
  textTarget("rocm-smi", async () => {
    const { readRocmSmi } = await import("@evenkeel/host/rocm-smi/read-rocm-smi.ts");
    return {
      samples: [
        toolTexts.rocmSmi,
        toolTexts.rocmSmiJson,
        vendorTexts.amdSmi,
        vendorTexts.amdSmiStatic,
        vendorTexts.amdSmi + vendorTexts.amdSmiStatic + toolTexts.rocmSmi,
      ],
      read: (text) => readRocmSmi(text, "mutated.txt"),
    };
  }),
  textTarget("hl-smi", async () => {
    const { readHlSmi } = await import("@evenkeel/host/hl-smi/read-hl-smi.ts");
    return {
      samples: [vendorTexts.hlSmi, vendorTexts.hlSmiList],
      read: (text) => readHlSmi(text, "mutated.txt"),
    };
  }),
  textTarget("xpu-smi", async () => {
    const { readXpuSmi } = await import("@evenkeel/host/xpu-smi/read-xpu-smi.ts");
    return {
      samples: [vendorTexts.xpuSmi, vendorTexts.xpuSmiDiscovery],
      read: (text) => readXpuSmi(text, "mutated.txt"),
    };
  }),
  textTarget("libvirt-capabilities", async () => {
    const { readLibvirtCapabilities } = await import("@evenkeel/host/libvirt/read-capabilities.ts");
    return {
      samples: [toolTexts.libvirtCapabilities, ...corpusTexts("libvirt-caps", /\.(xml|out)$/)],
      read: (text) => readLibvirtCapabilities(text, "mutated.xml"),
    };
  }),
  textTarget("libvirt-nodedev", async () => {
    const { readLibvirtNodeDevices } = await import("@evenkeel/host/libvirt/read-node-devices.ts");
    return {
      samples: [toolTexts.libvirtNodedev, ...corpusTexts("libvirt-nodedev", /xml$/, 24)],
      read: (text) => readLibvirtNodeDevices(text, "mutated.xml"),
    };
  }),
  textTarget("lscpu", async () => {
    const { readLscpu } = await import("@evenkeel/host/lscpu/read-lscpu.ts");
    return {
      samples: [
        toolTexts.lscpuParse,
        toolTexts.lscpuJson,
        listingTexts.lscpuCaches,
        ...corpusTexts("lscpu-golden", /^lscpu.*\.expected$/),
      ],
      read: (text) => readLscpu(text, "mutated.txt"),
    };
  }),
  textTarget("lstopo", async () => {
    const { readLstopo } = await import("@evenkeel/host/lstopo/read-lstopo.ts");
    return {
      samples: [listingTexts.lstopo, listingTexts.lstopoVerbose],
      read: (text) => readLstopo(text, "mutated.txt"),
    };
  }),
  textTarget("lspci", async () => {
    const { readLspci } = await import("@evenkeel/host/lspci/read-lspci.ts");
    return {
      samples: [
        toolTexts.lspci,
        toolTexts.lspciTree,
        listingTexts.lspciPaths,
        ...corpusTexts("lspci", /\.txt$/),
      ],
      read: (text) => readLspci(text, "mutated.txt"),
    };
  }),
  textTarget("kubernetes", async () => {
    const { readKubernetes } = await import("@evenkeel/host/kubernetes/read-node-resources.ts");
    const recorded = corpusTexts("kubernetes", /^(nrt|dra).*\.yaml$/);
    return {
      samples: [
        toolTexts.kubernetes,
        toolTexts.resourceSlice,
        clusterTexts.resourceSlices,
        clusterTexts.kubernetesNode,
        ...recorded,
        ...corpusTexts("field", /\.yaml$/),
      ],
      read: (text) => readKubernetes(text, "mutated.yaml"),
    };
  }),
  textTarget("pasted", async () => {
    const { readAnyText } = await import("@evenkeel/host/source/read-any-text.ts");
    const { nvidiaSmiTopo, numactl, lscpuParse, lspci, rocmSmi, nccl, lscpuJson } = toolTexts;
    const ticket = ["Slow:", "```", "$ nvidia-smi topo -m", nvidiaSmiTopo, "$ numactl -H", numactl];
    const quoted = [...ticket, "```"].join("\n").replaceAll(/^/gm, "> ");
    const logged = [lspci, lscpuParse].join("\n").replaceAll(/^/gm, "2025-03-04T05:06:07Z ");
    const parseTopology = (text: string, where: string): Topology => {
      throw new EvenkeelError("document-invalid", `is no document: ${text.length}`, { where });
    };
    return {
      samples: [
        quoted,
        logged,
        [numactl, nccl, lscpuJson].join("\n"),
        [clusterTexts.ncclLog, numactl].join("\n"),
        [rocmSmi, numactl].join("\n").replaceAll(/^/gm, "gpu-a17: "),
      ],
      read: (text) => readAnyText(text, "mutated.txt", { parseTopology }),
    };
  }),
  textTarget("merge", async () => {
    const { readNccl } = await import("@evenkeel/host/nccl/read-nccl.ts");
    const { readNumactl } = await import("@evenkeel/host/numactl/read-numactl.ts");
    const { readNvidiaSmiTopo } = await import("@evenkeel/host/nvidia-smi/read-topo-matrix.ts");
    const { mergeTopologies } = await import("@evenkeel/core/topology/merge/merge-topologies.ts");
    const { nvidiaSmiTopo, numactl, nccl } = toolTexts;
    const readers = [readNvidiaSmiTopo, readNumactl, readNccl] as const;
    // One text with all three sources, so that mutations affect the facts that they share.
    const separator = "\n=====\n";
    return {
      samples: [
        [nvidiaSmiTopo, numactl, nccl].join(separator),
        [nvidiaSmiTopo, numactl, ""].join(separator),
        ["", numactl, nccl].join(separator),
      ],
      read: (text) => {
        const parts = text.split(separator);
        const found = readers.flatMap((read, i) => {
          const part = parts[i]?.trimEnd() ?? "";
          return part === "" ? [] : [read(`${part}\n`, `part${i}`)];
        });
        return found.length === 0 ? null : mergeTopologies(found).topology;
      },
    };
  }),
];
