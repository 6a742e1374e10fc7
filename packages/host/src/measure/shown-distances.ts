import type { Measured, MemoryFigures } from "@evenkeel/core/calibration/calibration.ts";

/** Where nodes are shown equally far, less is what pages and slices of caches make. */
const slowerShare = 1.1;

/** Where a figure spreads more than this, nothing can be said of it. */
const spreadMost = 1.3;

/** A measured pair, and how far it is shown. */
interface Shown {
  readonly initiator: number;
  readonly target: number;
  readonly latency: Measured;
  readonly distance: number;
}

/**
 * Whether the distances that firmware shows (SLIT) agree with what was measured, in sentences about
 * those that do not: of one node's CPUs, memory that is shown farther and is not slower beyond the
 * spread, and memory that is shown equally far and is.
 *
 * @param ids the nodes in the matrix's order.
 */
export function wrongDistances(
  memory: readonly MemoryFigures[],
  distances: readonly (readonly number[])[] | null,
  ids: readonly number[],
): readonly string[] {
  const known = memory.flatMap(({ initiator, target, readLatencyNs: latency }): Shown[] => {
    if (latency === null || initiator === null || target === null) return [];
    const distance = distances?.[ids.indexOf(initiator)]?.[ids.indexOf(target)];
    if (distance === undefined) return [];
    return [{ initiator, target, latency, distance }];
  });
  const isClear = ({ latency: { least, most } }: Shown): boolean => most <= least * spreadMost;
  const clear = known.filter(isClear);
  const sentences = clear.flatMap((one, i) =>
    clear
      .slice(i + 1)
      .filter(({ initiator }) => initiator === one.initiator)
      .flatMap((other) =>
        one.distance <= other.distance ? wrongPair(one, other) : wrongPair(other, one),
      ),
  );
  const unclear = known.length - clear.length;
  if (known.length < 2 || unclear === 0) return sentences;
  const pairs = known
    .filter((one) => !isClear(one))
    .map(({ initiator, target }) => `${initiator}-${target}`);
  return [
    ...sentences,
    `the latencies of ${pairs.join(", ")} spread too much to say whether the shown distances hold there`,
  ];
}

function wrongPair(near: Shown, far: Shown): readonly string[] {
  const ns = ({ latency }: Shown): string => `${latency.median.toFixed(0)} ns`;
  const from = `from CPUs of node ${near.initiator}`;
  if (near.distance < far.distance) {
    if (far.latency.median > near.latency.most) return [];
    return [
      `${from}, node ${far.target} is shown farther than node ${near.target} ` +
        `(${far.distance}, not ${near.distance}), and is not slower: ${ns(far)}, and ${ns(near)}`,
    ];
  }
  const [quick, slow] = near.latency.median <= far.latency.median ? [near, far] : [far, near];
  const isSlower =
    slow.latency.least > quick.latency.most &&
    slow.latency.median >= quick.latency.median * slowerShare;
  if (!isSlower) return [];
  return [
    `${from}, nodes ${near.target} and ${far.target} are shown equally far (${near.distance}), ` +
      `and node ${slow.target} is slower: ${ns(slow)}, not ${ns(quick)}`,
  ];
}
