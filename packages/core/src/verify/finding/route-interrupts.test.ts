import { expect, test } from "vitest";
import { asPlanned } from "../../../testing/evidence/as-planned.ts";
import { cleanVm } from "../../../testing/explain/clean.ts";
import { planOf } from "../../../testing/guest/plan-of.ts";
import type { Evidence, InterruptEvidence, LineSharer } from "../../evidence/evidence.ts";
import { examine } from "../../explain/examine.ts";
import { fixOf } from "../../fix/fix-of.ts";
import { verify } from "../verify.ts";

const far = (number: number, sharedWith: readonly LineSharer[] | null): InterruptEvidence => {
  return { number, allowedCpus: "0-31", effectiveCpus: "9", raisedCount: 7, sharedWith };
};
const usb = { name: "ehci_hcd:usb1", node: null };
const onNode = (node: number): LineSharer => ({ name: `vfio-intx(0000:4${node}:00.0)`, node });

/** A VM on node 0, of which one device has these interrupts. */
function withInterrupts(interrupts: readonly InterruptEvidence[], from = cleanVm(0)): Evidence {
  const devices = from.devices.map((one, i) => (i === 0 ? { ...one, interrupts } : one));
  return { ...from, devices };
}

/** What doctor finds, what it would change, and what it leaves to people. */
function examined(...interrupts: readonly InterruptEvidence[]) {
  const { subjects } = examine("host", [withInterrupts(interrupts)]);
  const faults = subjects.flatMap((one) => one.faults);
  const { steps, undo, left } = fixOf(faults);
  const codes = faults.map(({ code }) => code);
  return { codes, steps: steps.map(({ run }) => run), undo, left };
}

const routed = (number: number, cpus: string) => [
  "shuf",
  "-e",
  cpus,
  "-o",
  `/proc/irq/${number}/smp_affinity_list`,
];

test("a line is routed where all that share it are on the device's node, or nobody does", () => {
  for (const sharers of [[], [onNode(0)], [onNode(0), onNode(0)], null]) {
    const { codes, steps, undo, left } = examined(far(16, sharers));
    expect(codes).toEqual(["interrupts-far"]);
    expect([steps, undo, left]).toEqual([[routed(16, "0-7,16-23")], [routed(16, "0-31")], []]);
  }
});

test("a line that a device of another node shares is left: it cannot be near both", () => {
  for (const sharers of [[onNode(1)], [usb], [onNode(0), usb]]) {
    const { codes, steps, undo, left } = examined(far(16, sharers));
    expect(codes).toEqual(["interrupts-far"]);
    expect([steps, undo]).toEqual([[], []]);
    expect(left).toMatchObject([{ argv: null, when: "restart" }]);
  }
  const { left } = examined(far(16, [onNode(0), onNode(1), usb]));
  expect(left[0]?.text).toBe(
    "Interrupt 16 is left where it goes, as it shares its line with vfio-intx(0000:41:00.0), on " +
      "node 1; ehci_hcd:usb1, whose node is not known: let the guest's driver use " +
      "message-signalled interrupts (MSI), which the device has for itself.",
  );
});

test("of several interrupts those are routed that may be", () => {
  const { steps, left } = examined(far(16, [onNode(1)]), far(45, []));
  expect([steps, left]).toEqual([[routed(45, "0-7,16-23")], []]);
});

/** The verdict of a plan as it should be, but for interrupts of a device of node 0 (CPUs 0-499). */
function verdictWith(...interrupts: readonly Partial<InterruptEvidence>[]) {
  const plan = planOf({ cells: [{ cores: 2, devices: [{ address: "0000:0b:00.0" }] }] });
  const elsewhere = interrupts.map((one, i) => ({
    ...far(16 + i, []),
    effectiveCpus: "501",
    ...one,
  }));
  return verify(plan, withInterrupts(elsewhere, asPlanned(plan)));
}

/** How the verdict tells of them: severity and commands of each finding. */
function toldOf(...interrupts: readonly Partial<InterruptEvidence>[]) {
  const { findings, holds } = verdictWith(...interrupts);
  expect(holds).toBe(true);
  expect(findings.map(({ code }) => code)).toEqual(findings.map(() => "irq-affinity"));
  return findings.map(({ severity, remedy: { argv } }) => [severity, argv]);
}

test("an interrupt on another node is a warning where it was raised and can be routed", () => {
  const route = [routed(16, "0-499")];
  for (const sharedWith of [[], [onNode(0)], null]) {
    expect(toldOf({ sharedWith })).toEqual([["warning", route]]);
    // Where nobody told how often it was raised, it may have been.
    expect(toldOf({ sharedWith, raisedCount: null })).toEqual([["warning", route]]);
  }
});

test("a line that devices of several nodes share is only said", () => {
  for (const sharedWith of [[onNode(1)], [usb], [onNode(0), usb]]) {
    expect(toldOf({ sharedWith })).toEqual([["info", null]]);
    expect(toldOf({ sharedWith, raisedCount: null })).toEqual([["info", null]]);
  }
});

test("an interrupt that was never raised is no finding, and is seen among what was verified", () => {
  for (const sharedWith of [[], [onNode(0)], [onNode(1)], null]) {
    const idle = verdictWith({ sharedWith, raisedCount: 0 }, { effectiveCpus: "3" });
    expect(idle.findings).toEqual([]);
    expect(idle.verified).toContainEqual({
      what: "interrupts of 0000:0b:00.0",
      found: "1 on CPUs of node 0, 1 never raised",
    });
  }
});

test("the gravest of a device's interrupts decides, and those never raised are not among them", () => {
  const idle = { raisedCount: 0 };
  expect(toldOf(idle, {})).toEqual([["warning", [routed(17, "0-499")]]]);
  expect(toldOf(idle, { sharedWith: [onNode(1)] })).toEqual([["info", null]]);
  expect(toldOf({ sharedWith: [onNode(1)] }, {})).toEqual([["warning", [routed(17, "0-499")]]]);
  const [finding] = verdictWith(idle, {}).findings;
  expect(finding?.found).toBe("1 of 2 on CPUs 501");
  expect(finding?.evidence).toEqual([
    "/proc/irq/17: smp_affinity_list 0-31, effective 501, raised 7 times",
  ]);
});
