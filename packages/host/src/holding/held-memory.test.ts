import type { ErrorCode } from "@evenkeel/core/error/codes.ts";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { HeldMemory } from "@evenkeel/core/plan/holding.ts";
import { GiB } from "@evenkeel/core/unit/bytes.ts";
import { expect, test } from "vitest";
import { hostWith } from "../../testing/emulated-host.ts";
import { treeOf } from "../../testing/sysfs/tree-of.ts";
import type { Tree } from "../tree/tree.ts";
import { lookedAtBytes } from "./held-memory.ts";
import { readHoldings } from "./read-holdings.ts";

const pid = 400;
const uuid = "3f0e6d3a-91a4-4a27-9d0b-5c2b1f6e7a88";
const pageKiB = 1 << 20;

/** The backend of a VM of 8 GiB as QEMU is asked for it, and how the kernel names its policy. */
interface Asked {
  readonly policy: string;
  readonly nodes: string;
  readonly uid?: number;
  /** Of its huge pages of 1 GiB, those that are there by now. */
  readonly present?: string;
}

/** A host on which a QEMU with this backend has some pages of it, in one mapping. */
function hostOf({ policy, nodes, uid = 0, present = "N1=3 " }: Asked): Tree {
  const host = hostWith([{ pid, name: "router", uuid, vcpus: ["4"], uid }]);
  const asked = `size=8G,policy=${policy},host-nodes=${nodes}`;
  const backend = `memory-backend-file,id=ram0,mem-path=/dev/hugepages,${asked}`;
  const words = (host.readText(`/proc/${pid}/cmdline`) ?? "") + `-object\0${backend}\0`;
  const file = "/dev/hugepages/qemu_back_mem._objects_ram0.Ab1";
  const [start, end] = ["7f0000000000", (0x7f0000000000 + 8 * GiB).toString(16)];
  const pages = `${present}kernelpagesize_kB=${pageKiB}`;
  const own = treeOf({
    [`/proc/${pid}/cmdline`]: words,
    [`/proc/${pid}/maps`]: `${start}-${end} rw-s 00000000 00:0f 12 ${file}\n`,
    [`/proc/${pid}/numa_maps`]: `${start} ${policy}:${nodes} file=${file} huge ${pages}\n`,
  });
  return { ...host, readText: (path) => own.readText(path) ?? host.readText(path) };
}

const memoryOf = (asked: Asked): readonly HeldMemory[] | undefined =>
  readHoldings(hostOf(asked), [], []).held[0]?.memory;

const part = (node: number, pages: number): HeldMemory => ({
  node,
  pageBytes: GiB,
  bytes: pages * GiB,
});

test("memory that is bound to one node counts there as a whole, before the guest touches it", () => {
  expect(memoryOf({ policy: "bind", nodes: "1" })).toEqual([part(1, 8)]);
  expect(memoryOf({ policy: "bind", nodes: "1", present: "" })).toEqual([part(1, 8)]);
});

test("pages that lie elsewhere than their binding says count where they are", () => {
  expect(memoryOf({ policy: "bind", nodes: "1", present: "N0=2 N1=3 " })).toEqual([
    part(0, 2),
    part(1, 6),
  ]);
  expect(memoryOf({ policy: "bind", nodes: "1", present: "N0=8 " })).toEqual([part(0, 8)]);
});

test("memory that may come to lie on several nodes counts where it is", () => {
  expect(memoryOf({ policy: "bind", nodes: "0-1" })).toEqual([part(1, 3)]);
  expect(memoryOf({ policy: "interleave", nodes: "1" })).toEqual([part(1, 3)]);
  expect(memoryOf({ policy: "bind", nodes: "0-1", present: "" })).toEqual([]);
});

test("of a user who runs no VMs, only memory that is there counts", () => {
  expect(memoryOf({ policy: "bind", nodes: "1", uid: 1000 })).toEqual([part(1, 3)]);
});

test("base pages are looked at up to a limit for all VMs together", () => {
  const sizesLookedAt = (...baseGiB: readonly number[]): readonly boolean[] => {
    const vms = baseGiB.map((size, i) => ({
      pid: pid + 100 * i,
      name: `vm${i}`,
      uuid,
      vcpus: ["4"],
      memory: [{ node: 0, pageKiB, pages: 1 }],
      baseKiB: (size * GiB) / 1024,
    }));
    return readHoldings(hostWith(vms), [], []).held.map(({ memory }) => memory.length > 0);
  };
  const most = lookedAtBytes / GiB;
  expect(sizesLookedAt(most, 0, 1)).toEqual([true, true, false]);
  expect(sizesLookedAt(most - 1, 2, 1)).toEqual([true, false, true]);
});

test("only a text of mappings that is too long is taken for none", () => {
  const host = hostOf({ policy: "bind", nodes: "1" });
  const failing = (code: ErrorCode): Tree => ({
    ...host,
    readText: (path) => {
      if (!path.endsWith("/numa_maps")) return host.readText(path);
      throw new EvenkeelError(code, "it cannot be read", { where: path });
    },
  });
  expect(readHoldings(failing("file-too-large"), [], []).held[0]?.memory).toEqual([]);
  expect(() => readHoldings(failing("file-unreadable"), [], [])).toThrow("it cannot be read");
});
