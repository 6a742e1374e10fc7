import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { syntheticTopology } from "@evenkeel/core/topology/synthetic/build.ts";
import { parseSynthetic } from "@evenkeel/core/topology/synthetic/parse.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { readArchive } from "@evenkeel/host/archive/read-archive.ts";
import { readSysfs } from "@evenkeel/host/sysfs/read.ts";
import { generateSysfs } from "@evenkeel/host/testing/sysfs/generate-sysfs.ts";
import { inMemory } from "@evenkeel/host/testing/sysfs/generated-tree.ts";
import { roomInMemory } from "@evenkeel/host/testing/scratch.ts";
import { memoryTree } from "@evenkeel/host/tree/memory-tree.ts";
import { onlyMachine, subtree, findRoots } from "@evenkeel/host/tree/roots.ts";
import { gather } from "@evenkeel/host/snapshot/gather.ts";
import { writeSnapshot } from "@evenkeel/host/snapshot/write.ts";
import { readMachineTree } from "@evenkeel/host/machine/read-machine-tree.ts";
import { toolFolder } from "@evenkeel/host/machine/tools.ts";
import { mutatedText } from "./mutate-text.ts";
import { mutatedBytes, withChecksums } from "./mutate-bytes.ts";
import { indexed, mutatedTree, type TreeSample } from "./mutate-tree.ts";
import {
  corpusFiles,
  corpusTexts,
  machines,
  machineTexts,
  realMachine,
  toolTexts,
} from "./samples.ts";
import { chosen, type Target } from "./target.ts";
import { textTarget } from "./text-target.ts";
import { toolTargets } from "./tool-targets.ts";
import { evidenceTargets } from "./evidence-targets.ts";
import { hostTargets } from "./host-targets.ts";
import { hypervisorTargets } from "./hypervisor-targets.ts";

/** Recordings as texts: generated machines and, with the corpus, the smallest real ones. */
async function treeSamples(): Promise<TreeSample[]> {
  const texts = (files: ReadonlyMap<string, string | Uint8Array>): ReadonlyMap<string, string> =>
    new Map(
      [...files].map(([path, content]) => [
        path,
        typeof content === "string" ? content : new TextDecoder("latin1").decode(content),
      ]),
    );
  const generated = [...machines(), realMachine()].map((machine) => {
    const { files, links } = generateSysfs(inDetail(machine));
    return { files: texts(files), links };
  });
  const recorded: TreeSample[] = [];
  for (const path of corpusFiles("sysfs-hwloc", /\.(tar\.\w+|tgz)$/, 4)) {
    const archive = await readArchive(path);
    const [root] = findRoots(archive);
    if (root === undefined) continue;
    const { files, links } = gather(subtree(archive, root));
    recorded.push({ files: texts(files), links });
  }
  return [...generated, ...recorded].toSorted((a, b) => a.files.size - b.files.size);
}

/** Adds details that synthetic machines lack, so that their files exist and are mutated. */
function inDetail(machine: Topology): Topology {
  const hasL3 = machine.cores.some(({ l3 }) => l3 === 0);
  const interrupts = { allowedCpus: "0-1", effectiveCpus: "0" };
  return {
    ...machine,
    nodes: machine.nodes.map((node) => ({ ...node, sideCacheBytes: 2 ** 30 })),
    l3Caches: hasL3 ? [{ id: 0, sizeBytes: 2 ** 25, ways: 16, kernelId: 0 }] : [],
    cacheAllocation: {
      classes: 15,
      ways: "0-10",
      sharedWays: "9-10",
      waysMin: 1,
      bandwidthClasses: 8,
    },
    pci: machine.pci.map((device) => {
      return { ...device, acsRedirect: true, atsEnabled: false, interrupts };
    }),
  };
}

const sysfs: Target = {
  name: "sysfs",
  async prepare() {
    const samples = (await treeSamples()).map(indexed);
    return (random) => {
      const { files, links } = mutatedTree(chosen(samples, random), random);
      return {
        read: () => readSysfs(onlyMachine(memoryTree(files, links, "mutated"))),
        input: () => JSON.stringify({ files: [...files], links: [...links] }),
      };
    };
  },
};

/** Machines with outputs of tools, which are mutated as often as the kernel's files. */
const machineTrees: Target = {
  name: "machine",
  async prepare() {
    const texts: ReadonlyMap<string, string> = new Map([
      [`${toolFolder}/nvidia-smi-topo.txt`, toolTexts.nvidiaSmiTopo],
      [`${toolFolder}/nvidia-smi-query.xml`, toolTexts.nvidiaSmiQuery],
      [`${toolFolder}/rocm-smi-topo.txt`, toolTexts.rocmSmi],
    ]);
    const samples = (await treeSamples()).map(indexed);
    return (random) => {
      const { files, links } = mutatedTree(chosen(samples, random), random);
      const outputs = [...texts].filter(() => random.once(2));
      const all = new Map(files);
      for (const [path, text] of outputs) {
        all.set(path, mutatedText(text, [...texts.values()], random));
      }
      return {
        read: () => readMachineTree(onlyMachine(memoryTree(all, links, "mutated")), () => {}),
        input: () => JSON.stringify({ files: [...all], links: [...links] }),
      };
    };
  },
};

/** Snapshots of small machines, plain and compressed, and the smallest recordings of real ones. */
async function archiveSamples(folder: string): Promise<Uint8Array[]> {
  const samples: Uint8Array[] = [];
  for (const [i, machine] of machines().entries()) {
    for (const ending of ["tar", "tar.gz"]) {
      const path = join(folder, `sample${i}.${ending}`);
      await writeSnapshot(inMemory(generateSysfs(machine)), path);
      samples.push(new Uint8Array(readFileSync(path)));
    }
  }
  const recorded = corpusFiles("sysfs-hwloc", /\.(tar\.\w+|tgz)$/, 3).map((path) =>
    readFileSync(path),
  );
  return [...samples, ...recorded].toSorted((a, b) => a.length - b.length);
}

/** Runs the work in a temporary folder, which is removed afterwards. */
async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(roomInMemory(), "evenkeel-fuzz-"));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const archives: Target = {
  name: "archive",
  async prepare() {
    const samples = await inFolder(archiveSamples);
    return (random) => {
      const sample = chosen(samples, random);
      const zipped = sample[0] === 0x1f && sample[1] === 0x8b;
      // The content of a compressed archive is reached only by unpacking and packing it again.
      const open = zipped && random.once(2);
      const changed = mutatedBytes(open ? gunzipSync(sample) : sample, samples, random);
      const summed = random.once(4) ? changed : withChecksums(changed);
      const bytes = open ? gzipSync(summed, { level: 1 }) : summed;
      return {
        read: () =>
          inFolder(async (folder) => {
            const path = join(folder, "mutated.tar");
            writeFileSync(path, bytes);
            return readSysfs(onlyMachine(await readArchive(path)));
          }),
        input: () => bytes,
      };
    };
  },
};

const hwloc = textTarget("hwloc", async () => {
  const { readHwloc } = await import("@evenkeel/host/hwloc/read-hwloc.ts");
  const { generateHwloc } = await import("@evenkeel/host/testing/hwloc/generate-hwloc.ts");
  // hwloc writes a line for each object, and mutations of lines need them.
  const lines = (text: string): string => text.replaceAll("><", ">\n<");
  const generated = [...machines(), realMachine()].map((machine) => lines(generateHwloc(machine)));
  return {
    samples: [...generated, ...corpusTexts("hwloc-xml", /\.xml$/, 8)],
    read: (text) => readHwloc(text, "mutated.xml"),
  };
});

const xml = textTarget("xml", async () => {
  const { readXml } = await import("@evenkeel/host/xml/read-xml.ts");
  const domain = corpusTexts("libvirt-domain", /\.xml$/, 8);
  const { nccl, libvirtCapabilities, nvidiaSmiQuery } = toolTexts;
  return {
    samples: [nccl, libvirtCapabilities, nvidiaSmiQuery, ...domain],
    read: (text) => {
      readXml(text, "mutated.xml");
      return null;
    },
  };
});

const documents = (name: "json" | "yaml"): Target =>
  textTarget(`documents-${name}`, async () => {
    const { readDocuments } = await import("@evenkeel/contract/read-document.ts");
    const { exampleDocuments } = await import("@evenkeel/contract/testing/examples.ts");
    const values = [...exampleDocuments, ...machines()];
    const json = values.map((value) => JSON.stringify(value, null, name === "json" ? 1 : 0));
    return {
      samples:
        name === "json" ? json : [...json.filter(({ length }) => length < 8192), ...yamlTexts],
      read: (text) => {
        const found = readDocuments(text, `mutated.${name}`);
        return found.find((document): document is Topology => document.kind === "Topology") ?? null;
      },
    };
  });

const yamlTexts: readonly string[] = [
  "apiVersion: evenkeel/v1\nkind: VirtualMachine\nmetadata: { name: llm-a, tenant: acme }\nspec:\n" +
    "  accelerators: { count: 2, model: H100, link: nvlink }\n  nics: { count: 2, rdma: true }\n" +
    "  vcpus: 48\n  memory: 480Gi\n  hugepages: 1Gi\n  locality: strict\n  isolation: core\n",
  "---\napiVersion: evenkeel/v1\nkind: Flavor\nmetadata:\n  name: &name h100.1\nspec:\n  vcpus: 4\n" +
    '  memory: "16Gi"\n  hugepages: none\nsignature: null\n---\n# nothing\n',
];

const synthetic = textTarget("synthetic", async () => ({
  samples: [
    ...machineTexts,
    'numbering:adjacent arch:aarch64 page:64Ki vendor:"A B" core:4@1 thread:1@0 package:2 core:2',
    "root*2(bus:15,26)[switch(link:4x8/5x16)[gpu(id:10de:2330 class:030200 bars:16Mi,128Gi,32Mi)]]@0 core:2",
    "core:2 root[gpu:edu*4] modules:4,3,2,1 partitions:0-3;0-1;2-3(active:1) iommu:off",
  ],
  // A hundred characters describe a machine of many thousand CPUs.
  baseMs: 1000,
  read: (text) => {
    parseSynthetic(text);
    return syntheticTopology(text);
  },
}));

/** Every reader of foreign input. */
export const targets: readonly Target[] = [
  sysfs,
  machineTrees,
  hwloc,
  archives,
  xml,
  documents("json"),
  documents("yaml"),
  synthetic,
  ...toolTargets,
  ...evidenceTargets,
  ...hostTargets,
  ...hypervisorTargets,
];
