import { isStandIn } from "@evenkeel/core/topology/stand-in.ts";
import { interconnects } from "@evenkeel/core/topology/interconnect.ts";
import { mergeTopologies } from "@evenkeel/core/topology/merge/merge-topologies.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { unknownParts } from "@evenkeel/core/topology/unknown-settings.ts";
import { MiB } from "@evenkeel/core/unit/bytes.ts";
import { expect, test } from "vitest";
import { codedError } from "../../testing/expect-error.ts";
import { readNvidiaSmiQuery } from "./read-query-xml.ts";

const read = (text: string): Topology => readNvidiaSmiQuery(text, "out/gpus.xml");

const uuid = (last: number): string => `GPU-01234567-89ab-cdef-0123-0000000000${10 + last}`;

interface Fields {
  readonly id?: string;
  readonly before?: string;
  readonly pci?: string;
  readonly memory?: string;
}

/** One GPU in the words of driver 545. */
function gpu(bus: string, { id = ` id="00000000:${bus}:00.0"`, ...fields }: Fields = {}): string {
  const { before = `<uuid>${uuid(1)}</uuid>`, pci = "", memory = "fb_memory_usage" } = fields;
  return `<gpu${id}>
    <product_name>NVIDIA H100 80GB HBM3</product_name>
    <serial>1654123038646</serial>
    ${before}
    <pci>
      <pci_device_id>233010DE</pci_device_id>
      <pci_bus_id>00000000:${bus}:00.0</pci_bus_id>
      ${pci}
      <pci_gpu_link_info>
        <pcie_gen><max_link_gen>4</max_link_gen><current_link_gen>1</current_link_gen>
          <device_current_link_gen>1</device_current_link_gen>
          <max_device_link_gen>5</max_device_link_gen><max_host_link_gen>4</max_host_link_gen>
        </pcie_gen>
        <link_widths><max_link_width>16x</max_link_width><current_link_width>8x</current_link_width>
        </link_widths>
      </pci_gpu_link_info>
    </pci>
    <${memory}><total>81559 MiB</total></${memory}>
    <bar1_memory_usage><total>131072 MiB</total></bar1_memory_usage>
  </gpu>`;
}

const log = (...gpus: readonly string[]): string =>
  `<?xml version="1.0" ?>\n<!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v12.dtd">\n` +
  `<nvidia_smi_log><driver_version>545.23.08</driver_version>${gpus.join("\n")}</nvidia_smi_log>\n`;

const module = (id: string): string => `<gpu_module_id>${id}</gpu_module_id>`;

test("a GPU's address, model, UUID, module, memory and link", () => {
  const topology = read(log(gpu("1B", { before: `<uuid>${uuid(1)}</uuid>${module("2")}` })));
  expect(topology.accelerators).toEqual([
    {
      address: "0000:1b:00.0",
      model: "H100 SXM5 80GB",
      uuid: uuid(1),
      moduleId: 2,
      memoryBytes: 81559 * MiB,
      ...unknownParts,
      productName: "NVIDIA H100 80GB HBM3",
    },
  ]);
  expect(topology.pci).toMatchObject([
    {
      address: "0000:1b:00.0",
      class: "03",
      vendor: "10de",
      device: "2330",
      node: null,
      barBytes: null,
      link: { speedGTs: 2.5, width: 8, maxSpeedGTs: 32, maxWidth: 16 },
    },
  ]);
  expect([topology.name, topology.source]).toEqual(["gpus", "nvidia-smi"]);
  expect(JSON.stringify(topology)).not.toContain("1654123038646");
});

test("the interconnects of GPUs are unknown, as the query does not have them", () => {
  const topology = read(log(gpu("1B"), gpu("3B", { before: "" })));
  expect(interconnects(topology)("0000:1b:00.0", "0000:3b:00.0")).toBeNull();
  expect(topology.pci.every(({ root }) => isStandIn(root))).toBe(true);
});

test.each([
  [
    "since 565 in the platform's description",
    "<platformInfo><module_id>3</module_id></platformInfo>",
    3,
  ],
  ["0 of what sits on no baseboard", module("0"), null],
  ["N/A", module("N/A"), null],
  ["before 510 not at all", "", null],
])("a module's number: %s", (_, before, expected) => {
  expect(read(log(gpu("1B", { before }))).accelerators[0]?.moduleId).toBe(expected);
});

test("newer drivers print the class, older ones have another name for the memory", () => {
  const pci = "<pci_base_class>3</pci_base_class><pci_sub_class>2</pci_sub_class>";
  expect(read(log(gpu("1B", { pci }))).pci[0]?.class).toBe("0302");
  const old = read(log(gpu("1B", { memory: "memory_usage" })));
  expect(old.accelerators[0]?.memoryBytes).toBe(81559 * MiB);
});

/** In the words of driver 575; of a MIG device's UUID some drivers say nothing. */
const migDevice = (index: number, memory: string, id = ""): string =>
  `<mig_device><index>${index}</index><gpu_instance_id>${index + 1}</gpu_instance_id>
    <compute_instance_id>0</compute_instance_id>${id}<device_attributes><shared>
    <multiprocessor_count>60</multiprocessor_count></shared></device_attributes>
    <fb_memory_usage><total>${memory}</total></fb_memory_usage>
    <bar1_memory_usage><total>65535 MiB</total></bar1_memory_usage></mig_device>`;

test("a GPU in MIG mode is one accelerator with its instances", () => {
  const cut = (mode: string, devices: string): string =>
    `<mig_mode><current_mig>${mode}</current_mig><pending_mig>${mode}</pending_mig></mig_mode>` +
    `<mig_devices>${devices}</mig_devices>`;
  const id = "<uuid>MIG-dc34c2fd-4bd7-52ad-a6d0-645dcd1794e4</uuid>";
  const devices = migDevice(0, "40448 MiB", id) + migDevice(1, "9856 MiB", "<uuid>x</uuid>");
  const { accelerators } = read(
    log(
      gpu("1B", { before: cut("Enabled", devices) }),
      gpu("3B", { before: cut("Disabled", "None") }),
      gpu("4B", { before: cut("N/A", "None") }),
    ),
  );
  expect(accelerators).toMatchObject([
    {
      memoryBytes: 81559 * MiB,
      migEnabled: true,
      profile: null,
      instances: [
        {
          profile: null,
          uuid: "MIG-dc34c2fd-4bd7-52ad-a6d0-645dcd1794e4",
          memoryBytes: 40448 * MiB,
        },
        { profile: null, uuid: null, memoryBytes: 9856 * MiB },
      ],
    },
    { migEnabled: false, instances: [] },
    { migEnabled: null, instances: [] },
  ]);
});

test("a guest with a part of a GPU shows which part, and the chip by its id", () => {
  const vgpu = (mode: string, id = "233010DE"): string =>
    gpu("02", {
      before: `<gpu_virtualization_mode><virtualization_mode>${mode}</virtualization_mode>
        <host_vgpu_mode>N/A</host_vgpu_mode></gpu_virtualization_mode>`,
    })
      .replace("NVIDIA H100 80GB HBM3", "NVIDIA H100XM-1-10CME")
      .replace("233010DE", id);
  const first = (text: string): unknown => {
    const [found] = read(log(text)).accelerators;
    return [found?.model, found?.profile];
  };
  expect(first(vgpu("VGPU"))).toEqual(["H100 SXM5 80GB", "NVIDIA H100XM-1-10CME"]);
  expect(first(vgpu("VGPU", "FFFF10DE"))).toEqual([null, "NVIDIA H100XM-1-10CME"]);
  expect(first(vgpu("Pass-Through"))).toEqual(["H100 SXM5 80GB", null]);
  expect(first(vgpu("Host VGPU"))).toEqual(["H100 SXM5 80GB", null]);
});

test("a GPU that has fallen off the bus is still there", () => {
  const lost =
    `<gpu id="00000000:1B:00.0"><product_name>[Unknown Error]</product_name>` +
    `<uuid>[GPU is lost]</uuid><pci><pci_device_id>GPU is lost</pci_device_id></pci>` +
    `<fb_memory_usage><total>GPU is lost</total></fb_memory_usage></gpu>`;
  const topology = read(log(lost));
  expect(topology.accelerators).toEqual([
    {
      address: "0000:1b:00.0",
      model: null,
      uuid: null,
      moduleId: null,
      memoryBytes: null,
      ...unknownParts,
    },
  ]);
  expect(topology.pci).toMatchObject([{ vendor: "10de", device: null, link: null }]);
});

test("a prompt before, other logs after, and GPUs without addresses", () => {
  const nameless = `<gpu><product_name>NVIDIA GB300</product_name><pci/></gpu>`;
  const topology = read(`$ nvidia-smi -q -x\n${log(nameless, nameless)}${log(gpu("1B"))}$ `);
  expect(topology.accelerators.map(({ model }) => model)).toEqual(["GB300", "GB300"]);
  expect(topology.accelerators.every(({ address }) => isStandIn(address))).toBe(true);
});

test("wide domains (Hyper-V) are kept", () => {
  const text = log(gpu("00").replaceAll("00000000:00", "00010000:00"));
  expect(read(text).accelerators[0]?.address).toBe("10000:00:00.0");
});

const plain = `==============NVSMI LOG==============

Timestamp                                 : Fri Feb 23 11:51:29 2024
Attached GPUs                             : 2
GPU 00000000:19:00.0
    Product Name                          : NVIDIA H100 80GB HBM3
    Serial Number                         : 1654123038646
    GPU UUID                              : ${uuid(1)}
    Module ID                             : 2
    PCI
        Device Id                         : 0x233010DE
        Bus Id                            : 00000000:19:00.0
        GPU Link Info
            PCIe Generation
                Max                       : 5
                Current                   : 4
                Device Max                : 5
            Link Width
                Max                       : 16x
                Current                   : 16x
        Bridge Chip
            Type                          : N/A
    FB Memory Usage
        Total                             : 81559 MiB
    BAR1 Memory Usage
        Total                             : 131072 MiB
    Temperature
        Max                               : 9
GPU 0000:3B:00.0
    Product Name                          : Tesla K80
    Platform Info
        Module Id                         : 4
    FB Memory Usage
        Total                             : 11519 MB
`;

test.each([
  ["as it was printed", (text: string) => text],
  [
    "quoted, with CRLF",
    (text: string) =>
      text
        .split("\n")
        .map((line) => `> ${line}`)
        .join("\r\n"),
  ],
  ["looped", (text: string) => `${text}${text.replaceAll("81559", "1")}`],
])("the text of nvidia-smi -q: %s", (_, as) => {
  const topology = read(as(plain));
  expect(topology.accelerators).toEqual([
    {
      address: "0000:19:00.0",
      model: "H100 SXM5 80GB",
      uuid: uuid(1),
      moduleId: 2,
      memoryBytes: 81559 * MiB,
      ...unknownParts,
      productName: "NVIDIA H100 80GB HBM3",
    },
    {
      address: "0000:3b:00.0",
      model: "Tesla K80",
      uuid: null,
      moduleId: 4,
      memoryBytes: 11519 * MiB,
      ...unknownParts,
      productName: "Tesla K80",
    },
  ]);
  const link = { speedGTs: 16, width: 16, maxSpeedGTs: 32, maxWidth: 16 };
  expect(topology.pci.map((device) => device.link)).toEqual([link, null]);
  expect(JSON.stringify(topology)).not.toContain("1654123038646");
});

test("the list of nvidia-smi -L", () => {
  const topology = read(
    `$ nvidia-smi -L\nGPU 0: NVIDIA A100-SXM4-80GB (UUID: ${uuid(2)})\n` +
      `  MIG 3g.40gb     Device  0: (UUID: MIG-dc34c2fd-4bd7-52ad-a6d0-645dcd1794e4)\n` +
      `GPU 1: Tesla V100 (UUID: GPU-aaaa)\nGPU 2: NVIDIA L4 (UUID: N/A)\nGPU 3: is broken\n`,
  );
  expect(topology.accelerators.map(({ model, uuid: id }) => [model, id])).toEqual([
    ["A100-SXM4-80GB", uuid(2)],
    ["Tesla V100", null],
    ["L4", null],
  ]);
  const uuidOfPart = "MIG-dc34c2fd-4bd7-52ad-a6d0-645dcd1794e4";
  expect(topology.accelerators.map(({ migEnabled, instances }) => [migEnabled, instances])).toEqual(
    [
      [true, [{ profile: "3g.40gb", uuid: uuidOfPart, memoryBytes: null }]],
      [null, []],
      [null, []],
    ],
  );
});

test("MIG devices in the text of nvidia-smi -q, and a list that is repeated", () => {
  const section = `    MIG Mode
        Current                           : Enabled
        Pending                           : Enabled
    MIG Device
        Index                             : 0
        GPU Instance ID                   : 3
        FB Memory Usage
            Total                         : 23680 MiB
            Used                          : 2029 MiB
    MIG Device
        Index                             : 1
        Device Attributes
            Shared
                Multiprocessor count      : 70
        Shared FB Memory Usage
            Total                         : 11840 MiB
    FB Memory Usage
`;
  const cut = plain.replace("    FB Memory Usage\n", section);
  const [first, second] = read(cut).accelerators;
  expect(first).toMatchObject({
    memoryBytes: 81559 * MiB,
    migEnabled: true,
    instances: [
      { profile: null, uuid: null, memoryBytes: 23680 * MiB },
      { profile: null, uuid: null, memoryBytes: 11840 * MiB },
    ],
  });
  expect(second).toMatchObject({ migEnabled: null, instances: [] });
  const one =
    `GPU 0: NVIDIA A100-SXM4-80GB (UUID: ${uuid(2)})\n` +
    `  MIG 1c.3g.40gb  Device  0: (UUID: MIG-${uuid(2)}/1/0)\n`;
  expect(read(one + one).accelerators[0]?.instances).toEqual([
    { profile: "1c.3g.40gb", uuid: `MIG-${uuid(2)}/1/0`, memoryBytes: null },
  ]);
});

test("a list with the profiles of MIG devices and a query with their memory are combined", () => {
  const named = read(
    `GPU 0: NVIDIA H100 80GB HBM3 (UUID: ${uuid(1)})\n` +
      `  MIG 3g.40gb     Device  0: (UUID: MIG-dc34c2fd-4bd7-52ad-a6d0-645dcd1794e4)\n`,
  );
  const before =
    `<uuid>${uuid(1)}</uuid><mig_mode><current_mig>Enabled</current_mig></mig_mode>` +
    `<mig_devices>${migDevice(0, "40448 MiB")}</mig_devices>`;
  const sized = read(log(gpu("1B", { before })));
  const { topology, findings } = mergeTopologies([sized, named]);
  expect(findings).toEqual([]);
  expect(topology.accelerators).toMatchObject([
    {
      address: "0000:1b:00.0",
      instances: [
        {
          profile: "3g.40gb",
          uuid: "MIG-dc34c2fd-4bd7-52ad-a6d0-645dcd1794e4",
          memoryBytes: 40448 * MiB,
        },
      ],
    },
  ]);
});

test("a list beside a matrix is read with the matrix", () => {
  const text =
    `GPU 0: NVIDIA L4 (UUID: ${uuid(1)})\nGPU 1: NVIDIA L4 (UUID: ${uuid(2)})\n\n` +
    "\tGPU0\tGPU1\nGPU0\t X \tPHB\nGPU1\tPHB\t X \n";
  const topology = read(text);
  const [a, b] = topology.accelerators;
  expect(interconnects(topology)(a?.address ?? "", b?.address ?? "")).toBe("PHB");
  expect([a?.model, b?.uuid]).toEqual(["L4", uuid(2)]);
});

test("another document is refused by its name", async () => {
  await codedError("text-unexpected", () => read(""));
  await codedError("text-unexpected", () =>
    read("Failed to initialize NVML: Driver/library version mismatch"),
  );
  await codedError("text-unexpected", () => read(log()));
  await codedError("xml-unexpected", () => read("<topology/>"));
  await codedError("xml-malformed", () => read(log(gpu("1B")).slice(0, 700)));
  await codedError("topology-inconsistent", () => read(log(gpu("1B"), gpu("1B"))));
  const bomb = `<!DOCTYPE nvidia_smi_log [<!ENTITY a "b">]><nvidia_smi_log>&a;</nvidia_smi_log>`;
  await codedError("xml-unsafe", () => read(bomb));
  for (const hostile of ["GPU 0:", "GPU 00000000:19:00.0", " ", "A :", "> "]) {
    await codedError("text-unexpected", () => read(`x${hostile.repeat(1 << 17)}`));
  }
});
