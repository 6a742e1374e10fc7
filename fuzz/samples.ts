import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { catalogMachine } from "@evenkeel/core/topology/catalog/catalog.ts";
import { syntheticTopology } from "@evenkeel/core/topology/synthetic/build.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { corpus } from "@evenkeel/host/testing/corpus.ts";

/** Small machines with some of every feature, so that mutations soon reach each. */
export const machineTexts: readonly string[] = [
  "core:1",
  "package:2 core:2 thread:2 memory:4Gi hugepages:2x1Gi,8x2Mi distances:10/21 " +
    "root[gpu:h100-sxm] root[nic:cx7] nvlink:18",
  "package:2 node:2 core:1 memory:2Gi hbm:1Gi(distance:14)*1@0 distances:10/12/32 offline:3",
  "core:3 thread:2 cxl:1Gi(distance:14)*1@0 pmem:1Gi(distance:17)*1@0 gpumem:1Gi(distance:40)*1@0 " +
    "distances:10/21 root[switch[gpu:mi300x gpu:mi300x dev:nvme] gpu:gb200(driver:nvidia)] xgmi:16(among:0,1)",
  "package:1 die:2 l3:2 cluster:2 core:2 ids:0 root[switch:switchtec(acs:off)[gpu:l40s(with:audio,usb) nic:e810]]",
  'core:2 root[gpu:l40s(functions:"2xNVIDIA L40S-24C,3") gpu:h100-pcie(mig:3g.40gb,2x1g.10gb)]',
];

export function machines(): Topology[] {
  return machineTexts.map((text, i) => syntheticTopology(text, `machine${i}`));
}

/** A machine of realistic size, which is used more rarely. */
export function realMachine(): Topology {
  const found = catalogMachine("l40s-pcie");
  if (found === null) throw new Error("the catalog has no l40s-pcie");
  return found;
}

/** The smallest matching files in the corpus' folder; none without the corpus. */
export function corpusFiles(folder: string, ending: RegExp, most = 12): string[] {
  const path = corpus(folder);
  if (path === null) return [];
  return readdirSync(path)
    .filter((name) => ending.test(name))
    .map((name) => ({ path: join(path, name), size: statSync(join(path, name)).size }))
    .filter(({ size }) => size > 0)
    .toSorted((a, b) => a.size - b.size)
    .slice(0, most)
    .map((file) => file.path);
}

export function corpusTexts(folder: string, ending: RegExp, most?: number): string[] {
  return corpusFiles(folder, ending, most).map((path) => readFileSync(path, "utf8"));
}

/** Outputs of tools, for runs without the corpus. */
export const toolTexts = {
  nccl: `<system version="1">
  <cpu host_hash="0x1" numaid="0" affinity="00000000,0000000f" arch="x86_64" vendor="GenuineIntel" familyid="6" modelid="143">
    <pci busid="0000:15:00.0" class="0x060400" vendor="0x1000" device="0xc030" subsystem_vendor="0x1000" subsystem_device="0x1" link_speed="32.0 GT/s PCIe" link_width="16">
      <pci busid="0000:16:00.0" class="0x030200" vendor="0x10de" device="0x2330" subsystem_vendor="0x10de" subsystem_device="0x16c1" link_speed="32.0 GT/s PCIe" link_width="16">
        <gpu dev="0" sm="90" rank="0" gdr="1">
          <nvlink target="0000:26:00.0" count="18" tclass="0x030200"/>
        </gpu>
      </pci>
      <pci busid="0000:17:00.0" class="0x020700" vendor="0x15b3" device="0x1021" link_speed="32.0 GT/s PCIe" link_width="16">
        <nic>
          <net name="mlx5_0" dev="0" latency="0" speed="400000" port="1" guid="0x946dae0300a1b2c3" maxconn="131072" gdr="1"/>
        </nic>
      </pci>
    </pci>
  </cpu>
  <cpu numaid="1" affinity="00000000,000000f0" arch="x86_64" vendor="GenuineIntel" familyid="6" modelid="143">
    <pci busid="0000:26:00.0" class="0x030200" vendor="0x10de" device="0x2330" link_speed="16.0 GT/s PCIe" link_width="8">
      <gpu dev="1" sm="90" rank="1" gdr="1">
        <nvlink target="0000:16:00.0" count="18" tclass="0x030200"/>
      </gpu>
    </pci>
  </cpu>
</system>
`,
  numactl: `available: 3 nodes (0-2)
node 0 cpus: 0 1 2 3 8 9 10 11
node 0 size: 515690 MB
node 0 free: 490017 MB
node 1 cpus: 4 5 6 7 12 13 14 15
node 1 size: 516045 MB
node 1 free: 501233 MB
node 2 cpus:
node 2 size: 131072 MB
node 2 free: 131000 MB
node distances:
node   0   1   2
  0:  10  21  17
  1:  21  10  28
  2:  17  28  10
`,
  nvidiaSmiTopo: `\tGPU0\tGPU1\tGPU2\tNIC0\tNIC1\tCPU Affinity\tNUMA Affinity\tGPU NUMA ID
GPU0\t X \tNV18\tSYS\tPIX\tSYS\t0-3,8-11\t0\t\tN/A
GPU1\tNV18\t X \tNODE\tPXB\tSYS\t0-3,8-11\t0\t\tN/A
GPU2\tSYS\tNODE\t X \tSYS\tPHB\t4-7,12-15\t1\t\tN/A
NIC0\tPIX\tPXB\tSYS\t X \tSYS
NIC1\tSYS\tSYS\tPHB\tSYS\t X

Legend:

  X    = Self
  SYS  = Connection traversing PCIe as well as the SMP interconnect between NUMA nodes
  NV#  = Connection traversing a bonded set of # NVLinks

NIC Legend:

  NIC0: mlx5_0
  NIC1: mlx5_1
`,
  nvidiaSmiQuery: `<?xml version="1.0" ?>
<!DOCTYPE nvidia_smi_log SYSTEM "nvsmi_device_v12.dtd">
<nvidia_smi_log>
  <timestamp>Mon Jan  6 10:00:00 2025</timestamp>
  <driver_version>550.54.15</driver_version>
  <attached_gpus>1</attached_gpus>
  <gpu id="00000000:1B:00.0">
    <product_name>NVIDIA H100 80GB HBM3</product_name>
    <mig_mode><current_mig>Enabled</current_mig><pending_mig>Disabled</pending_mig></mig_mode>
    <mig_devices><mig_device><index>0</index><gpu_instance_id>1</gpu_instance_id>
      <fb_memory_usage><total>40448 MiB</total></fb_memory_usage></mig_device></mig_devices>
    <gpu_virtualization_mode><virtualization_mode>VGPU</virtualization_mode></gpu_virtualization_mode>
    <uuid>GPU-01234567-89ab-cdef-0123-456789abcdef</uuid>
    <gpu_module_id>3</gpu_module_id>
    <pci>
      <pci_bus>1B</pci_bus><pci_device>00</pci_device><pci_domain>0000</pci_domain>
      <pci_device_id>233010DE</pci_device_id><pci_bus_id>00000000:1B:00.0</pci_bus_id>
      <pci_gpu_link_info>
        <pcie_gen><max_link_gen>5</max_link_gen><current_link_gen>5</current_link_gen></pcie_gen>
        <link_widths><max_link_width>16x</max_link_width><current_link_width>16x</current_link_width></link_widths>
      </pci_gpu_link_info>
    </pci>
    <fb_memory_usage><total>81559 MiB</total><reserved>551 MiB</reserved></fb_memory_usage>
    <bar1_memory_usage><total>131072 MiB</total></bar1_memory_usage>
  </gpu>
</nvidia_smi_log>
`,
  nvidiaSmiText: `$ nvidia-smi -q
GPU 00000000:19:00.0
    Product Name                          : NVIDIA H100 80GB HBM3
    GPU UUID                              : GPU-01234567-89ab-cdef-0123-456789abcdef
    MIG Mode
        Current                           : Enabled
        Pending                           : Enabled
    MIG Device
        Index                             : 0
        GPU Instance ID                   : 3
        FB Memory Usage
            Total                         : 40448 MiB
    GPU Virtualization Mode
        Virtualization Mode               : None
    FB Memory Usage
        Total                             : 81559 MiB
`,
  nvidiaSmiList: `GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-01234567-89ab-cdef-0123-456789abcdef)
  MIG 3g.40gb     Device  0: (UUID: MIG-dc34c2fd-4bd7-52ad-a6d0-645dcd1794e4)
  MIG 1g.10gb     Device  1: (UUID: MIG-dc34c2fd-4bd7-52ad-a6d0-645dcd1794e5)
GPU 1: NVIDIA H100 80GB HBM3 (UUID: GPU-01234567-89ab-cdef-0123-456789abcdee)
`,
  rocmSmi: `============================ ROCm System Management Interface ============================
================================= Weight between two GPUs ================================
       GPU0         GPU1
GPU0   0            15
GPU1   15           0
================================= Hops between two GPUs ==================================
       GPU0         GPU1
GPU0   0            1
GPU1   1            0
=============================== Link Type between two GPUs ===============================
       GPU0         GPU1
GPU0   0            XGMI
GPU1   XGMI         0
======================================= Numa Nodes =======================================
GPU[0]          : (Topology) Numa Node: 0
GPU[0]          : (Topology) Numa Affinity: 0
GPU[1]          : (Topology) Numa Node: 1
GPU[1]          : (Topology) Numa Affinity: 1
================================== End of ROCm SMI Log ===================================
`,
  rocmSmiJson: `{"system": {"(Topology) Weight between DRM devices 0 and 1": "15",
 "(Topology) Hops between DRM devices 0 and 1": "1", "(Topology) Link type between DRM devices 0 and 1": "XGMI"},
 "card0": {"PCI Bus": "0000:0C:00.0", "(Topology) Numa Node": "0", "(Topology) Numa Affinity": "0",
  "Unique ID": "0x1a2b3c4d5e6f7081", "Card Series": "AMD Instinct MI300X OAM", "VRAM Total Memory (B)": "206141652992"},
 "card1": {"PCI Bus": "0000:22:00.0", "(Topology) Numa Node": "1", "(Topology) Numa Affinity": "1"}}
`,
  libvirtCapabilities: `<capabilities>
  <host>
    <uuid>c7a5fdbd-edaf-9455-926a-d65c16db1809</uuid>
    <cpu><arch>x86_64</arch><model>SapphireRapids</model><vendor>Intel</vendor>
      <topology sockets='1' dies='1' cores='2' threads='2'/>
      <pages unit='KiB' size='4'/><pages unit='KiB' size='1048576'/></cpu>
    <topology>
      <cells num='2'>
        <cell id='0'>
          <memory unit='KiB'>4054408</memory>
          <pages unit='KiB' size='4'>751458</pages>
          <pages unit='KiB' size='1048576'>1</pages>
          <distances><sibling id='0' value='10'/><sibling id='1' value='21'/></distances>
          <cpus num='2'>
            <cpu id='0' socket_id='0' die_id='0' core_id='0' siblings='0,2'/>
            <cpu id='2' socket_id='0' die_id='0' core_id='0' siblings='0,2'/>
          </cpus>
        </cell>
        <cell id='1'>
          <memory unit='KiB'>4054408</memory>
          <distances><sibling id='0' value='21'/><sibling id='1' value='10'/></distances>
          <cpus num='2'>
            <cpu id='1' socket_id='1' die_id='0' core_id='0' siblings='1,3'/>
            <cpu id='3' socket_id='1' die_id='0' core_id='0' siblings='1,3'/>
          </cpus>
        </cell>
      </cells>
    </topology>
    <cache><bank id='0' level='3' type='both' size='15' unit='MiB' cpus='0,2'/></cache>
  </host>
</capabilities>
`,
  libvirtNodedev: `<device>
  <name>pci_0000_1b_00_0</name>
  <path>/sys/devices/pci0000:15/0000:15:01.0/0000:1b:00.0</path>
  <parent>pci_0000_15_01_0</parent>
  <driver><name>vfio-pci</name></driver>
  <capability type='pci'>
    <class>0x030200</class>
    <domain>0</domain><bus>27</bus><slot>0</slot><function>0</function>
    <product id='0x2330'>GH100 [H100 SXM5 80GB]</product><vendor id='0x10de'>NVIDIA Corporation</vendor>
    <iommuGroup number='40'><address domain='0x0000' bus='0x1b' slot='0x00' function='0x0'/></iommuGroup>
    <numa node='0'/>
    <pci-express>
      <link validity='cap' port='0' speed='32' width='16'/><link validity='sta' speed='16' width='16'/>
    </pci-express>
    <capability type='virt_functions' maxCount='2'><address domain='0x0000' bus='0x1b' slot='0x00' function='0x4'/></capability>
  </capability>
</device>
<device>
  <name>pci_0000_1b_00_4</name><parent>pci_0000_15_01_0</parent>
  <capability type='pci'>
    <class>0x030200</class><domain>0</domain><bus>27</bus><slot>0</slot><function>4</function>
    <product id='0x2330'/><vendor id='0x10de'/>
    <capability type='phys_function'><address domain='0x0000' bus='0x1b' slot='0x00' function='0x0'/></capability>
    <capability type='mdev_types'><type id='nvidia-558'><name>NVIDIA H100XM-20C</name><availableInstances>0</availableInstances></type></capability>
  </capability>
</device>
<device>
  <name>mdev_c60bc1b3_c2b4_4f3c_9b6a_5d0ab0a0d5a1_0000_1b_00_4</name><parent>pci_0000_1b_00_4</parent>
  <capability type='mdev'><type id='nvidia-558'/><uuid>c60bc1b3-c2b4-4f3c-9b6a-5d0ab0a0d5a1</uuid><iommuGroup number='41'/></capability>
</device>
`,
  lscpuParse: `# The following is the parsable format, which can be fed to other
# programs. Each different item in every column has an unique ID
# starting usually from zero.
# CPU,Core,Socket,Node,,L1d,L1i,L2,L3
0,0,0,0,,0,0,0,0
1,1,0,0,,1,1,1,0
2,2,1,1,,2,2,2,1
3,3,1,1,,3,3,3,1
4,0,0,0,,0,0,0,0
`,
  lscpuJson: `{
   "lscpu": [
      {"field": "Architecture:", "data": "x86_64", "children": [{"field": "Address sizes:", "data": "46 bits physical"}]},
      {"field": "CPU(s):", "data": "4", "children": [{"field": "On-line CPU(s) list:", "data": "0-3"}]},
      {"field": "Vendor ID:", "data": "GenuineIntel", "children": [
         {"field": "Model name:", "data": "Intel(R) Xeon(R) Platinum 8480C", "children": [
            {"field": "Thread(s) per core:", "data": "1"}, {"field": "Core(s) per socket:", "data": "2"},
            {"field": "Socket(s):", "data": "2"}]}]},
      {"field": "NUMA:", "data": null, "children": [{"field": "NUMA node(s):", "data": "2"},
         {"field": "NUMA node0 CPU(s):", "data": "0,2"}, {"field": "NUMA node1 CPU(s):", "data": "1,3"}]}
   ]
}
`,
  lspci: `15:01.0 PCI bridge: Intel Corporation Device 352a (rev 04) (prog-if 00 [Normal decode])
\tControl: I/O+ Mem+ BusMaster+ SpecCycle- MemWINV- VGASnoop- ParErr- Stepping- SERR- FastB2B- DisINTx+
\tNUMA node: 0
\tIOMMU group: 12
\tBus: primary=15, secondary=1b, subordinate=1b, sec-latency=0
\tCapabilities: [40] Express (v2) Root Port (Slot+), MSI 00
\t\tLnkCap:\tPort #1, Speed 32GT/s, Width x16, ASPM not supported
\t\tLnkSta:\tSpeed 32GT/s, Width x16
\tCapabilities: [148 v1] Access Control Services
\t\tACSCtl:\tSrcValid+ TransBlk- ReqRedir+ CmpltRedir+ UpstreamFwd+ EgressCtrl- DirectTrans-
\tCapabilities: [1b0 v1] Address Translation Service (ATS)
\t\tATSCtl:\tEnable+, Smallest Translation Unit: 00
\tKernel driver in use: pcieport

1b:00.0 3D controller [0302]: NVIDIA Corporation GH100 [H100 SXM5 80GB] [10de:2330] (rev a1)
\tSubsystem: NVIDIA Corporation Device [10de:16c1]
\tNUMA node: 0
\tIOMMU group: 40
\tRegion 0: Memory at 22042000000 (64-bit, prefetchable) [size=16M]
\tRegion 2: Memory at 20000000000 (64-bit, prefetchable) [size=128G]
\tRegion 4: Memory at 22040000000 (64-bit, prefetchable) [size=32M]
\tCapabilities: [60] Express (v2) Endpoint, MSI 00
\t\tLnkCap:\tPort #0, Speed 32GT/s, Width x16, ASPM not supported
\t\tLnkSta:\tSpeed 16GT/s (downgraded), Width x8 (downgraded)
\tCapabilities: [2cc v1] Single Root I/O Virtualization (SR-IOV)
\t\tInitial VFs: 16, Total VFs: 16, Number of VFs: 1, Function Dependency Link: 00
\t\tVF offset: 4, stride: 1, Device ID: 2330
\tKernel driver in use: vfio-pci

1b:00.4 3D controller [0302]: NVIDIA Corporation GH100 [H100 SXM5 80GB] [10de:2330] (rev a1)
\tKernel driver in use: nvidia
`,
  lspciTree: `-+-[0000:15]-+-00.0  Intel Corporation Device 09a2
 |           \\-01.0-[1b]----00.0  NVIDIA Corporation GH100 [H100 SXM5 80GB]
 \\-[0000:00]-+-00.0  Intel Corporation Device 09a2
             \\-1c.0-[01-02]----00.0-[02]----00.0  ASPEED Technology, Inc. ASPEED Graphics Family
`,
  kubernetes: `apiVersion: topology.node.k8s.io/v1alpha2
kind: NodeResourceTopology
metadata: { name: worker-a }
attributes:
  - { name: topologyManagerPolicy, value: single-numa-node }
zones:
  - name: node-0
    type: Node
    costs: [{ name: node-0, value: 10 }, { name: node-1, value: 21 }]
    resources:
      - { name: cpu, capacity: "28", allocatable: "27", available: "10" }
      - { name: memory, capacity: "270000000000", allocatable: "260000000000", available: "1" }
  - name: node-1
    type: Node
    costs: [{ name: node-0, value: 21 }, { name: node-1, value: 10 }]
    resources: [{ name: nvidia.com/gpu, capacity: "4", allocatable: "4", available: "4" }]
`,
  resourceSlice: `apiVersion: resource.k8s.io/v1beta1
kind: ResourceSlice
metadata: { name: worker-a-gpu }
spec:
  driver: gpu.nvidia.com
  nodeName: worker-a
  pool: { name: worker-a, generation: 1, resourceSliceCount: 1 }
  devices:
    - name: gpu-0
      basic:
        attributes:
          type: { string: gpu }
          uuid: { string: GPU-01234567-89ab-cdef-0123-456789abcdef }
          productName: { string: NVIDIA H100 80GB HBM3 }
          resource.kubernetes.io/pcieRoot: { string: "pci0000:15" }
          dra.net/numaNode: { int: 0 }
          dra.net/pciAddress: { string: "0000:1b:00.0" }
        capacity: { memory: { value: 81559Mi } }
    - name: gpu-0-mig-9-4-4
      basic:
        attributes:
          type: { string: mig }
          uuid: { string: MIG-dc34c2fd-4bd7-52ad-a6d0-645dcd1794e4 }
          parentUUID: { string: GPU-01234567-89ab-cdef-0123-456789abcdef }
          profile: { string: 3g.40gb }
        capacity: { memory: { value: 40448Mi } }
`,
};
