import { readDocument } from "@evenkeel/contract/read-document.ts";
import type { Binding } from "@evenkeel/core/binding/binding.ts";
import { expect, test } from "vitest";
import { evenkeel, type MadeUp } from "../../../testing/evenkeel.ts";

/** What `exec --dry-run` prints of a machine that is not this one. */

const dgx = ["exec", "--dry-run", "--on", "machine:dgx-a100"] as const;

async function bound(words: readonly string[], env: MadeUp["env"] = {}): Promise<Binding> {
  const { stdout } = await evenkeel([...dgx, ...words, "--output", "json"], { env });
  return readDocument(stdout, "stdout", "Binding");
}
const addresses = ({ accelerators }: Binding): readonly string[] =>
  accelerators.map(({ address }) => address.slice(5));

test("for people it is the line of numactl with the command, why, and the variables", async () => {
  const words = [...dgx, "--gpu", "3", "--", "python3", "a b"];
  const { stdout, status } = await evenkeel(words, { env: { MKL_NUM_THREADS: "1" } });
  expect(status).toBe(0);
  expect(stdout).toBe(`numactl --physcpubind=16-31,144-159 --membind=1 -- python3 'a b'
why
  - --gpu 3
  - GPU 0000:4b:00.0 is on node 1
  - node: all CPUs of node 1
variables
  - OMP_NUM_THREADS=8
  - OPENBLAS_NUM_THREADS=8
`);
});

test("what is not known is told, and the command stays as it is", async () => {
  const { stdout } = await evenkeel([...dgx, "--", "true"], {
    env: { CUDA_VISIBLE_DEVICES: "GPU-0123" },
  });
  expect(stdout).toMatch(
    /^the command stays as it is\n(?:.*\n)*not known\n {2}- (?:.*\n)+.* would tell\n$/,
  );
});

test("the GPUs are those of --gpu, or of the rank, or all", async () => {
  const rank = { LOCAL_RANK: "2", LOCAL_WORLD_SIZE: "8" };
  expect(addresses(await bound(["--gpu", " 1 ,0", "--gpu", ""], rank))).toEqual([
    "0b:00.0",
    "05:00.0",
  ]);
  expect(addresses(await bound([], rank))).toEqual(["45:00.0"]);
  expect(addresses(await bound(["--rank", "auto"], rank))).toEqual(["45:00.0"]);
  expect(addresses(await bound(["--rank", "none"], rank))).toHaveLength(8);
  expect(addresses(await bound([]))).toHaveLength(8);
  const empty = await evenkeel([...dgx, "--gpu", " "]);
  expect([empty.stdout, empty.status]).toEqual(["", 125]);
  expect(empty.stderr).toContain("--gpu is empty");
});

test("modes, memory and NICs are as asked", async () => {
  const asked = ["--gpu", "0", "--mode", "exclusive", "--memory", "preferred", "--nic"];
  expect(await bound(asked)).toMatchObject({
    mode: "exclusive",
    memory: "preferred",
    nics: [{ address: "0000:08:00.0" }],
  });
  expect(await bound(["--gpu", "0"])).toMatchObject({ mode: "node", memory: "strict", nics: null });
});

test.each([
  ["--gpu all", "--gpu names GPUs", "--rank none"],
  ["--gpu 0 --rank auto", "two different things", "leave out --rank auto"],
  ["--rank auto", "there is no local rank", "LOCAL_RANK"],
  ["--gpu 9", "no GPU here is 9", "evenkeel topology"],
])("%s is refused", async (words, message, help) => {
  const { stdout, stderr, status } = await evenkeel([...dgx, ...words.split(" ")]);
  expect([stdout, status]).toEqual(["", 125]);
  expect(stderr).toContain(message);
  expect(stderr).toContain(help);
});

test.each([
  [["exec"], "there is no command to become"],
  [["exec", "--on", "machine:dgx-a100", "--", "true"], "on this machine only"],
  [[...dgx, "--verdict", "file"], "nothing says when"],
])("%j is refused before anything is read", async (words, message) => {
  const { stderr, status } = await evenkeel(words);
  expect(stderr).toContain(message);
  expect(status).toBe(125);
});

const refusedTimes = [
  "soon",
  "0s",
  "99ms",
  "48h",
  "86400.001s",
  "-3s",
  "30",
  "1.2345s",
  "1000000ms",
];
test.each(refusedTimes)("--verify %s is refused", async (time) => {
  const { stderr, status } = await evenkeel([...dgx, `--verify=${time}`]);
  expect(status).toBe(125);
  expect(stderr).toContain("a time from 100ms to 24h, such as 30s");
});

test.each(["100ms", "30s", "1.5m", "24h", "86400s"])("--verify %s is a time", async (time) => {
  const { stderr, status } = await evenkeel([...dgx, `--verify=${time}`]);
  expect([stderr, status]).toEqual(["", 0]);
});
