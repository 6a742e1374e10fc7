import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { expect, test } from "vitest";
import { outputs } from "../../testing/pasted/outputs.ts";
import { readAnyText } from "./read-any-text.ts";

/** Outputs in frameworks' own reports of a machine (`collect_env`), and in forms of issues. */
const read = (text: string): Promise<Topology> =>
  readAnyText(text, "report.txt", {
    parseTopology: () => {
      throw new Error("was taken for a document");
    },
  });

const lscpu = outputs["lscpu"] ?? "";
const matrix = outputs["nvidia-smi topo -m"] ?? "";
const line = "=".repeat(30);

const vllm = `Collecting environment information...
${line}
        System Info
${line}
OS                           : Ubuntu 22.04.5 LTS (x86_64)

${line}
       CUDA / GPU Info
${line}
Is CUDA available            : True
GPU models and configuration :
GPU 0: NVIDIA L40S
GPU 1: NVIDIA L40S

Nvidia driver version        : 550.54.15

${line}
          CPU Info
${line}
${lscpu}
${line}
Versions of relevant libraries
${line}
[pip3] numpy==1.26.4
[conda] Could not collect

${line}
         vLLM Info
${line}
GPU Topology:
  ${matrix}
${line}
     Environment Variables
${line}
LD_LIBRARY_PATH=/usr/local/cuda/lib64
`;

const torch = `PyTorch version: 2.6.0+cu124
OS: Ubuntu 22.04.5 LTS (x86_64)
GPU models and configuration: GPU 0: NVIDIA L40S
GPU 1: NVIDIA L40S

Nvidia driver version: 550.54.15

CPU:
${lscpu}
Versions of relevant libraries:
[pip3] numpy==1.26.4
`;

const indented = vllm.replaceAll(/^/gm, "      ");

test.each([
  ["vLLM's report", vllm],
  ["PyTorch's report", torch],
  ["JSON of an issue", JSON.stringify({ title: "slow", body: vllm })],
  ["JSON with its line ends", JSON.stringify({ issue: { title: "slow", body: vllm } }, null, 2)],
  ["a string of YAML", `title: slow\nbody: ${JSON.stringify(vllm)}\n`],
  ["a block of YAML", `title: slow\nbody: |\n${indented}`],
  ["a notebook", JSON.stringify({ cells: [{ outputs: [{ text: vllm.split(/(?<=\n)/) }] }] })],
])("%s gives CPUs and GPUs", async (_, text) => {
  const { nodes, machine, accelerators } = await read(text);
  expect(nodes.map(({ cpus }) => cpus)).toEqual(["0-1", "2-3"]);
  expect(machine.cpuModel).toBe("AMD EPYC 9654 96-Core Processor");
  expect(accelerators.map(({ model }) => model)).toEqual(["L40S", "L40S"]);
});
