/**
 * Outputs of tools that measure, made up in the forms that the tools print: no figure is of a real
 * machine.
 */
const head = (flag: string): string =>
  `Intel(R) Memory Latency Checker - v3.9a\nCommand line parameters: ${flag}\n\n` +
  "Using buffer size of 2000.000MiB\n";

const latencies = `Measuring idle latencies (in ns)...
\t\tNuma node
Numa node\t     0\t     1\t
       0\t  91.5\t 152.5\t
       1\t 153.0\t  90.5\t
`;

const bandwidths = `Measuring Memory Bandwidths between nodes within system 
Bandwidths are in MB/sec (1 MB/sec = 1,000,000 Bytes/sec)
Using all the threads from each core if Hyper-threading is enabled
Using Read-only traffic type
\t\tNuma node
Numa node\t     0\t     1\t
       0\t100000.5\t40000.5\t
       1\t41000.5\t101000.5\t
`;

const totals = `Measuring Peak Injection Memory Bandwidths for the system
Bandwidths are in MB/sec (1 MB/sec = 1,000,000 Bytes/sec)
Using all the threads from each core if Hyper-threading is enabled
Using traffic with the following read-write ratios
ALL Reads        :\t200100.5\t
3:1 Reads-Writes :\t190100.5\t
2:1 Reads-Writes :\t180100.5\t
1:1 Reads-Writes :\t170100.5\t
Stream-triad like:\t160100.5\t
`;

const loaded = `Measuring Loaded Latencies for the system
Using all the threads from each core if Hyper-threading is enabled
Using Read-only traffic type
Inject\tLatency\tBandwidth
Delay\t(ns)\tMB/sec
==========================
 00000\t300.50\t 199000.5
 00100\t150.25\t 180000.5
 01000\t 99.75\t  30000.5
 20000\t 92.25\t   2000.5
`;

const caches = `Measuring cache-to-cache transfer latency (in ns)...
Local Socket L2->L2 HIT  latency\t49.5
Remote Socket L2->L2 HITM latency (data address homed in writer socket)
\t\t\tReader Numa Node
Writer Numa Node     0\t     1\t
            0\t     -\t 111.5\t
            1\t 112.5\t     -\t
`;

export const mlcTexts = {
  all: `Intel(R) Memory Latency Checker - v3.11b
${[latencies, totals, bandwidths, loaded, caches].join("\n")}`,
  latencyMatrix: head("--latency_matrix") + latencies,
  bandwidthMatrix: head("--bandwidth_matrix") + bandwidths,
  loadedLatency: head("--loaded_latency") + loaded,
  peakBandwidth: head("--peak_injection_bandwidth") + totals,
  maxBandwidth: head("--max_bandwidth") + totals.replace("Peak Injection", "Maximum"),
  idleLatency: `${head("--idle_latency -j1")}Each iteration took 230.1 base frequency clocks (\t100.5\tns)\n`,
} as const;

export const streamText = `-------------------------------------------------------------
STREAM version $Revision: 5.10 $
-------------------------------------------------------------
Each kernel will be executed 10 times.
Number of Threads requested = 24
Number of Threads counted = 24
-------------------------------------------------------------
Function    Best Rate MB/s  Avg time     Min time     Max time
Copy:          100000.0     0.020000     0.016000     0.040000
Scale:          99000.0     0.020000     0.018000     0.030000
Add:           110000.0     0.030000     0.027000     0.036000
Triad:         111000.0     0.030000     0.027000     0.036000
-------------------------------------------------------------
`;

export const latMemRdText = `"stride=64
0.00049 1.250
64.00000 20.000

"stride=256
0.00049 1.250
0.03125 1.251
1.00000 4.500
32.00000 60.000
64.00000 95.000
128.00000 98.000
256.00000 100.000
512.00000 101.000
`;

const matrix = (rows: readonly string[]): string =>
  `           0         1\n${rows.map((row, i) => ` ${i}    ${row}`).join("\n")}\n`;

export const nvbandwidthText = `nvbandwidth Version: v0.8
Built from Git version: v0.8

CUDA Runtime Version: 12080
Driver Version: 570.00.00

gpu-01
Device 0: NVIDIA Made-up GPU (00000000:1B:00)
Device 1: NVIDIA Made-up GPU (00000000:9A:00)

Running host_to_device_memcpy_ce.
memcpy CE CPU(row) -> GPU(column) bandwidth (GB/s)
${matrix(["55.25     45.25"])}
SUM host_to_device_memcpy_ce 100.50
COEFFICIENT_OF_VARIATION host_to_device_memcpy_ce 0.00

Running device_to_host_memcpy_ce.
memcpy CE CPU(row) <- GPU(column) bandwidth (GB/s)
${matrix(["54.25     44.25"])}
SUM device_to_host_memcpy_ce 98.50

Running host_to_device_bidirectional_memcpy_ce.
memcpy CE CPU(row) <-> GPU(column) bandwidth (GB/s)
${matrix(["33.25     32.25"])}
SUM host_to_device_bidirectional_memcpy_ce 65.50

Running device_to_device_memcpy_read_ce.
memcpy CE GPU(row) -> GPU(column) bandwidth (GB/s)
${matrix(["  N/A    271.25", "272.25       N/A"])}
SUM device_to_device_memcpy_read_ce 543.50

Running device_to_device_bidirectional_memcpy_read_ce.
memcpy CE GPU(row) <-> GPU(column) Total bandwidth (GB/s)
${matrix(["  N/A    511.25", "512.25       N/A"])}
SUM device_to_device_bidirectional_memcpy_read_ce_total 1023.50

Running host_to_all_memcpy_ce.
memcpy CE CPU(row) -> GPU(column) bandwidth (GB/s)
${matrix(["50.25     40.25"])}
SUM host_to_all_memcpy_ce 90.50

Waived: 
Running host_to_device_memcpy_sm.
memcpy SM CPU(row) -> GPU(column) bandwidth (GB/s)
${matrix(["55.75     45.75"])}
SUM host_to_device_memcpy_sm 101.50

Running device_to_device_latency_sm.
Device to Device Latency SM GPU(row) <-> GPU(column) latency (ns)
${matrix(["  N/A    771.25", "772.25       N/A"])}
SUM device_to_device_latency_sm 1543.50
`;

export const nvbandwidthJson = JSON.stringify(
  {
    nvbandwidth: {
      "CUDA Driver Version": 12080,
      "CUDA Runtime Version": 12080,
      "Driver Version": "570.00.00",
      "GPU Device list": [
        "0: NVIDIA Made-up GPU (00000000:1B:00)",
        "1: NVIDIA Made-up GPU (00000000:9A:00)",
      ],
      git_version: "v0.8",
      testcases: [
        {
          name: "host_to_device_memcpy_ce",
          status: "Passed",
          bandwidth_description: "memcpy CE CPU(row) -> GPU(column) bandwidth (GB/s)",
          bandwidth_matrix: [["55.25", "45.25"]],
          sum: 100.5,
        },
        { name: "device_to_device_memcpy_read_ce", status: "Waived" },
        {
          name: "device_to_host_memcpy_ce",
          status: "Passed",
          bandwidth_description: "memcpy CE CPU(row) <- GPU(column) bandwidth (GB/s)",
          bandwidth_matrix: [["54.25", "44.25"]],
          sum: 98.5,
        },
      ],
    },
  },
  null,
  4,
);

export const p2pText = `[P2P (Peer-to-Peer) GPU Bandwidth Latency Test]
Device: 0, NVIDIA Made-up GPU, pciBusID: 3b, pciDeviceID: 0, pciDomainID:0
Device: 1, NVIDIA Made-up GPU, pciBusID: d8, pciDeviceID: 0, pciDomainID:1
Device=0 CAN Access Peer Device=1
Device=1 CAN Access Peer Device=0

P2P Connectivity Matrix
     D\\D     0     1
     0\t     1     1
     1\t     1     1
Unidirectional P2P=Disabled Bandwidth Matrix (GB/s)
   D\\D     0      1 
     0 900.25  11.25 
     1  12.25 901.25 
Unidirectional P2P=Enabled Bandwidth (P2P Writes) Matrix (GB/s)
   D\\D     0      1 
     0 900.25 271.25 
     1 272.25 901.25 
Bidirectional P2P=Enabled Bandwidth Matrix (GB/s)
   D\\D     0      1 
     0 900.25 511.25 
     1 512.25 901.25 
P2P=Enabled Latency (P2P Writes) Matrix (us)
   GPU     0      1 
     0   3.25   2.25 
     1   2.75   3.75 

   CPU     0      1 
     0   2.05   1.45 
     1   1.55   2.15 

NOTE: The CUDA Samples are not meant for performance measurements.
`;

export const bandwidthTestText = `[CUDA Bandwidth Test] - Starting...
Running on...

 Device 1: Made-up GPU
 Quick Mode

 Host to Device Bandwidth, 1 Device(s)
 PINNED Memory Transfers
   Transfer Size (Bytes)\tBandwidth(GB/s)
   32000000\t\t\t12.5

 Device to Host Bandwidth, 1 Device(s)
 PINNED Memory Transfers
   Transfer Size (Bytes)\tBandwidth(GB/s)
   32000000\t\t\t13.5

 Device to Device Bandwidth, 1 Device(s)
 PINNED Memory Transfers
   Transfer Size (Bytes)\tBandwidth(GB/s)
   32000000\t\t\t555.5

Result = PASS
`;

export const gpuCopyText = `cpu_to_gpu0_by_sm_under_numa0 25.25
cpu_to_gpu0_by_dma_under_numa0 26.25
gpu0_to_cpu_by_dma_under_numa0 24.25
gpu0_to_gpu0_by_sm 682.5
gpu0_to_gpu1_write_by_sm 258.25
gpu0_to_gpu1_read_by_dma 275.25
cpu_to_gpu0_by_dma_under_numa1 20.25
cpu_and_gpu0_by_dma_under_numa0 49.25
gpu0_and_gpu1_write_by_dma 531.25
`;

export const hipText = `Device:Device 738c Mem=32.0GB #CUs=120 Freq=1502Mhz  MallocMode=pinned
                   test        atts        units        median  mean    stddev  min     max
   H2D_Bandwidth_pinned         1kB       GB/sec        0.0400  0.0400  0.0017  0.0189  0.0434
   H2D_Bandwidth_pinned    131072kB       GB/sec        25.0000 24.9000 0.2601  24.0000 25.5000
   H2D_Bandwidth_pinned    524288kB       GB/sec        26.0000 25.9000 0.1586  25.0000 26.5000
         H2D_Timepinned         1kB           ms        0.0242  0.0244  0.0016  0.0230  0.0530
`;

export const rocmText = `....
          RocmBandwidthTest Version: 2.6.0

          Device: 0,  Made-up EPYC
          Device: 1,  Made-up EPYC
          Device: 2,  Made-up Instinct,  GPU-06c9d21390bc2e70,  05:0.0
          Device: 3,  Made-up Instinct,  GPU-8b193c69a6fe8e9b,  85:0.0

          Inter-Device Access

          D/D       0         1         2         3         

          0         1         1         1         1         

          Unidirectional copy peak bandwidth GB/s

          D/D       0           1           2           3           

          0         N/A         N/A         28.100      27.100      

          1         N/A         N/A         26.100      29.100      

          2         28.200      26.200      900.100     45.100      

          3         27.200      29.200      46.100      901.100     


          Bidirectional copy peak bandwidth GB/s

          D/D       0           1           2           3           

          0         N/A         N/A         45.500      44.500      

          1         N/A         N/A         43.500      46.500      

          2         45.500      43.500      N/A         85.100      

          3         44.500      46.500      85.100      N/A         
`;

/** All of them. */
export const measurementTexts: readonly string[] = [
  ...Object.values(mlcTexts),
  streamText,
  latMemRdText,
  nvbandwidthText,
  nvbandwidthJson,
  p2pText,
  bandwidthTestText,
  gpuCopyText,
  hipText,
  rocmText,
];
