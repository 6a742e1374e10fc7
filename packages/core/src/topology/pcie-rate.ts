/** The transfer rates of PCI Express by generation, the first at 0, in GT/s. */
export const pcieSpeedsGTs: readonly number[] = [2.5, 5, 8, 16, 32, 64];

/** A link's generation and width, such as `gen5 x16`; an unknown part is a `?`. */
export function pcieRateText(speedGTs: number | null, width: number | null): string {
  const generation = speedGTs === null ? 0 : pcieSpeedsGTs.indexOf(speedGTs) + 1;
  const speed =
    speedGTs === null ? "gen?" : generation === 0 ? `${speedGTs} GT/s` : `gen${generation}`;
  return `${speed} x${width ?? "?"}`;
}
