/**
 * By their commands, outputs of tools about one machine: two nodes of two CPUs, a GPU and a NIC
 * beside each. For
 * tests that glue and decorate them as people do.
 */
export const outputs: Readonly<Record<string, string>> = {
  numactl: `available: 2 nodes (0-1)
node 0 cpus: 0 1
node 0 size: 1024 MB
node 0 free: 7 MB
node 1 cpus: 2 3
node 1 size: 2048 MB
node 1 free: 9 MB
node distances:
node   0   1
  0:  10  21
  1:  21  10
`,
  lscpu: `Architecture:                    x86_64
CPU op-mode(s):                  32-bit, 64-bit
Byte Order:                      Little Endian
CPU(s):                          4
On-line CPU(s) list:             0-3
Vendor ID:                       AuthenticAMD
Model name:                      AMD EPYC 9654 96-Core Processor
Thread(s) per core:              1
Core(s) per socket:              2
Socket(s):                       2
L1d cache:                       128 KiB
L3 cache:                        64 MiB
NUMA node(s):                    2
NUMA node0 CPU(s):               0,1
NUMA node1 CPU(s):               2,3
Vulnerability Spectre v2:        Mitigation; Retpolines
Flags:                           fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge
`,
  "lscpu -p": `# The following is the parsable format, which can be fed to other
# programs. Each different item in every column has an unique ID
# starting usually from zero.
# CPU,Core,Socket,Node,,L1d,L1i,L2,L3
0,0,0,0,,0,0,0,0
1,1,0,0,,1,1,1,0
2,2,1,1,,2,2,2,1
3,3,1,1,,3,3,3,1
`,
  "lscpu -e": `CPU NODE SOCKET CORE L1d:L1i:L2:L3 ONLINE
  0    0      0    0 0:0:0:0          yes
  1    0      0    1 1:1:1:0          yes
  2    1      1    2 2:2:2:1          yes
  3    1      1    3 3:3:3:1          yes
`,
  "lscpu -J": `{
   "lscpu": [
      {
         "field": "Architecture:",
         "data": "x86_64"
      },{
         "field": "CPU(s):",
         "data": "4"
      },{
         "field": "On-line CPU(s) list:",
         "data": "0-3"
      },{
         "field": "Thread(s) per core:",
         "data": "1"
      },{
         "field": "NUMA node(s):",
         "data": "2"
      },{
         "field": "NUMA node0 CPU(s):",
         "data": "0,1"
      },{
         "field": "NUMA node1 CPU(s):",
         "data": "2,3"
      }
   ]
}
`,
  "nvidia-smi topo -m": `\tGPU0\tGPU1\tNIC0\tNIC1\tCPU Affinity\tNUMA Affinity\tGPU NUMA ID
GPU0\t X \tNV4\tPIX\tSYS\t0-1\t0\t\tN/A
GPU1\tNV4\t X \tSYS\tPIX\t2-3\t1\t\tN/A
NIC0\tPIX\tSYS\t X \tSYS
NIC1\tSYS\tPIX\tSYS\t X

Legend:

  X    = Self
  SYS  = Connection traversing PCIe as well as the SMP interconnect between NUMA nodes
  NV#  = Connection traversing a bonded set of # NVLinks

NIC Legend:

  NIC0: mlx5_0
  NIC1: mlx5_1
`,
  "nvidia-smi -L": `GPU 0: NVIDIA L40S (UUID: GPU-01234567-89ab-cdef-0123-456789abcdef)
GPU 1: NVIDIA L40S (UUID: GPU-11234567-89ab-cdef-0123-456789abcdef)
`,
  "nvidia-smi -q": `==============NVSMI LOG==============

Timestamp                                 : Mon Jan  6 10:00:00 2025
Driver Version                            : 550.54.15

Attached GPUs                             : 2
GPU 00000000:1B:00.0
    Product Name                          : NVIDIA L40S
    GPU UUID                              : GPU-01234567-89ab-cdef-0123-456789abcdef
    FB Memory Usage
        Total                             : 46068 MiB

GPU 00000000:3D:00.0
    Product Name                          : NVIDIA L40S
    GPU UUID                              : GPU-11234567-89ab-cdef-0123-456789abcdef
    FB Memory Usage
        Total                             : 46068 MiB

`,
  "lspci -nn": `1b:00.0 3D controller [0302]: NVIDIA Corporation AD102GL [L40S] [10de:26b9] (rev a1)
1c:00.0 Ethernet controller [0200]: Mellanox Technologies MT2910 Family [ConnectX-7] [15b3:1021]
3d:00.0 3D controller [0302]: NVIDIA Corporation AD102GL [L40S] [10de:26b9] (rev a1)
3e:00.0 Ethernet controller [0200]: Mellanox Technologies MT2910 Family [ConnectX-7] [15b3:1021]
`,
  "lspci -Dvvnn": `0000:1b:00.0 3D controller [0302]: NVIDIA Corporation AD102GL [L40S] [10de:26b9] (rev a1)
\tSubsystem: NVIDIA Corporation Device [10de:1851]
\tNUMA node: 0
\tIOMMU group: 40
\tLnkCap:\tPort #0, Speed 16GT/s, Width x16
\tKernel driver in use: nvidia

0000:3d:00.0 3D controller [0302]: NVIDIA Corporation AD102GL [L40S] [10de:26b9] (rev a1)
\tNUMA node: 1
\tIOMMU group: 41
\tKernel driver in use: nvidia

`,
  "lspci -vmm": `Slot:\t1b:00.0
Class:\t3D controller
Vendor:\tNVIDIA Corporation
Device:\tAD102GL [L40S]
NUMANode:\t0

Slot:\t3d:00.0
Class:\t3D controller
Vendor:\tNVIDIA Corporation
Device:\tAD102GL [L40S]
NUMANode:\t1

`,
  "lspci -t": `-+-[0000:3c]---01.0-[3d]----00.0
 \\-[0000:1a]---01.0-[1b]----00.0
`,
  "cat topo.xml": `<system version="1">
  <cpu numaid="0" affinity="00000003" arch="x86_64" vendor="AuthenticAMD" familyid="143" modelid="1">
    <pci busid="0000:1b:00.0" class="0x030200" vendor="0x10de" device="0x26b9">
      <gpu dev="0" sm="89" rank="0"/>
    </pci>
  </cpu>
  <cpu numaid="1" affinity="0000000c" arch="x86_64" vendor="AuthenticAMD" familyid="143" modelid="1">
    <pci busid="0000:3d:00.0" class="0x030200" vendor="0x10de" device="0x26b9">
      <gpu dev="1" sm="89" rank="1"/>
    </pci>
  </cpu>
</system>
`,
  "kubectl get resourceslices -o yaml": `apiVersion: resource.k8s.io/v1
kind: ResourceSlice
metadata:
  name: node1-gpu
spec:
  driver: gpu.nvidia.com
  nodeName: node1
  devices:
  - name: gpu-0
    attributes:
      productName:
        string: NVIDIA L40S
      resource.kubernetes.io/pciBusID:
        string: "0000:1b:00.0"
      uuid:
        string: GPU-01234567-89ab-cdef-0123-456789abcdef
  - name: gpu-1
    attributes:
      productName:
        string: NVIDIA L40S
      resource.kubernetes.io/pciBusID:
        string: "0000:3d:00.0"
      uuid:
        string: GPU-11234567-89ab-cdef-0123-456789abcdef
`,
};

/** Outputs of programs that are not read, and the name that each gets. */
export const strangers: Readonly<Record<string, string>> = {
  "the output of free": `               total        used        free      shared  buff/cache   available
Mem:            7945        2210         812          11        4922        5467
Swap:              0           0           0
`,
  "the output of numastat": `                           node0           node1
numa_hit                 4181820         1181820
numa_miss                      0               0
`,
  "the output of numactl --show": `policy: default
preferred node: current
physcpubind: 0 1 2 3
cpubind: 0 1
nodebind: 0 1
membind: 0 1
`,
  "the output of ip": `1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq state UP group default qlen 1000
`,
  "the output of ibstat": `CA 'mlx5_0'
\tCA type: MT4129
\tNumber of ports: 1
\tPort 1:
\t\tState: Active
`,
  "the output of nvidia-smi dmon": `# gpu    pwr  gtemp  mtemp     sm    mem    enc    dec   mclk   pclk
# Idx      W      C      C      %      %      %      %    MHz    MHz
    0     36     32      -      0      0      0      0   9000    210
`,
  "the output of dmidecode": `# dmidecode 3.4
Getting SMBIOS data from sysfs.
Handle 0x0100, DMI type 1, 27 bytes
System Information
\tManufacturer: Supermicro
`,
  "the output of lsblk": `NAME        MAJ:MIN RM   SIZE RO TYPE MOUNTPOINTS
nvme0n1     259:0    0 894.3G  0 disk
\u251c\u2500nvme0n1p1 259:1    0   512M  0 part /boot/efi
`,
  "/proc/cpuinfo": `processor\t: 0
vendor_id\t: GenuineIntel
cpu family\t: 6
model name\t: Intel(R) Xeon(R) Platinum 8480C
`,
  "/proc/meminfo": `MemTotal:        8136104 kB
MemFree:          812332 kB
`,
  "a kernel's log (dmesg)": `Linux version 6.1.0-18-amd64 (debian-kernel@lists.debian.org) (gcc-12)
Command line: BOOT_IMAGE=/boot/vmlinuz-6.1.0-18-amd64 root=/dev/sda1 ro quiet
BIOS-provided physical RAM map:
`,
  "a program's stack trace": `Traceback (most recent call last):
  File "/opt/train.py", line 12, in <module>
    main()
RuntimeError: NCCL error
`,
};
