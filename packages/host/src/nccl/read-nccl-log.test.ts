import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ncclTopology } from "@evenkeel/core/nccl/print-topology.ts";
import { smallTopology, wideTopology } from "@evenkeel/core/testing/topology/arbitrary-machine.ts";
import { catalog, catalogMachine } from "@evenkeel/core/topology/catalog/catalog.ts";
import { interconnects } from "@evenkeel/core/topology/interconnect.ts";
import { isStandIn } from "@evenkeel/core/topology/stand-in.ts";
import type { Topology } from "@evenkeel/core/topology/topology.ts";
import { writeXml } from "@evenkeel/core/xml/write.ts";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { corpus } from "../../testing/corpus.ts";
import { codedError } from "../../testing/expect-error.ts";
import { logOf } from "../../testing/nccl/log-of.ts";
import { readAnyText } from "../source/read-any-text.ts";
import { readNccl } from "./read-nccl.ts";
import { readNcclLog } from "./read-nccl-log.ts";

/** RCCL's own form, with a device that holds its GPU, and PCI switches. */
const rccl = `mac:1:7 [1] NCCL INFO === System : maxBw 24.0 totalBw 48.0 ===
mac:1:7 [1] NCCL INFO CPU/0-a (1/2/4)
mac:1:7 [1] NCCL INFO + PCI[12.0] - PCI/0-7000 (10b5874710b58747)
mac:1:7 [1] NCCL INFO               + PCI[12.0] - DEV/0-b000 (100266a3106b0203)
mac:1:7 [1] NCCL INFO                             + LOC[5000.0] - GPU/0-b000
mac:1:7 [1] NCCL INFO                             + XGMI[24.0] - DEV/0-e000
mac:1:7 [1] NCCL INFO               + PCI[12.0] - DEV/0-e000 (100266a3106b0203)
mac:1:7 [1] NCCL INFO                             + LOC[5000.0] - GPU/0-e000
mac:1:7 [1] NCCL INFO                             + XGMI[24.0] - DEV/0-b000
mac:1:7 [1] NCCL INFO + PCI[24.0] - NIC/0-118010
mac:1:7 [1] NCCL INFO               + NET[12.5] - NET/0-0 (0/64300003fd7010/1/12.500000)
mac:1:7 [1] NCCL INFO               + NET[12.5] - NET/0-1 (0/64300003fd7010/2/12.500000)
mac:1:7 [1] NCCL INFO ==========================================
`;

test("a log has GPUs, NICs with their ports, switches, nodes and links", () => {
  const names =
    "mac:1:1 [0] NCCL INFO NET/IB : Using [0]mlx5_0:1/IB [1]mlx5_1:2/IB [RO]; OOB en0:1.2.3.4<0>\n";
  const topology = readNcclLog(names + rccl, "x");
  expect([topology.name, topology.machine.architecture]).toEqual(["mac", "x86_64"]);
  expect(topology.nodes.map(({ id, cpus, hugepages }) => [id, cpus, hugepages])).toEqual([
    [10, null, null],
  ]);
  expect(
    topology.pci
      .filter(({ address }) => !isStandIn(address))
      .map(({ address, vendor, device, node }) => [address, vendor, device, node]),
  ).toEqual([
    ["0000:07:00.0", "10b5", "8747", 10],
    ["0000:0b:00.0", "1002", "66a3", 10],
    ["0000:0e:00.0", "1002", "66a3", 10],
    ["0001:18:01.0", null, null, 10],
  ]);
  expect(interconnects(topology)("0000:0b:00.0", "0000:0e:00.0")).toBe("XGMI#");
  expect(topology.links.map(({ a, b, kind, lanes }) => [a, b, kind, lanes])).toEqual([
    ["0000:0b:00.0", "0000:0e:00.0", "xgmi", null],
  ]);
  const guid = "0x64300003fd7010";
  expect(topology.nics).toEqual([
    {
      address: "0001:18:01.0",
      name: "mlx5_0",
      rdma: true,
      ports: [
        { name: "mlx5_0", port: 1, bytesPerSecond: 12.5e9, guid },
        { name: "mlx5_1", port: 2, bytesPerSecond: 12.5e9, guid },
      ],
    },
  ]);
});

test("nccl-tests' list names the GPUs of a host, and the other hosts are noted", () => {
  const notes: string[] = [];
  const tree = (host: string, bus: string): string =>
    `${host}:1:2 [0] NCCL INFO CPU/1 (3/0/0)\n${host}:1:2 [0] NCCL INFO + PCI[24.0] - GPU/${bus}000 (0)\n`;
  const list = ["a", "b"]
    .map(
      (host) => `#  Rank  0 Group  0 Pid 1 on  ${host} device  0 [0000:81:00] NVIDIA H200 ${host}`,
    )
    .join("\n");
  const topology = readNcclLog(`${list}\n${tree("b", "81")}${tree("a", "21")}`, "x", (note) =>
    notes.push(note),
  );
  expect(topology.accelerators.map(({ address, model }) => [address, model])).toEqual([
    ["0000:81:00.0", "H200 b"],
  ]);
  expect([topology.name, topology.machine.architecture]).toEqual(["b", "aarch64"]);
  expect(notes).toEqual([
    "the output of NCCL in x is not whole: it lacks the end of a topology",
    "the output of NCCL in x also has its estimates of bandwidths and its paths, " +
      "the topology of host a: not used",
  ]);
});

test("an unknown node is none, and a NIC that is no PCI function is left out", () => {
  const topology = readNcclLog(
    `=== System : maxBw 0.3 totalBw 12.0 ===
CPU/FFFFFFFFFFFFFFFF (1/1/1)
+ PCI[5000.0] - NIC/0
                + NET[0.3] - NET/0 (6216a3feff3e16f8/1/0.312500)
+ PCI[12.0] - GPU/80 (0)
              + NVL[20.0] - CPU/0
              + C2C[372.6] - CPU/0
==========================================`,
    "x",
  );
  expect(topology.nodes).toEqual([]);
  expect(topology.nics).toEqual([]);
  expect(topology.accelerators.map(({ address, c2c }) => [address, c2c])).toEqual([
    ["0000:00:08.0", true],
  ]);
});

test("without a topology a log has the GPUs of the ranks, on no known node", () => {
  const init = (rank: number, bus: string): string =>
    `a:1:${rank} [0] NCCL INFO comm 0x1 rank ${rank} nranks 2 cudaDev 0 nvmlDev 0 busId ${bus} commId 0x2 - Init START`;
  const topology = readNcclLog(
    [init(0, "47000"), init(1, "4e000"), init(1, "4e000")].join("\n"),
    "x",
  );
  expect(topology.accelerators.map(({ address }) => address)).toEqual([
    "0000:47:00.0",
    "0000:4e:00.0",
  ]);
  expect(topology.nodes).toEqual([]);
});

test("logs that do not tell what is below what, or nothing, are refused with what would help", async () => {
  const refused = async (text: string): Promise<string> =>
    (await codedError("text-unexpected", () => readNcclLog(text, "x"))).message;
  expect(await refused(rccl.replaceAll(/INFO +/g, "INFO "))).toMatch(/lost the blanks/);
  expect(await refused(`${rccl}${rccl.replaceAll("/0-", "/1-")}`)).toMatch(/2 hosts/);
  expect(await refused("a:1:2 [0] NCCL INFO Using network IB\n")).toMatch(/tells of no device/);
});

/** What the log of a file's topology can say: no CPUs, no speeds of PCI links, no lanes. */
function sayable(topology: Topology): unknown {
  const of = interconnects({ ...topology, links: [] });
  const devices = [...topology.accelerators, ...topology.nics].map(({ address }) => address);
  return {
    nodes: topology.nodes.map(({ id }) => id),
    pci: topology.pci
      .filter(({ address }) => !isStandIn(address))
      .map(({ address, node }) => ({ address, node })),
    accelerators: topology.accelerators.map(({ address }) => address),
    nics: topology.nics.map(({ address, ports }) => [
      address,
      (ports ?? []).map(({ bytesPerSecond, port }) => [bytesPerSecond, port]),
    ]),
    classes: devices.map((a) => devices.map((b) => (a === b ? "X" : of(a, b)))),
    links: topology.links.map(({ a, b, kind }) => ({ a, b, kind })),
  };
}

/** Several ranks' lines of one log, in an order that keeps that of each rank. */
function interleaved(ranks: readonly (readonly string[])[], picks: readonly number[]): string {
  const left = ranks.map((lines) => [...lines]);
  const lines: string[] = [];
  for (let i = 0; left.some((rest) => rest.length > 0); i++) {
    const waiting = left.filter((rest) => rest.length > 0);
    const pick = picks.length === 0 ? i : picks[i % picks.length];
    const next = waiting[Number(pick) % waiting.length];
    lines.push(next?.shift() ?? "");
  }
  return lines.join("\n");
}

test("whatever NCCL knows of a machine is read from its log as from its file", () => {
  const hasDevices = ({ accelerators, nics }: Topology): boolean =>
    accelerators.length + nics.length > 0;
  const machines = fc.oneof(
    smallTopology,
    wideTopology,
    fc.constantFrom(...catalog.map(({ name }) => name)).map((name) => {
      const machine = catalogMachine(name);
      if (machine === null) throw new Error("not in the catalog");
      return machine;
    }),
  );
  fc.assert(
    fc.property(
      machines.filter(hasDevices),
      fc.option(fc.nat(3)),
      fc.array(fc.nat(2), { maxLength: 7 }),
      fc.constantFrom("", "[1,0]<stdout>:", "worker-0: ", "2025-03-04T05:06:07.123Z "),
      (topology, number, picks, before) => {
        const file = ncclTopology(topology);
        const ranks = [0, 1, 2].map((rank) =>
          logOf(file, number).map((line) => `${before}h:1:${rank} [${rank}] NCCL INFO ${line}`),
        );
        const fromFile = readNccl(writeXml(file, '"'), "file");
        const fromLog = readNcclLog(interleaved(ranks, picks), "log");
        expect(sayable(fromLog)).toEqual(sayable(fromFile));
      },
    ),
    { numRuns: 300 },
  );
});

test("a log is recognized in any text, with what stands above it", async () => {
  const list = "#  Rank  0 Group  0 Pid 1 on  mac device  0 [0000:0b:00] AMD Instinct MI50";
  const text = `Hi, slow:\n\n\`\`\`\n${list}\n${rccl}\`\`\`\n`;
  const parseTopology = (): never => {
    throw new Error("no document");
  };
  const { accelerators } = await readAnyText(text, "x", { parseTopology });
  expect(accelerators.map(({ address }) => address)).toEqual(["0000:0b:00.0", "0000:0e:00.0"]);
});

test.skipIf(corpus("field") === null)("a log from nccl-tests has its GPU on node 1", () => {
  const name = "03-nccl-debug-graph-log.txt";
  const topology = readNcclLog(readFileSync(join(corpus("field") ?? "", name), "utf8"), name);
  const nodeOf = (address: string): unknown =>
    topology.pci.find((device) => device.address === address)?.node;
  expect(
    topology.accelerators.map(({ address, model }) => [address, model, nodeOf(address)]),
  ).toEqual([["0000:81:00.0", "A100-PCIE-40GB", 1]]);
  expect(
    topology.nics.map(({ address, name: own, ports }) => [
      address,
      own,
      nodeOf(address),
      ports?.map(({ bytesPerSecond }) => bytesPerSecond),
    ]),
  ).toEqual([
    ["0000:21:00.0", "mlx5_0", 0, [3.125e9]],
    ["0000:d1:00.0", "mlx5_2", 1, [25e9]],
  ]);
});
