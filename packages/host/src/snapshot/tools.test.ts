import { catalogMachine } from "@evenkeel/core/topology/catalog/catalog.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { expect, test } from "vitest";
import { readMachineTree } from "../machine/read-machine-tree.ts";
import { toolFolder } from "../machine/tools.ts";
import { nvidiaSmiTopoText } from "../../testing/nvidia-smi/write-topo-matrix.ts";
import { generateSysfs } from "../../testing/sysfs/generate-sysfs.ts";
import { memoryTree } from "../tree/memory-tree.ts";
import { overlayTree } from "../tree/overlay-tree.ts";
import type { Tree } from "../tree/tree.ts";
import { gather } from "./gather.ts";

/** `nvidia-smi -q -x` of the machine's GPUs, with the private data that it prints too. */
function queryText({ accelerators }: Topology): string {
  const gpus = accelerators.map(
    ({ address }, i) => `<gpu id="${address}">
    <product_name>NVIDIA H100 80GB HBM3</product_name>
    <serial>1654922006555</serial>
    <uuid>GPU-0000000${i}-aaaa-bbbb-cccc-dddddddddddd</uuid>
    <gpu_module_id>${i + 1}</gpu_module_id>
    <pci><pci_bus_id>${address}</pci_bus_id></pci>
    <fb_memory_usage><total>81559 MiB</total></fb_memory_usage>
    <mig_mode><current_mig>Enabled</current_mig><pending_mig>Enabled</pending_mig></mig_mode>
    <mig_devices><mig_device><index>0</index><gpu_instance_id>7</gpu_instance_id>
      <uuid>MIG-0000000${i}-aaaa-bbbb-cccc-dddddddddddd</uuid>
      <fb_memory_usage><total>9856 MiB</total></fb_memory_usage></mig_device></mig_devices>
    <processes><process_info><pid>4711</pid><process_name>/srv/alice/train.py</process_name></process_info></processes>
  </gpu>`,
  );
  return `<?xml version="1.0" ?>
<!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v12.dtd">
<nvidia_smi_log><timestamp>Mon Nov 23 10:00:00 2026</timestamp><attached_gpus>8</attached_gpus>
  ${gpus.join("\n  ")}
</nvidia_smi_log>
`;
}

test("a snapshot holds the outputs of tools, without serial numbers and processes", async () => {
  const hgx = catalogMachine("hgx-h100");
  if (hgx === null) throw new Error("no hgx-h100");
  const { files, links } = generateSysfs(hgx);
  const texts = new Map([
    ["nvidia-smi-topo.txt", nvidiaSmiTopoText(hgx, "numa-id")],
    ["nvidia-smi-query.xml", queryText(hgx)],
  ]);
  const tree: Tree = overlayTree(memoryTree(files, links, "host"), toolFolder, texts);
  const notes: string[] = [];
  const note = (sentence: string): void => void notes.push(sentence);
  const machine = await readMachineTree(tree, note, "hgx");
  expect(machine.links).toHaveLength(28);
  expect(machine.accelerators[3]).toMatchObject({ moduleId: 4, memoryBytes: 81559 * 2 ** 20 });
  expect(machine.accelerators[3]).toMatchObject({
    migEnabled: true,
    instances: [{ uuid: "MIG-00000003-aaaa-bbbb-cccc-dddddddddddd", memoryBytes: 9856 * 2 ** 20 }],
  });

  const recording = gather(tree);
  const recorded = memoryTree(recording.files, recording.links, "host", recording.directories);
  expect(await readMachineTree(recorded, note, "hgx")).toEqual(machine);
  const kept = new TextDecoder().decode(recording.files.get(`${toolFolder}/nvidia-smi-query.xml`));
  expect(kept).toContain("gpu_module_id");
  expect(kept).not.toMatch(/1654922006555|alice|4711|timestamp|gpu_instance_id/);
  expect(notes).toEqual([]);
});

test("an output that is not a query is not recorded", () => {
  const bare = memoryTree(new Map([["/sys/devices/system/cpu/online", "0"]]), new Map(), "host");
  const texts = new Map([["nvidia-smi-query.xml", "NVIDIA-SMI has failed on host gpu-17"]]);
  const recording = gather(overlayTree(bare, toolFolder, texts));
  expect(recording.files.get(`${toolFolder}/nvidia-smi-query.xml`)).toEqual(new Uint8Array());
});
