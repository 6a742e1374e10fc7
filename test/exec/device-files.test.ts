import { rmSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import { execWords, isRoot, StandIn } from "./stand-in.ts";

/**
 * Two GPUs whose device files are both there, of which a job may open the second alone: as Slurm's
 * cgroups leave it, which numbers a job's GPUs from 0 on. A program counts what it can open.
 */
const machine = new StandIn(2);
afterAll(() => rmSync(machine.folder, { recursive: true, force: true }));
const gpus = ["0000:00:10.0", "0000:00:11.0"] as const;
const dryRun = [...execWords, "--dry-run", "--output", "json", "--", "true"];

/** A /dev of its own, in which `$R` is where device files are made. */
const devices = (lines: readonly string[]): string =>
  [
    ...gpus.map((address, i) => `mkdir -p $F/sys/bus/pci/devices/${address}/drm/renderD${128 + i}`),
    "mkdir -p $F/dev && mount -t tmpfs dev $F/dev && mkdir $F/dev/dri",
    "for name in null zero urandom; do touch $F/dev/$name; mount --bind /dev/$name $F/dev/$name; done",
    "R=$F/dev/dri/renderD",
    ...lines,
    "mount --rbind $F/dev /dev",
  ].join("\n");

/** What the command with CUDA's first GPU is bound beside. */
function binding(command: readonly string[], setUp: string): unknown {
  const { stdout } = machine.run(["env", "CUDA_VISIBLE_DEVICES=0", ...command], setUp);
  return JSON.parse(stdout);
}

const beside = (address: string): object => ({ accelerators: [{ address }] });

test.skipIf(!isRoot)("a GPU whose device file a user may not open is not counted", (context) => {
  const user = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"];
  const reads = machine.run([...user, "test", "-r", execWords[1] ?? ""]);
  if (reads.status !== 0) context.skip("another user cannot read this checkout");
  const files = devices(["mknod -m 600 ${R}128 c 226 128", "mknod -m 666 ${R}129 c 226 129"]);
  expect(binding([...user, ...dryRun], files)).toMatchObject(beside(gpus[1]));
  // Root may open both, so the first is the first.
  expect(binding(dryRun, files)).toMatchObject(beside(gpus[0]));
});

test.skipIf(!isRoot)(
  "a GPU without a device file is not counted, and is said not to be seen",
  () => {
    expect(binding(dryRun, devices(["mknod -m 600 ${R}129 c 226 129"]))).toMatchObject(
      beside(gpus[1]),
    );
    const none = machine.run([...execWords, "--", "true"], devices([]));
    expect(none.status).toBe(0);
    expect(none.stderr).toBe("evenkeel: not bound: it sees no GPU\n");
  },
);
