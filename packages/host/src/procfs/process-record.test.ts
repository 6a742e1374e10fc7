import { expect, test } from "vitest";
import { treeOf } from "../../testing/sysfs/tree-of.ts";
import { isOfTrustedUser } from "./process-record.ts";

const passwd =
  "root:x:0:0::/root:/bin/sh\nlibvirt-qemu:x:64055:64055::/:/bin/false\nqemu:x:0:0::/:/bin/sh\nann:x:1234567:1000::/home/ann:/bin/sh\n";

const isTrusted = (uids: string): boolean =>
  isOfTrustedUser(
    treeOf({ "/etc/passwd": passwd, "/proc/7/status": `Name:\tx\nUid:\t${uids}\nGid:\t0\n` }),
    7,
  );

test("a process is trusted by all of its user ids: root's and those of emulators' users", () => {
  expect(isTrusted("0\t0\t0\t0")).toBe(true);
  expect(isTrusted("64055\t64055\t64055\t64055")).toBe(true);
  expect(isTrusted("1234567\t1234567\t1234567\t1234567")).toBe(false);
  // A program with the set-user-id bit, started by somebody else, and one that has dropped it.
  expect(isTrusted("1234567\t0\t0\t0")).toBe(false);
  expect(isTrusted("0\t1234567\t0\t1234567")).toBe(false);
});
