/** Outputs of the tools of accelerators' vendors, as they print them on a small machine. */
export const vendorTexts = {
  nvidiaSmiTable: `+-----------------------------------------------------------------------------------------+
| NVIDIA-SMI 570.86.15              Driver Version: 570.86.15      CUDA Version: 12.8     |
|-----------------------------------------+------------------------+----------------------+
| GPU  Name                 Persistence-M | Bus-Id          Disp.A | Volatile Uncorr. ECC |
|=========================================+========================+======================|
|   0  NVIDIA H200                    On  |   00000000:0A:00.0 Off |                   On |
| N/A   30C    P0             75W /  700W |       4MiB / 143771MiB |      0%      Default |
|                                         |                        |              Enabled |
+-----------------------------------------+------------------------+----------------------+
| MIG devices:                                                                            |
|  0    1   0   0  |              44MiB / 71424MiB    | 60      0 |  3   0    3    0    3 |
+-----------------------------------------------------------------------------------------+
`,
  nvidiaSmiCsv: `index, name, pci.bus_id, uuid, memory.total [MiB], pcie.link.gen.max, pcie.link.width.max
0, NVIDIA L40S, 00000000:01:00.0, GPU-01234567-89ab-cdef-0123-456789abcdef, 46068 MiB, 4, 16
`,
  nvidiaSmiStates: `<nvidia_smi_log><driver_version>570.86.15</driver_version><attached_gpus>1</attached_gpus>
<gpu id="00000000:1B:00.0"><product_name>NVIDIA H100 80GB HBM3</product_name>
<persistence_mode>Enabled</persistence_mode><performance_state>P0</performance_state>
<clocks_event_reasons><clocks_event_reason_gpu_idle>Not Active</clocks_event_reason_gpu_idle>
<clocks_event_reason_sw_power_cap>Active</clocks_event_reason_sw_power_cap></clocks_event_reasons>
<utilization><gpu_util>97 %</gpu_util></utilization><ecc_mode><current_ecc>Enabled</current_ecc></ecc_mode>
<remapped_rows><remapped_row_corr>1</remapped_row_corr><remapped_row_pending>Yes</remapped_row_pending></remapped_rows>
<gpu_power_readings><power_draw>399.52 W</power_draw><current_power_limit>400.00 W</current_power_limit></gpu_power_readings>
<clocks><sm_clock>1300 MHz</sm_clock><mem_clock>2619 MHz</mem_clock></clocks>
<max_clocks><sm_clock>1980 MHz</sm_clock></max_clocks><fabric><state>Completed</state></fabric></gpu></nvidia_smi_log>
`,
  nvidiaSmiLinks: `GPU 0: NVIDIA H100 PCIe (UUID: GPU-6968dfc2-d444-d92c-c36b-6abe53445cb9)
\t Link 0: 26.562 GB/s
\t Link 1: <inactive>
`,
  nvidiaSmiPeers: `$ nvidia-smi topo -p2p n
 \tGPU0\tGPU1\t
 GPU0\tX\tOK\t
 GPU1\tNS\tX\t
`,
  amdSmi: `| AMD-SMI 26.2.0+021c61fc      amdgpu version: 6.14.14  ROCm version: 7.1.1    |
| BDF                        GPU-Name | Mem-Uti   Temp   UEC       Power-Usage |
| GPU  HIP-ID  OAM-ID  Partition-Mode | GFX-Uti    Fan               Mem-Usage |
|=====================================+========================================|
| 0000:05:00.0    AMD Instinct MI325X | 0 %      39 °C   0          142/1000 W |
|   0       0       6        SPX/NPS1 | 0 %        N/A           283/262128 MB |
|-------------------------------------+----------------------------------------|
LINK TYPE TABLE:
             0000:05:00.0 0000:26:00.0
0000:05:00.0 SELF         XGMI
0000:26:00.0 XGMI         SELF
`,
  amdSmiStatic: `GPU: 0
    ASIC:
        MARKET_NAME: AMD Instinct MI325X
        DEVICE_ID: 0x74a5
        OAM_ID: 6
    BUS:
        BDF: 0000:05:00.0
        MAX_PCIE_WIDTH: 16
        MAX_PCIE_SPEED: 32 GT/s
    VRAM:
        SIZE: 262128 MB
    NUMA:
        NODE: 0
        AFFINITY: 1
`,
  hlSmi: `| HL-SMI Version:                              hl-1.18.0-fw-53.1.1.1          |
| Driver Version:                                     1.18.0-ee698fb          |
|   0  HL-225              N/A  | 0000:44:00.0     N/A |                   0  |
| N/A   43C   N/A   264W / 600W |    672MiB / 98304MiB |     0%           N/A |
modID   CPU Affinity    NUMA Affinity
-----   ------------    -------------
0       0-39, 80-119    0
1       40-79, 120-159          1
`,
  hlSmiList: `[0] AIP (accel0) 0000:44:00.0
        Product Name                    : HL-225
        Module ID                       : 1
        PCI
                Device Id               : 0x1da31020
                AIP Link Info
                        Link Speed
                                Max     : 16GT/s
        Memory Usage
                Total                   : 98304 MB
index, module_id, bus_id, memory.total [MiB]
1, 0, 0000:19:00.0, 98304 MiB
`,
  xpuSmi: `         GPU 0/0|GPU 0/1|GPU 1/0|CPU Affinity
GPU 0/0 |S      |MDF    |XL*    |0-23,48-71
GPU 0/1 |MDF    |S      |SYS    |0-23,48-71
GPU 1/0 |XL*    |SYS    |S      |24-47,72-95
`,
  xpuSmiDiscovery: `| Device ID | Device Information |
| 0         | Device Name: Intel(R) Graphics [0x0bda] |
|           | PCI BDF Address: 0000:3a:00.0 |
|           | Memory Physical Size: 49152.00 MiB |
|           | PCIe Generation: 5 |
| 1         | Local CPU List: 24-47, |
|           | 72-95 |
`,
} as const;
