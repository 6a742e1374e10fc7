import { expect, test } from "vitest";
import { isMounted } from "./whose-folder.ts";

const folder = "/run/evenkeel/leases";

/** As Podman makes them: a root of layers, and a /run of its own. */
const container = [
  "700 699 0:60 / / rw,relatime - overlay overlay rw",
  "701 700 0:61 / /proc rw - proc proc rw",
  "702 700 0:62 / /run rw,nosuid - tmpfs tmpfs rw",
];

test.each([
  ["no mount but that of its root", container.slice(0, 2), false],
  ["a /run of its own", container, false],
  [
    "the folder of the machine",
    [...container, `703 702 0:25 /evenkeel/leases ${folder} rw - tmpfs tmpfs rw`],
    true,
  ],
  [
    "the folder above it",
    [...container, "703 702 0:25 /evenkeel /run/evenkeel rw - tmpfs tmpfs rw"],
    true,
  ],
  [
    "a folder of another name",
    [...container, "703 702 0:25 /evenkeel /run/even rw - tmpfs tmpfs rw"],
    false,
  ],
  [
    "a later mount that hides it",
    [
      ...container,
      `703 702 0:25 /evenkeel/leases ${folder} rw - tmpfs tmpfs rw`,
      `704 703 0:70 / ${folder} rw - tmpfs tmpfs rw`,
    ],
    false,
  ],
])("with %s", (_, lines, expected) => {
  expect(isMounted(`${lines.join("\n")}\n`, folder)).toBe(expected);
});
