import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { expect, test } from "vitest";
import { evenkeel, outcomeText } from "../../../testing/evenkeel.ts";

const folder = scratchFolder();

test("equal VMs in four ways, and what is said of distance, the same every time", async () => {
  const argv = "simulate twins --on machine:epyc-nps4 --count 40 --load 50%".split(" ");
  const outcome = await evenkeel(argv);
  expect(outcome).toEqual(await evenkeel(argv));
  expect(`\n${outcomeText(outcome)}`).toMatchInlineSnapshot(`
    "
    Step times of 40 equal VMs on epyc-nps4
    1 GPU, 30 vCPUs, 80 GiB in 1 GiB pages, for inference; 4 on a machine, 50 % of the others busy.
    Modelled from published figures. Seed 1.

    luck                                      ▁  ▅                                              █
    interleave                                                          █
    pinned      ▂ ▃                                              █
    evenkeel    █
                1.00          1.07          1.14          1.21         1.28          1.35          1.42
                times the best place on the empty machine, all memory local

                mean  least  median  95 %  most  spread  alone  its spread
    luck        1.30   1.16    1.41  1.41  1.41    1.22   1.30        1.22
    interleave  1.29   1.29    1.29  1.29  1.29    1.00   1.29        1.00
    pinned      1.15   1.00    1.25  1.25  1.25    1.25   1.15        1.25
    evenkeel    1.00   1.00    1.00  1.00  1.00    1.00   1.00        1.00

    luck        free GPUs, floating vCPUs, memory by first touch
    interleave  free GPUs, floating vCPUs, memory over all nodes
    pinned      free GPUs, cores and memory of one node, guest sees no nodes
    evenkeel    GPUs, cores and memory of one plan, shown to the guest

    What is said of distance, and what comes out here
    comes out   memory of another node takes 1.5 to 3 times the latency of one's own
                  1.76 times between packages (modelled)
    comes out   under load the latency of another node's memory can reach 4 to 5 times that of one's
                own, idle
                  with every core reading across, 4.41 times the idle latency of one's own; with every
                  core reading its own, 3.50 times (modelled)
    does not    every copy to a GPU from the other node's memory is slower
                  to one GPU at a time no slower; to the 1 of a node at once no slower (modelled)
    not here    traffic between GPUs of two nodes is slower than between those of one
                  no two GPUs of one node beside one of another
    comes out   for software that knows no nodes and spans the machine, bound by memory, interleaving is
                a reasonable trade
                  all cores read 328 GB/s interleaved, 41 GB/s where one thread touched all memory
                  first, 328 GB/s where each reads its own node's (modelled)
    comes out   of two equal VMs, placed by luck and with nobody else running, one is 20 % slower
                  by 20 % or more in 51 % of all pairs; the slowest takes 1.22 times as long as the
                  fastest (modelled)
    comes out   interleaving makes all equal VMs run at about the average of what luck gives
                  mean 1.29 and at most 1.00 times apart; by luck 1.30 and 1.22 (modelled)
    comes out   for GPU VMs interleaving is the wrong trade: placement beats it
                  interleaved, a step takes 1.29 times as long as placed by a plan (modelled)
    comes out   pinning cores and memory is not enough where devices and the guest are left out of it
                  mean 1.15 times that of a plan, the slowest 1.25; what a guest that sees no nodes
                  loses beyond that is not counted (modelled)
    comes out   placed as a plan says, equal VMs behave the same way twice
                  all take 1.00 (modelled)
    --- exit 0
    "
  `);
});

test("the JSON has every VM's time, and the picture every way", async () => {
  const argv = "simulate twins --on machine:epyc-nps4 --count 12 --output".split(" ");
  const json: unknown = JSON.parse((await evenkeel([...argv, "json"])).stdout);
  const twelve: unknown = expect.objectContaining({
    loaded: expect.objectContaining({
      values: expect.toSatisfy((all: number[]) => all.length === 12),
    }) as unknown,
  });
  expect(json).toMatchObject({ kind: "Experiment", ways: [twelve, twelve, twelve, twelve] });
  const { stdout: svg } = await evenkeel([...argv, "svg"]);
  for (const way of ["luck", "interleave", "pinned", "evenkeel"]) expect(svg).toContain(`>${way}<`);
});

test("a VM and a workload of one's own", async () => {
  const vm = join(folder, "vm.yaml");
  const profile = join(folder, "profile.yaml");
  writeFileSync(
    vm,
    "apiVersion: evenkeel/v1\nkind: VirtualMachine\nmetadata: { name: a }\n" +
      "spec: { accelerators: { count: 1 }, vcpus: 8, memory: 32Gi, hugepages: 1Gi }\n",
  );
  writeFileSync(
    profile,
    "apiVersion: evenkeel/v1\nkind: WorkloadProfile\nmetadata: { name: loader }\n" +
      "spec: { computeNs: 1000000, perAccelerator: { hostToDevice: 64Mi } }\n",
  );
  const argv = ["simulate", "twins", vm, "--on", "machine:epyc-nps4", "--count", "8"];
  const { stdout } = await evenkeel([...argv, "--profile", profile, "--workload", "loader"]);
  expect(stdout).toContain("1 GPU, 8 vCPUs, 32 GiB in 1 GiB pages, for loader; 4 on a machine");
});

test.each([
  ["simulate twins --count 1", "a whole number from 2 to"],
  ["simulate twins --load 150%", "a share from 0% to 100%"],
  ["simulate twins --load much", "a share from 0% to 100%"],
  ["simulate twins --load 30", "a share from 0% to 100%"],
  ["simulate twin", "evenkeel simulate twins"],
  ["simulate-twins", "evenkeel simulate twins"],
  ["simulate twins --workload typing --on machine:epyc-nps4", "inference, training"],
  ["simulate twins --on synthetic:package:2_core:4_memory:16Gi", "--on machine:hgx-h100"],
])("%s says what to do", async (line, remedy) => {
  const { status, stderr } = await evenkeel(
    line.split(" ").map((word) => word.replaceAll("_", " ")),
  );
  expect(status).toBe(2);
  expect(stderr.replaceAll(/\s+/g, " ")).toContain(remedy);
});

test("no room is told from room that nobody knows of", async () => {
  const vm = join(folder, "large.yaml");
  const numactl = join(folder, "numactl.txt");
  writeFileSync(
    vm,
    "apiVersion: evenkeel/v1\nkind: VirtualMachine\nmetadata: { name: a }\n" +
      "spec: { vcpus: 1, memory: 1Gi }\n",
  );
  writeFileSync(
    numactl,
    "available: 1 nodes (0)\nnode 0 cpus: 0 1 2 3\nnode 0 size: 16000 MB\nnode 0 free: 9000 MB\n" +
      "node distances:\nnode   0\n  0:  10\n",
  );
  const twins = (on: string): ReturnType<typeof evenkeel> =>
    evenkeel(["simulate", "twins", vm, "--on", on]);
  const [small, untold] = [
    await twins("synthetic:package:1 core:2 memory:1Gi"),
    await twins(`numactl:${numactl}`),
  ];
  expect(small.stderr).toContain("no room for two equal VMs");
  expect(untold.stderr).toContain("whether two equal VMs fit is not known");
  expect(untold.stderr).toContain("Nobody told");
});

test("completion and help know the second word", async () => {
  const proposed = async (...words: string[]): Promise<readonly string[]> =>
    (await evenkeel(["__complete", "--", ...words])).stdout
      .split("\n")
      .map((line) => line.split("\t")[0] ?? "");
  expect(await proposed("simulate", "t")).toContain("twins");
  expect(await proposed("simul")).toEqual(["simulate", ""]);
  expect(await proposed("simulate", "twins", "--lo")).toContain("--load");
  const help = await evenkeel(["help", "simulate", "twins"]);
  expect(help.stdout).toBe((await evenkeel(["simulate", "twins", "--help"])).stdout);
});
