import type { Accelerator, AcceleratorInstance } from "../topology.ts";
import { profilesText } from "../virtual-functions.ts";
import { type Claim, type Report, settle } from "./finding.ts";
import { sameDeviceMemory, sameName } from "./same.ts";

type Instances = Accelerator["instances"];

/**
 * Merges the instances that an accelerator is cut into. A source without any counts as silent,
 * since few sources know of parts. Two lists are the same when they are equally long and nothing
 * that both know contradicts; then they complete each other.
 *
 * Lists are matched by UUID where both have them all, and otherwise by position: tools count the
 * instances of a GPU in one order. The cost is that of the lists.
 */
export function mergeInstances(
  key: string,
  claims: readonly Claim<Instances>[],
  report: Report,
): Instances {
  const told = claims.map(({ label, value }) => {
    return { label, value: value === null || value.length === 0 ? null : value };
  });
  return (
    settle<Instances>(
      {
        code: "accelerator-differs",
        subject: key,
        path: `accelerators[${key}].instances`,
        what: "instances",
        claims: told,
        same: (a, b) => completed(a, b) !== null,
        better: (kept, other) => completed(kept, other) ?? kept,
        show: (list) => profilesText(list, "of unknown profile"),
      },
      report,
    ) ?? []
  );
}

/** Each instance of the one list with what the other knows of it; null where they contradict. */
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
