import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { failureJson, failureText } from "../../packages/cli/src/failure.ts";
import { capacityText } from "../../packages/cli/src/text/capacity-text.ts";
import { differencesText } from "../../packages/cli/src/text/differences-text.ts";
import { instancesText } from "../../packages/cli/src/text/instances-text.ts";
import { jsonText } from "../../packages/cli/src/text/json-text.ts";
import { ncclFindingsText } from "../../packages/cli/src/text/nccl-findings-text.ts";
import { writeNotes } from "../../packages/cli/src/text/notes-text.ts";
import { painter } from "../../packages/cli/src/text/paint.ts";
import { planText, type View } from "../../packages/cli/src/text/plan-text.ts";
import { preflightText } from "../../packages/cli/src/text/preflight-text.ts";
import { refusalText } from "../../packages/cli/src/text/refusal-text.ts";
import { findingsText, warningsText } from "../../packages/cli/src/text/remarks-text.ts";
import { styled, terminalText } from "../../packages/cli/src/text/terminal-text.ts";
import { changeText, verdictText } from "../../packages/cli/src/text/verdict-text.ts";
import { evenkeel } from "@evenkeel/cli/testing/evenkeel.ts";
import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { Capacity } from "@evenkeel/core/fleet/capacity-document.ts";
import { asPlanned } from "@evenkeel/core/testing/evidence/as-planned.ts";
import { sabotages } from "@evenkeel/core/testing/evidence/sabotages.ts";
import { planOf } from "@evenkeel/core/testing/guest/plan-of.ts";
import { drawTopology } from "@evenkeel/core/topology/draw/draw-topology.ts";
import { syntheticTopology } from "@evenkeel/core/topology/synthetic/build.ts";
import { verdictChanges } from "@evenkeel/core/verify/verdict/changes.ts";
import { verify } from "@evenkeel/core/verify/verify.ts";
import { scratchFolder } from "@evenkeel/host/testing/scratch.ts";
import { expect, test } from "vitest";

/** Names and messages that would clear a screen, hide text, reverse it or pretend to be a line. */
const hostile =
  "\u001b[2J\u001b[8m\u009b2J\u007f\r\b\u0007\u0085\u202e\u2066\u2028\u2029\nforged line";
const commanding = /(?![\n\t])[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u;

/** Fields of a few known words, which choose a color or a sentence. */
const words = new Set(["kind", "severity", "event", "phase", "state", "group", "via", "basis"]);

/** A document with hostile characters in every text. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- each printer takes its own
function poisoned<T>(document: unknown): T {
  return JSON.parse(JSON.stringify(document), (key, value: unknown) =>
    typeof value === "string" && !words.has(key) ? `${value}${hostile}` : value,
  );
}

const plan = planOf({
  cells: [{ cores: 2, devices: [{ address: "0000:1b:00.0" }] }, { cores: 2 }],
  distances: [
    [10, 21],
    [21, 10],
  ],
});
const holding = verify(plan, asPlanned(plan), { scope: "guest" });
const verdicts = sabotages.flatMap(({ apply }) => {
  const evidence = apply(asPlanned(plan), plan);
  return evidence === null ? [] : [verify(plan, evidence, { scope: "guest" })];
});
const remedy = {
  text: "do it",
  argv: [["echo", "a"]],
  when: "live",
  undo: [["echo", "b"]],
} as const;
const move = { vm: "v", from: "a", to: "b", nodes: [0], accelerators: ["0000:17:00.0"], slots: 3 };
const capacity: Capacity = {
  apiVersion: "evenkeel/v1",
  kind: "Capacity",
  fleet: [],
  hosts: [{ host: "h", flavors: [] }],
  restore: [
    {
      flavor: "f",
      wanted: 1,
      before: 2,
      after: 3,
      moves: [move],
      excludedBelow: 1,
      exact: true,
    },
  ],
};
const error = new EvenkeelError("usage", `no${hostile}`, {
  where: `w${hostile}`,
  expected: `e${hostile}`,
  remedy: `r${hostile}`,
});

const printers: Readonly<Record<string, (view: View) => string>> = {
  plan: (view) => planText(poisoned(plan), view),
  refusal: (view) =>
    [[], [{ host: "h", code: "memory-untold", message: "m" }]]
      .map((untold) =>
        refusalText(
          poisoned({
            apiVersion: "evenkeel/v1",
            kind: "Refusal",
            vm: "v",
            hosts: [
              {
                host: "h",
                ways: [{ nodes: "0", reasons: [{ code: "memory", message: "m" }] }],
                remedies: [remedy],
              },
            ],
            untold,
          }),
          view,
        ),
      )
      .join(""),
  verdict: (view) => verdicts.map((verdict) => verdictText(poisoned(verdict), view)).join(""),
  changes: (view) =>
    verdicts
      .flatMap((verdict) => [
        ...verdictChanges(holding, verdict),
        ...verdictChanges(verdict, holding),
      ])
      .map((change) => changeText(poisoned(change), view))
      .join(""),
  preflight: (view) =>
    preflightText(
      poisoned({
        apiVersion: "evenkeel/v1",
        kind: "Preflight",
        vm: "v",
        host: "h",
        ready: false,
        problems: ["error", "warning"].map((severity) => {
          return { code: "name-taken", severity, subject: "s", needs: "n", has: "h", remedy };
        }),
      }),
      view,
    ),
  capacity: (view) => capacityText(poisoned(capacity), view),
  list: (view) =>
    instancesText(
      poisoned({
        vms: [
          {
            name: "theirs",
            state: "running",
            pid: 1,
            via: "qemu",
            instance: null,
            holds: { vcpus: [], memory: [], devices: ["0000:41:00.0"] },
          },
          {
            name: "ours",
            state: "running",
            pid: 1,
            via: "qemu",
            instance: { plan, phase: "running", adopted: false, startedAt: "t", uuid: "u" },
            holds: null,
          },
        ],
        heldTwice: [{ holder: "h", pid: 1, promisedTo: "v", cpus: "4", devices: ["d"], remedy }],
        unreadable: [{ name: "n", why: "w", seenAs: "vm" }],
        damaged: [],
      }),
      { ...view, wide: true, terminal: true },
    ),
  differences: (view) =>
    differencesText(
      [`a${hostile}`, `b${hostile}`],
      poisoned([
        {
          subject: "node 1",
          path: "nodes[1].kind",
          before: "a",
          after: "b",
          message: "m",
          lasting: true,
          group: "nodes",
        },
      ]),
      view,
    ),
  findings: (view) => findingsText(poisoned([{ message: "m" }]), view),
  warnings: (view) => warningsText(poisoned([{ severity: "warning", message: "m" }]), view),
  nccl: () =>
    ncclFindingsText(
      poisoned([{ code: "c", subject: "s", promised: "p", found: "f", remedy: "r" }]),
      "f",
    ),
  notes: ({ width }) => {
    const written: string[] = [];
    const write = (text: string): void => void written.push(text);
    writeNotes({ write, columns: width }, [hostile]);
    return written.join("");
  },
  error: (view) => failureText(error, view),
};

test.each(Object.keys(printers))("no text of a hostile %s commands a terminal", (name) => {
  const plain = terminalText(printers[name]?.({ width: 80, paint: painter(false) }) ?? "");
  expect(plain).toContain("\\u009b2J");
  expect(commanding.exec(plain)).toBeNull();
  expect(plain.split("\n").filter((line) => line.trimStart().startsWith("forged"))).toEqual([]);
  const colored = terminalText(printers[name]?.({ width: 80, paint: painter(true) }) ?? "");
  // oxlint-disable-next-line no-control-regex -- the printers' own colors
  expect(commanding.exec(colored.replaceAll(/\u001b\[(?:1|2|22|31|32|33|36|39)m/g, ""))).toBeNull();
});

test("JSON stays JSON, and says the same", () => {
  for (const text of [jsonText({ name: hostile }), failureJson(error)]) {
    const printed = terminalText(text);
    expect(commanding.exec(printed)).toBeNull();
    expect(JSON.parse(printed)).toEqual(JSON.parse(text));
  }
});

test("colors of a drawing are its own, whatever the names in it", () => {
  const machine = { ...syntheticTopology("core:2"), name: `evil${hostile}` };
  const drawn = terminalText(styled(drawTopology(machine, { width: 80, color: true })));
  // oxlint-disable-next-line no-control-regex -- the drawing's own colors
  expect(commanding.exec(drawn.replaceAll(/\u001b\[[\d;]+m/g, ""))).toBeNull();
});

test.each([[[]], [["--output", "json"]]])(
  "a command line, a file's name and a file's text reach no terminal as they are (%j)",
  async (more) => {
    const folder = scratchFolder();
    const path = join(folder, "evil\u009b2J\u202e.yaml");
    writeFileSync(path, 'apiVersion: "evenkeel/v1"\nkind: "\\x9b2J"\n');
    for (const argv of [
      ["place", path, "--on", "synthetic:core:2", ...more],
      ["place", join(folder, "none\u009b2J"), "--on", "synthetic:core:2", ...more],
      ["topology", "--from", `hwloc:${folder}/\u009b2J`, ...more],
      ["\u009b2J", ...more],
    ]) {
      const env = { EVENKEEL_DEBUG: more.length === 0 ? "1" : undefined };
      const { stdout, stderr, status } = await evenkeel(argv, { env });
      expect(status).toBe(2);
      expect(commanding.exec(stdout + stderr)).toBeNull();
      expect(stderr).toContain("u009b2J");
    }
  },
);
