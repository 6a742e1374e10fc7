import type { Accelerator, AcceleratorInstance } from "../topology.ts";
import { profilesText } from "../virtual-functions.ts";
import { type Claim, type Report, settle } from "./finding.ts";
import { sameDeviceMemory, sameName } from "./same.ts";

type Instances = Accelerator["instances"];

/**
 * Merges the instances of an accelerator. A source without instances does not count, because few
 * sources know about them. Two lists are the same if they have equal lengths and no known fact
 * differs; then they complete each other.
 *
 * Lists are matched by UUID if both have all UUIDs, and otherwise by position, because tools list a
 * GPU's instances in the same order. The cost is linear in the lists.
 */
export function mergeInstances(
  key: string,
  claims: readonly Claim<Instances>[],
  report: Report,
): Instances {
  const nonEmpty = claims.map(({ label, value }) => {
    return { label, value: value === null || value.length === 0 ? null : value };
  });
  return (
    settle<Instances>(
      {
        code: "accelerator-differs",
        subject: key,
        path: `accelerators[${key}].instances`,
        what: "instances",
        claims: nonEmpty,
        same: (a, b) => completed(a, b) !== null,
        better: (kept, other) => completed(kept, other) ?? kept,
        show: (list) => profilesText(list, "of unknown profile"),
      },
      report,
    ) ?? []
  );
}

/**
 * Completes each instance of one list with the other's facts; null where they contradict each
 * other.
 */
function completed(one: Instances, other: Instances): Instances | null {
  if (one.length !== other.length) return null;
  const byUuid = new Map(other.map((each) => [each.uuid, each]));
  const named = [...one, ...other].every(({ uuid }) => uuid !== null);
  const both = one.map((each, i) => {
    const match = named ? byUuid.get(each.uuid) : other[i];
    return match === undefined ? null : joined(each, match);
  });
  const known = both.filter((each) => each !== null);
  return known.length < both.length ? null : known;
}

function joined(one: AcceleratorInstance, other: AcceleratorInstance): AcceleratorInstance | null {
  const agree = <T>(a: T | null, b: T | null, same: (x: T, y: T) => boolean): boolean =>
    a === null || b === null || same(a, b);
  const fits =
    agree(one.profile, other.profile, sameName) &&
    agree(one.uuid, other.uuid, Object.is) &&
    agree(one.memoryBytes, other.memoryBytes, sameDeviceMemory);
  if (!fits) return null;
  return {
    profile: one.profile ?? other.profile,
    uuid: one.uuid ?? other.uuid,
    memoryBytes: one.memoryBytes ?? other.memoryBytes,
  };
}
