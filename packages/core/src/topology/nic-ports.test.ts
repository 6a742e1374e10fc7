import { expect, test } from "vitest";
import { completedPorts, portNames, portSpeedsText, portsText, samePorts } from "./nic-ports.ts";
import type { NicPort } from "./topology.ts";

const unknown: NicPort = { name: null, port: null, bytesPerSecond: null, guid: null };
const first: NicPort = { name: "mlx5_0", port: 1, bytesPerSecond: 12.5e9, guid: "0x1" };
const second: NicPort = { name: "mlx5_1", port: 2, bytesPerSecond: 25e9, guid: "0x1" };

test("ports are shown with their numbers and speeds, as far as known", () => {
  expect(portsText([first, unknown])).toBe("mlx5_0 port 1 at 100 Gb/s, a port");
  expect(portsText([])).toBe("none");
  expect(portSpeedsText([first, first, second])).toBe("2 × 100 Gb/s + 200 Gb/s");
  expect(portSpeedsText([first, unknown])).toBe("");
  expect(portSpeedsText([{ ...first, bytesPerSecond: 312_500_000 }])).toBe("2.5 Gb/s");
  expect(portNames([first, second])).toBe("mlx5_0+mlx5_1");
  expect(portNames([first, first])).toBeNull();
});

test("two lists of one card's ports complete each other", () => {
  const numbered = { ...unknown, port: 2, guid: "0x1" };
  const other = { ...unknown, name: "mlx5_2" };
  expect(samePorts([first, second], [other, numbered])).toBe(true);
  expect(completedPorts([first, second], [other, numbered])).toEqual([first, second, other]);
  expect(completedPorts([numbered], [second])).toEqual([second]);
  expect(completedPorts([first], [{ ...unknown, name: "eth0" }])).toEqual([first]);
  expect(completedPorts([{ ...first, bytesPerSecond: null }], [first])).toEqual([first]);
  expect(completedPorts([{ ...unknown, name: "mlx5_0" }], [first, second])).toEqual([
    first,
    second,
  ]);
  // One without a name may be any of the card's.
  const some = { ...first, bytesPerSecond: null };
  expect(completedPorts([some], [{ ...unknown, bytesPerSecond: 25e9 }])).toEqual([some]);
});

test("a port that both name and describe differently is a contradiction", () => {
  expect(samePorts([first], [second, { ...first, bytesPerSecond: 25e9 }])).toBe(false);
  expect(samePorts([first], [{ ...first, guid: null }])).toBe(true);
});
