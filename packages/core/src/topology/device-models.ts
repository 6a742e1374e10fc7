import { GiB, KiB, MiB } from "../unit/bytes.ts";

/**
 * PCI device models by a short name: their ids, address space and best link. BAR sizes come from
 * public `lspci -vv` recordings; an unpublished size is null. The models serve to describe machines
 * that are not at hand; a machine that is read reports all this itself.
 */
export interface DeviceModel {
  readonly key: string;
  readonly kind: "gpu" | "nic" | "dev" | "switch";
  /** The usual name. */
  readonly name: string;
  readonly vendor: string;
  readonly device: string;
  readonly class: string;
  /** In the order of the BARs, without I/O ports and expansion ROMs. */
  readonly barBytes: readonly number[] | null;
  readonly link: { readonly speedGTs: number; readonly width: number } | null;
  /** An accelerator's own memory; null for other devices. */
  readonly memoryBytes: number | null;
  /** Whether a NIC has an RDMA device, and below the prefix of its name in the kernel. */
  readonly rdma: boolean | null;
  readonly namePrefix: string | null;
}

const gen3 = { speedGTs: 8, width: 16 };
const gen4 = { speedGTs: 16, width: 16 };
const gen5 = { speedGTs: 32, width: 16 };
const gen6 = { speedGTs: 64, width: 16 };

const common = { rdma: null, namePrefix: null, memoryBytes: null } as const;
const nvidia = { ...common, kind: "gpu", vendor: "10de", class: "030200" } as const;
const amd = { ...common, kind: "gpu", vendor: "1002", class: "120000" } as const;
const mellanox = {
  ...common,
  kind: "nic",
  vendor: "15b3",
  rdma: true,
  namePrefix: "mlx5_",
} as const;
const bridge = { ...common, kind: "switch", class: "060400", barBytes: null } as const;
const other = { ...common, kind: "dev" } as const;

/** By kind, then by age. GPU memory is what `nvidia-smi` or `amd-smi` calls total. */
export const deviceModels: readonly DeviceModel[] = [
  {
    ...nvidia,
    key: "v100-sxm",
    name: "V100 SXM2 32GB",
    device: "1db5",
    barBytes: [16 * MiB, 32 * GiB, 32 * MiB],
    link: gen3,
    memoryBytes: 32510 * MiB,
  },
  {
    ...nvidia,
    key: "a100-sxm-40",
    name: "A100 SXM4 40GB",
    device: "20b0",
    barBytes: [16 * MiB, 64 * GiB, 32 * MiB],
    link: gen4,
    memoryBytes: 40536 * MiB,
  },
  {
    ...nvidia,
    key: "a100-sxm",
    name: "A100 SXM4 80GB",
    device: "20b2",
    barBytes: [16 * MiB, 128 * GiB, 32 * MiB],
    link: gen4,
    memoryBytes: 81920 * MiB,
  },
  {
    ...nvidia,
    key: "a100-pcie",
    name: "A100 PCIe 80GB",
    device: "20b5",
    barBytes: [16 * MiB, 128 * GiB, 32 * MiB],
    link: gen4,
    memoryBytes: 81920 * MiB,
  },
  {
    ...nvidia,
    key: "l4",
    name: "L4",
    device: "27b8",
    barBytes: [16 * MiB, 32 * GiB, 32 * MiB],
    link: gen4,
    memoryBytes: 23034 * MiB,
  },
  {
    ...nvidia,
    key: "l40s",
    name: "L40S",
    device: "26b9",
    barBytes: [16 * MiB, 64 * GiB, 32 * MiB],
    link: gen4,
    memoryBytes: 46068 * MiB,
  },
  {
    ...nvidia,
    key: "h100-pcie",
    name: "H100 PCIe 80GB",
    device: "2331",
    barBytes: [16 * MiB, 128 * GiB, 32 * MiB],
    link: gen5,
    memoryBytes: 81559 * MiB,
  },
  {
    ...nvidia,
    key: "h100-sxm",
    name: "H100 SXM5 80GB",
    device: "2330",
    barBytes: [16 * MiB, 128 * GiB, 32 * MiB],
    link: gen5,
    memoryBytes: 81559 * MiB,
  },
  {
    ...nvidia,
    key: "h200-sxm",
    name: "H200 SXM5 141GB",
    device: "2335",
    barBytes: [16 * MiB, 256 * GiB, 32 * MiB],
    link: gen5,
    memoryBytes: 143771 * MiB,
  },
  {
    ...nvidia,
    key: "b200-sxm",
    name: "B200 SXM6 180GB",
    device: "2901",
    barBytes: [64 * MiB, 256 * GiB, 32 * MiB],
    link: gen5,
    memoryBytes: 183359 * MiB,
  },
  {
    ...nvidia,
    key: "b300-sxm",
    name: "B300 SXM6 288GB",
    device: "3182",
    barBytes: [64 * MiB, 512 * GiB, 32 * MiB],
    link: gen6,
    memoryBytes: null,
  },
  {
    ...nvidia,
    key: "gb200",
    name: "GB200",
    device: "2941",
    barBytes: null,
    link: gen5,
    memoryBytes: 189471 * MiB,
  },
  {
    ...amd,
    key: "mi300x",
    name: "Instinct MI300X",
    device: "74a1",
    barBytes: null,
    link: gen5,
    memoryBytes: 196592 * MiB,
  },
  {
    ...common,
    key: "edu",
    kind: "gpu",
    name: "QEMU edu",
    vendor: "1234",
    device: "11e8",
    class: "00ff00",
    barBytes: [MiB],
    link: null,
  },
  {
    ...mellanox,
    key: "cx6",
    name: "ConnectX-6",
    device: "101b",
    class: "020700",
    barBytes: [32 * MiB],
    link: gen4,
  },
  {
    ...mellanox,
    key: "cx7",
    name: "ConnectX-7",
    device: "1021",
    class: "020700",
    barBytes: [32 * MiB],
    link: gen5,
  },
  {
    ...mellanox,
    key: "cx8",
    name: "ConnectX-8",
    device: "1023",
    class: "020700",
    barBytes: [32 * MiB],
    link: gen6,
  },
  {
    ...common,
    key: "efa",
    kind: "nic",
    name: "Elastic Fabric Adapter",
    vendor: "1d0f",
    device: "efa0",
    class: "020000",
    barBytes: null,
    link: gen3,
    rdma: true,
    namePrefix: "efa_",
  },
  {
    ...mellanox,
    key: "bf3",
    name: "BlueField-3",
    device: "a2dc",
    class: "020000",
    barBytes: [32 * MiB],
    link: gen5,
  },
  {
    ...common,
    key: "e810",
    kind: "nic",
    name: "Intel E810",
    vendor: "8086",
    device: "1592",
    class: "020000",
    barBytes: [32 * MiB, 64 * KiB],
    link: gen4,
    rdma: false,
    namePrefix: "eth",
  },
  {
    ...common,
    key: "virtio-net",
    kind: "nic",
    name: "Virtio network",
    vendor: "1af4",
    device: "1041",
    class: "020000",
    barBytes: [4 * KiB, 16 * KiB],
    link: null,
    rdma: false,
    namePrefix: "eth",
  },
  {
    ...other,
    key: "nvme",
    name: "NVMe drive",
    vendor: "144d",
    device: "a80a",
    class: "010802",
    barBytes: [16 * KiB],
    link: { speedGTs: 16, width: 4 },
  },
  {
    ...other,
    key: "nvswitch",
    name: "NVSwitch",
    vendor: "10de",
    device: "22a3",
    class: "068000",
    barBytes: [32 * MiB],
    link: { speedGTs: 16, width: 2 },
  },
  {
    ...other,
    key: "audio",
    name: "High-definition audio",
    vendor: "10de",
    device: "22ba",
    class: "040300",
    barBytes: [16 * KiB],
    link: gen4,
  },
  {
    ...other,
    key: "usb",
    name: "USB controller",
    vendor: "10de",
    device: "1ad8",
    class: "0c0330",
    barBytes: [256 * KiB, 64 * KiB],
    link: gen4,
  },
  {
    ...bridge,
    key: "pex880xx",
    name: "Broadcom PEX880xx",
    vendor: "1000",
    device: "c010",
    link: gen4,
  },
  {
    ...bridge,
    key: "pex890xx",
    name: "Broadcom PEX890xx",
    vendor: "1000",
    device: "c030",
    link: gen5,
  },
  {
    ...bridge,
    key: "switchtec",
    name: "Microchip Switchtec",
    vendor: "11f8",
    device: "4128",
    link: gen4,
  },
  {
    ...bridge,
    key: "cx7-switch",
    name: "ConnectX-7 switch",
    vendor: "15b3",
    device: "1979",
    link: gen5,
  },
  {
    ...bridge,
    key: "cx8-switch",
    name: "ConnectX-8 switch",
    vendor: "15b3",
    device: "197c",
    link: gen6,
  },
  {
    ...bridge,
    key: "mi300-switch",
    name: "Instinct internal switch",
    vendor: "1022",
    device: "1500",
    link: gen5,
  },
];

/** The model with this short name, or null. */
export function deviceModel(key: string): DeviceModel | null {
  return deviceModels.find((model) => model.key === key) ?? null;
}
