/** Further forms of listings, for mutation: lstopo, lscpu with its caches, paths of lspci. */
export const listingTexts = {
  lstopo: `Machine (62GB total)
  Package L#0
    NUMANode L#0 (P#0 31GB)
    L3 L#0 (32MB)
      L2 L#0 (1024KB) + L1d L#0 (48KB) + L1i L#0 (32KB) + Core L#0
        PU L#0 (P#0)
        PU L#1 (P#2)
    HostBridge
      PCIBridge
        PCI 3b:00.0 (3D)
        2 x { PCI 3b:00.1-2 (Ethernet) }
          Net "eth0"
  Package L#1
    NUMANode L#1 (P#1 31GB)
    L3 L#1 (32MB) + L2 L#1 (1024KB) + Core L#1 + PU L#2 (P#1)
`,
  lstopoVerbose: `Machine (P#0 total=3145728KB DMIProductName="Altus")
  NUMANode L#0 (P#3 local=1048577KB total=1048577KB)
    Socket L#0 (P#7 CPUModel="AMD EPYC 7401")
      L3Cache L#0 (size=8192KB linesize=64 ways=16 Inclusive=0)
        Core L#0 (P#0)
          PU L#0 (P#0)
    HostBridge L#0 (P#0 buses=0000:[00-07])
      PCIBridge L#1 (P#17 busid=0000:00:01.1 id=1022:1453 class=0604(PCIBridge) buses=0000:[01-01])
        PCI L#0 (P#4096 busid=0000:01:00.0 id=10de:2330 class=0302(3D) link=15.75GB/s)
`,
  lscpuCaches: `Architecture: x86_64
On-line CPU(s) list: 0-3
Thread(s) per core: 2
Core(s) per socket: 1
Socket(s): 2
L3 cache: 44 MiB (2 instances)
NUMA node(s): 2
NUMA node0 CPU(s): 0,
2
NUMA node1 CPU(s): 1,3

CPU NODE SOCKET CORE L1d:L1i:L2:L3 ONLINE
  0    0      0    0 0:0:0:0          yes
  1    1      1    1 1:1:1:1          yes
  2    0      0    0 0:0:0:0          yes
  3    1      1    1 1:1:1:1          yes

NAME ONE-SIZE ALL-SIZE WAYS TYPE        LEVEL  SETS PHY-LINE COHERENCY-SIZE
L3        22M      44M   11 Unified         3 32768        1             64
`,
  lspciPaths: `15:01.0 PCI bridge: Intel Corporation Device 352a
\tBus: primary=15, secondary=16, subordinate=17, sec-latency=0
15:01.0/00.0 PCI bridge: Broadcom / LSI PEX890xx
00: 00 10 30 c0 07 04 10 00 04 00 04 06 10 00 01 00
10: 00 00 00 00 00 00 00 00 16 17 17 00 f0 00 00 20
15:01.0/16:00.0/17:00.0 3D controller [0302]: NVIDIA Corporation GH100 [10de:2330]
`,
} as const;
