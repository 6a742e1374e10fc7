import { expect, test } from "vitest";
import { gpuDirectIn, ncclNetworkIn } from "./gpu-direct.ts";

const at = (rank: number, message: string): string =>
  `node-1:3272${rank}:33061 [${rank}] NCCL INFO ${message}`;

test.each([
  [
    "far",
    [at(0, "GPU Direct RDMA Disabled for GPU ca000 / HCA 0 (distance 7 > 4)")],
    { enabled: false, why: "GPU Direct RDMA Disabled for GPU ca000 / HCA 0 (distance 7 > 4)" },
  ],
  [
    "far from one NIC and near to the other",
    [
      at(0, "GPU Direct RDMA Disabled for GPU 18000 / HCA 0 (distance 5 > 4)"),
      at(0, "GPU Direct RDMA Enabled for GPU 18000 / HCA 1 (distance 4 <= 4), read 0"),
    ],
    {
      enabled: true,
      why: "GPU Direct RDMA Enabled for GPU 18000 / HCA 1 (distance 4 <= 4), read 0",
    },
  ],
  [
    "one of two far",
    [
      at(0, "GPU Direct RDMA Enabled for GPU 18000 / HCA 0 (distance 4 <= 4), read 0"),
      at(1, "GPU Direct RDMA Disabled for GPU 3b000 / HCA 0 (distance 5 > 4)"),
    ],
    { enabled: false, why: "GPU Direct RDMA Disabled for GPU 3b000 / HCA 0 (distance 5 > 4)" },
  ],
  [
    "another host with a GPU of that number near",
    [
      at(0, "GPU Direct RDMA Disabled for GPU 18000 / HCA 0 (distance 7 > 4)"),
      "node-2:1:2 [0] NCCL INFO GPU Direct RDMA Enabled for GPU 18000 / HCA 0 (distance 4 <= 4)",
    ],
    { enabled: false, why: "GPU Direct RDMA Disabled for GPU 18000 / HCA 0 (distance 7 > 4)" },
  ],
  [
    "no driver",
    [
      at(0, "NET/IB : GPU Direct RDMA Disabled for HCA 0 'mlx5_0'"),
      at(0, "NET/IB : GPU Direct RDMA Disabled for HCA 1 'mlx5_1'"),
    ],
    { enabled: false, why: "GPU Direct RDMA Disabled for HCA 0 'mlx5_0'" },
  ],
  [
    "a driver by DMA-BUF",
    [at(0, "NET/IB : GPU Direct RDMA (DMABUF) enabled for HCA 0 'rocep1s0f0'")],
    { enabled: true, why: "GPU Direct RDMA (DMABUF) enabled for HCA 0 'rocep1s0f0'" },
  ],
  [
    "an old release",
    ["[1] NCCL INFO NET/IB : GPU Direct RDMA Disabled for GPU 1[1] / HCA 0 (distance 4 >= 2)"],
    { enabled: false, why: "GPU Direct RDMA Disabled for GPU 1[1] / HCA 0 (distance 4 >= 2)" },
  ],
  [
    "channels that go directly",
    [at(0, "Channel 00/0 : 0[0] -> 8[0] [send] via NET/IB/0/GDRDMA")],
    { enabled: true, why: "via NET/IB/0/GDRDMA" },
  ],
  [
    "channels that do not",
    [at(0, "Channel 00 : 0[0] -> 1[0] [receive] via NET/IB/0(1)")],
    { enabled: false, why: "via NET/IB/0(1)" },
  ],
  ["sockets", [at(0, "NET/Socket : GPU Direct RDMA Disabled for HCA 0 'eth0'")], null],
  ["another log", ["hello", at(0, "Using network IB")], null],
])("a log of %s is understood", (_what, lines, said) => {
  expect(gpuDirectIn(lines.join("\n"))).toEqual(said);
});

test.each([
  ["sockets", ["Using network Socket"], "Socket"],
  ["RDMA", ["NET/IB : Using [0]mlx5_0:1/IB [RO]", "Using network IB"], "IB"],
  ["a plugin", ["Using network AWS Libfabric"], "AWS Libfabric"],
  ["two processes, one with sockets", ["Using network IB", "Using network Socket"], "Socket"],
  ["neither", ["Using non-device net plugin version 0"], null],
])("the network of a log of %s", (_, lines, name) => {
  expect(ncclNetworkIn(lines.map((line) => at(0, line)).join("\n"))).toBe(name);
});
