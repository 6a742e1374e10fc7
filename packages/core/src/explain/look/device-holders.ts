import type { Subject } from "../subject/subject.ts";
import { inOrder, type Looked, notAsAsked, notConcerned, notLookedAt } from "./look.ts";
import { isPassingDriver, passedThrough } from "./passed-through.ts";

/**
 * Whether anything of the host holds a device that is passed on, or another function of its group:
 * a driver of the host's on the GPU's sound, or a process that has the device open.
 */
export function deviceHolders(subject: Subject): Looked {
  const { devices } = subject.evidence;
  if (devices.length === 0) return notConcerned;
  if (devices.some(({ driver, present }) => present && driver === null)) return notLookedAt;
  const passed = passedThrough(subject);
  if (passed.length === 0) return notConcerned;
  const addresses = new Set(passed.map(({ address }) => address));
  const drivers = passed.flatMap(({ groupMembers }) =>
    (groupMembers ?? []).flatMap(({ address, driver, bridge }) =>
      bridge || driver === null || isPassingDriver(driver) ? [] : [`${driver} has ${address}`],
    ),
  );
  const holders = (subject.machine?.neighbours ?? []).flatMap(({ name, devices: theirs }) =>
    theirs.filter((address) => addresses.has(address)).map((address) => `${name} has ${address}`),
  );
  const all = [...new Set([...drivers, ...holders])];
  if (all.length > 0) return notAsAsked(all.slice(0, 4).join(", "));
  if (subject.machine?.neighbours == null) return notLookedAt;
  const few = passed.length === 1 ? (passed[0]?.address ?? "") : `${passed.length} devices`;
  return inOrder(`${few} passed on, and held by nothing else that was seen`);
}
