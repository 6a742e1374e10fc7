import { expect, test } from "vitest";
import type { NodeDistance } from "../../cost/node-distance.ts";
import type { Interconnect } from "../../topology/interconnect.ts";
import { GiB } from "../../unit/bytes.ts";
import type {
  SignatureCell,
  SignatureCore,
  SignatureDevice,
  SignatureInput,
} from "./signature-input.ts";
import { signatureText } from "./signature-text.ts";

/** A cell of two cores, two threads each, and 16 GiB on its own node. */
const cell = (hostNode: number, change: Partial<SignatureCell> = {}): SignatureCell => ({
  hostNode,
  memoryPolicy: "strict",
  pageBytes: 2 ** 21,
  memory: [{ node: hostNode, bytes: 16 * GiB }],
  cores: [
    { node: hostNode, l3: 0, class: null, vcpus: 2, threads: 2 },
    { node: hostNode, l3: 0, class: null, vcpus: 2, threads: 2 },
  ],
  pools: [],
  ...change,
});

const gpu = (of: number, change: Partial<SignatureDevice> = {}): SignatureDevice => ({
  kind: "accelerator",
  model: null,
  vendor: "10de",
  device: "2330",
  cell: of,
  node: of,
  maxSpeedGTs: null,
  maxWidth: null,
  ...change,
});

const nic = (of: number): SignatureDevice => gpu(of, { kind: "nic", vendor: "15b3" });

/** Two nodes at distance 21, and the interconnects that `path` gives. */
function words(
  cells: readonly SignatureCell[],
  devices: readonly SignatureDevice[],
  path: (a: number, b: number) => Interconnect | null,
  change: Partial<SignatureInput> = {},
): string {
  const distance = (from: number, to: number): NodeDistance =>
    from === to
      ? { class: "local", rank: 0, slit: 10 }
      : { class: "remote", rank: 0, slit: from === 2 ? 31 : 21 };
  return signatureText({
    isolation: "core",
    cpuModel: null,
    threadsPerCore: 2,
    partitioned: false,
    nodes: [0, 1, 2].map(() => ({ memoryKind: null })),
    distances: [0, 1, 2].map((from) => [0, 1, 2].map((to) => distance(from, to))),
    cells,
    devices,
    interconnects: devices.map((_, a) => devices.map((__, b) => (a === b ? null : path(a, b)))),
    ...change,
  });
}

const pix = (): Interconnect => "PIX";

test.each<[string, string, string]>([
  [
    "a VM without devices",
    words([cell(0)], [], pix),
    "1 cell × (2 cores/4 threads, 16 GiB in 2 MiB pages)",
  ],
  [
    "a NIC without an accelerator",
    words([cell(0)], [nic(0)], pix),
    "1 cell × (2 cores/4 threads, 16 GiB in 2 MiB pages, 1 NIC)",
  ],
  [
    "NICs on the switches",
    words([cell(0)], [gpu(0), nic(0), nic(0)], pix),
    "1 cell × (2 cores/4 threads, 16 GiB in 2 MiB pages, 1 GPU, 2 NICs on their switches)",
  ],
  [
    "a NIC elsewhere",
    words([cell(0)], [gpu(0), nic(0)], () => "SYS"),
    "1 cell × (2 cores/4 threads, 16 GiB in 2 MiB pages, 1 GPU, 1 NIC at SYS)",
  ],
  [
    "unequal cells",
    words([cell(0), cell(1, { pageBytes: 4096 })], [], pix),
    "1 cell × (2 cores/4 threads, 16 GiB in 2 MiB pages) + " +
      "1 cell × (2 cores/4 threads, 16 GiB in 4 KiB pages), 21 apart",
  ],
  [
    "uneven distances",
    words([cell(0), cell(1), cell(2)], [], pix),
    "3 cells × (2 cores/4 threads, 16 GiB in 2 MiB pages), 21 to 31 apart",
  ],
  [
    "unknown distances",
    words([cell(0), cell(1)], [], pix, {
      distances: [0, 1].map(() => [0, 1].map(() => ({ class: "remote", rank: null, slit: null }))),
    }),
    "2 cells × (2 cores/4 threads, 16 GiB in 2 MiB pages), at unknown distances",
  ],
  [
    "mixed peers",
    words([cell(0)], [gpu(0), gpu(0), gpu(0)], (a, b) => (a + b > 1 ? null : "NV4")),
    "1 cell × (2 cores/4 threads, 16 GiB in 2 MiB pages, 3 GPUs), GPUs NV4/an unknown distance",
  ],
  [
    "accelerators that are no GPUs",
    words(
      [cell(0)],
      [0, 1].map(() => gpu(0, { vendor: "1234" })),
      pix,
    ),
    "1 cell × (2 cores/4 threads, 16 GiB in 2 MiB pages, 2 accelerators), accelerators PIX",
  ],
  [
    "a whole partition",
    words([cell(0)], [gpu(0), gpu(0)], () => "NV18", { partitioned: true }),
    "1 cell × (2 cores/4 threads, 16 GiB in 2 MiB pages, 2 GPUs), " +
      "GPUs NV18, a fabric partition of its own",
  ],
  [
    "half used cores",
    words(
      [cell(0, { cores: [{ node: 0, l3: null, class: null, vcpus: 1, threads: 2 }] })],
      [],
      pix,
    ),
    "1 cell × (1 core/1 of 2 threads, 16 GiB in 2 MiB pages)",
  ],
  [
    "cores of one thread",
    words(
      [cell(0, { cores: [{ node: 0, l3: null, class: null, vcpus: 1, threads: 1 }] })],
      [],
      pix,
    ),
    "1 cell × (1 core, 16 GiB in 2 MiB pages)",
  ],
  [
    "interleaved memory",
    words(
      [
        cell(0, {
          memoryPolicy: "interleave",
          memory: [0, 1].map((node) => ({ node, bytes: GiB })),
        }),
      ],
      [],
      pix,
    ),
    "1 cell × (2 cores/4 threads, 2 GiB in 2 MiB pages interleaved over 2 nodes)",
  ],
  [
    "everything astray",
    words(
      [
        cell(0, {
          memory: [
            { node: 0, bytes: 1023 * GiB },
            { node: 1, bytes: GiB },
          ],
          cores: [{ node: 1, l3: 0, class: null, vcpus: 2, threads: 2 }],
        }),
      ],
      [gpu(0, { node: 1 }), gpu(0, { node: null })],
      pix,
    ),
    "1 cell × (1 core/2 threads, 1 TiB in 2 MiB pages, 2 GPUs, 1 % of its memory elsewhere, " +
      "1 core elsewhere, 1 device elsewhere, 1 device on an unknown node), GPUs PIX",
  ],
  [
    "vCPUs that float on their own node, beyond it, across both, and where nobody knows",
    words(
      [
        cell(0, {
          cores: [],
          pools: [
            { nodes: [0], classes: [], vcpus: 1 },
            { nodes: [1], classes: [], vcpus: 2 },
            { nodes: [1, 2], classes: [], vcpus: 1 },
            { nodes: [0, 1], classes: [], vcpus: 4 },
            { nodes: [], classes: [], vcpus: 5 },
          ],
        }),
      ],
      [],
      pix,
    ),
    "1 cell × (13 floating vCPUs, 16 GiB in 2 MiB pages, 3 vCPUs elsewhere, " +
      "4 vCPUs partly elsewhere, 5 vCPUs on an unknown node)",
  ],
  [
    "a core on an unknown node",
    words(
      [cell(0, { cores: [{ node: null, l3: 0, class: null, vcpus: 2, threads: 2 }] })],
      [],
      pix,
    ),
    "1 cell × (1 core/2 threads, 16 GiB in 2 MiB pages, 1 core on an unknown node)",
  ],
])("%s", (_, text, expected) => {
  expect(text).toBe(expected);
});

test("the classes of cores are said where the machine has several", () => {
  const of = (...classes: readonly SignatureCore["class"][]): string => {
    const cores = classes.map((one) => ({ node: 0, l3: 0, class: one, vcpus: 1, threads: 1 }));
    return words([cell(0, { cores })], [], pix);
  };
  expect(of(null, null)).toContain("(2 cores, ");
  expect(of(1, 1)).toContain("(2 cores of class 1, ");
  expect(of("unknown", 1, 0, 1)).toContain(
    "(4 cores (1 of class 0, 2 of class 1, 1 of unknown class), ",
  );
  const pools = [{ nodes: [0], classes: [0, null], vcpus: 3 }];
  expect(words([cell(0, { cores: [], pools })], [], pix)).toContain(
    "(3 floating vCPUs over class 0 and unknown class, ",
  );
});
