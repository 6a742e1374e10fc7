/** What jobs and agents on a cluster say of a machine, for runs without the corpus. */
export const clusterTexts = {
  ncclLog: `#  Rank  0 Group  0 Pid 1 on       a17 device  0 [0000:47:00] NVIDIA A100-SXM4-80GB
a17:1:9 [0] NCCL INFO NET/IB : Using [0]mlx5_0:1/RoCE [1]mlx5_0:2/IB [RO]; OOB eth0:10.0.0.13<0>
a17:1:9 [0] NCCL INFO === System : maxBw 240.0 totalBw 240.0 ===
a17:1:9 [0] NCCL INFO CPU/0-1 (1/2/-1)
a17:2:8 [1] NCCL INFO === System : maxBw 240.0 totalBw 240.0 ===
a17:1:9 [0] NCCL INFO + SYS[5000.0] - CPU/0-0
a17:1:9 [0] NCCL INFO + PCI[24.0] - PCI/0-40000 (1000c01010de13b8)
a17:2:8 [1] NCCL INFO CPU/0-1 (1/2/-1)
a17:1:9 [0] NCCL INFO               + PCI[24.0] - GPU/0-47000 (0)
a17:1:9 [0] NCCL INFO                             + NVL[240.0] - NVS/0-0
a17:1:9 [0] NCCL INFO                             + XGMI[48.0] - GPU/0-118000
a17:1:9 [0] NCCL INFO               + PCI[24.0] - NIC/0-43000
a17:1:9 [0] NCCL INFO                             + NET[25.0] - NET/0-0 (0/7a852d0003f6ceb8/1/25.000000)
a17:2:8 [1] NCCL INFO + PCI[24.0] - DEV/0-118000 (100266a3106b0203)
a17:2:8 [1] NCCL INFO               + LOC[5000.0] - GPU/0-118000
a17:1:9 [0] NCCL INFO ==========================================
a17:1:9 [0] NCCL INFO GPU/0-47000 :GPU/0-47000 (0/5000.000000/LOC) CPU/0-1 (1/24.000000/PHB)
a17:2:8 [1] NCCL INFO ==========================================
`,
  ncclRanks: `b:1:1 [0] NCCL INFO comm 0x1 rank 0 nranks 2 cudaDev 0 nvmlDev 0 busId 7000 commId 0x2 - Init START
b:2:2 [1] NCCL INFO comm 0x1 rank 1 nranks 2 cudaDev 1 nvmlDev 1 busId f000 commId 0x2 - Init START
`,
  resourceSlices: `apiVersion: v1
kind: List
items:
- apiVersion: resource.k8s.io/v1
  kind: ResourceSlice
  spec:
    driver: dra.cpu
    nodeName: worker-a
    devices:
    - name: cpudevnuma000
      attributes:
        dra.cpu/numCPUs: { int: 31 }
        resource.kubernetes.io/numaNode: { ints: [0] }
        resource.kubernetes.io/pcieRoot: { strings: ["pci0000:15", "pci0000:64"] }
- apiVersion: resource.k8s.io/v1
  kind: ResourceSlice
  spec:
    driver: gpu.nvidia.com
    nodeName: worker-a
    pool: { name: worker-a, generation: 2, resourceSliceCount: 2 }
    devices:
    - name: vgpu-gpu-0-12q-2
      attributes:
        type: { string: vgpu }
        profile: { string: NVIDIA L40S-12Q }
        uuid: { string: GPU-01234567-89ab-cdef-0123-456789abcdef }
        resource.kubernetes.io/pciBusID: { string: "0000:65:00.0" }
        gpuModuleID: { int: 1 }
        partition1: { int: 4 }
        deviceID: { string: "0x26b9" }
      consumesCounters:
      - counters: { framebuffer: { value: 12Gi } }
- apiVersion: resource.k8s.io/v1
  kind: ResourceSlice
  spec:
    driver: dra.memory
    devices:
    - attributes: { numaNode: { int: 0 }, pageSize: { string: 2m }, hugeTLB: { bool: true } }
      capacity: { size: { value: "1024" } }
`,
  kubernetesNode: `apiVersion: v1
kind: Node
metadata:
  name: worker-a
  labels: { nvidia.com/gpu.count: "2", nvidia.com/gpu.product: NVIDIA-H100, nvidia.com/gpu.memory: "81559" }
---
apiVersion: nfd.k8s-sigs.io/v1alpha1
kind: NodeFeature
metadata: { labels: { nfd.node.kubernetes.io/node-name: worker-a } }
spec:
  features:
    attributes: { memory.numa: { elements: { node_count: "1" } } }
    instances:
      pci.device:
        elements:
        - attributes: { class: "0302", vendor: 10de, device: "2330" }
        - attributes: { class: "0207", vendor: 15b3, device: "1021" }
`,
};
