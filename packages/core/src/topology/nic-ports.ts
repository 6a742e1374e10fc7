import type { NicPort } from "./topology.ts";

/** A NIC's ports as text: `mlx5_0 port 1 at 100 Gb/s, mlx5_1 port 2 at 100 Gb/s`. */
export function portsText(ports: readonly NicPort[]): string {
  if (ports.length === 0) return "none";
  return ports
    .map(({ name, port, bytesPerSecond }) => {
      const number = port === null ? "" : ` port ${port}`;
      const speed = bytesPerSecond === null ? "" : ` at ${speedText(bytesPerSecond)}`;
      return `${name ?? "a port"}${number}${speed}`;
    })
    .join(", ");
}

/** The names of ports beside the first, as a drawing shows them; null for fewer than two names. */
export function portNames(ports: readonly NicPort[]): string | null {
  const names = [...new Set(ports.flatMap(({ name }) => name ?? []))];
  return names.length < 2 ? null : names.slice(0, shownMax).join("+");
}

/** More ports than any card has; NCCL counts virtual functions as ports too. */
const shownMax = 4;

/** The speeds of the ports: `200 Gb/s`, `2 × 100 Gb/s`; empty where one is unknown. */
export function portSpeedsText(ports: readonly NicPort[]): string {
  const speeds = ports.flatMap(({ bytesPerSecond }) => bytesPerSecond ?? []);
  if (speeds.length < ports.length) return "";
  const counts = Map.groupBy(speeds, (speed) => speed);
  return [...counts]
    .map(([speed, { length }]) => `${length > 1 ? `${length} × ` : ""}${speedText(speed)}`)
    .join(" + ");
}

/** Network speeds are counted in bits. */
function speedText(bytesPerSecond: number): string {
  return `${Number(((bytesPerSecond * 8) / 1e9).toPrecision(3))} Gb/s`;
}

/** Whether two lists may be of one card: no port that both name has two values of one fact. */
export function samePorts(a: readonly NicPort[], b: readonly NicPort[]): boolean {
  return a.every((port) =>
    b.every((other) => port.name === null || port.name !== other.name || agree(port, other)),
  );
}

/**
 * The ports of both lists, each with what either knows of it. A source may leave ports out, as NCCL
 * does when it is told which to use. Lists whose names have nothing in common, `mlx5_0` and `eth0`,
 * name the same ports twice, so the first stays alone. For lists that `samePorts` accepts.
 */
export function completedPorts(a: readonly NicPort[], b: readonly NicPort[]): readonly NicPort[] {
  const others = [...b];
  const completed = a.map((port) => {
    const at = others.findIndex((other) => isSamePort(port, other));
    const [other] = at < 0 ? [] : others.splice(at, 1);
    return {
      name: port.name ?? other?.name ?? null,
      port: port.port ?? other?.port ?? null,
      bytesPerSecond: port.bytesPerSecond ?? other?.bytesPerSecond ?? null,
      guid: port.guid ?? other?.guid ?? null,
    };
  });
  const stems = new Set(a.map(stemOf));
  return [...completed, ...others.filter((other) => stems.has(stemOf(other)))];
}

/** `mlx5_` of `mlx5_0`: the devices of one driver differ in the number at the end. */
function stemOf({ name }: NicPort): string | null {
  return name?.replace(/\d{1,5}$/, "") ?? null;
}

/** Ports are told apart by their names; without a name, by their card's id and their number. */
function isSamePort(a: NicPort, b: NicPort): boolean {
  const named = a.name !== null && a.name === b.name;
  const numbered = a.guid !== null && a.guid === b.guid && a.port !== null && a.port === b.port;
  return agree(a, b) && (named || numbered);
}

function agree(a: NicPort, b: NicPort): boolean {
  return fields.every((field) => a[field] === null || b[field] === null || a[field] === b[field]);
}

const fields = ["name", "port", "bytesPerSecond", "guid"] as const;
