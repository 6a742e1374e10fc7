/** The width of text for people where there is no terminal. */
export const COLUMNS = 100;

/** In narrower terminals, lines run over. */
const COLUMNS_MIN = 40;

/** The columns that text for people may take; `columns` is null where there is no terminal. */
export function widthOf({ columns }: { readonly columns: number | null }): number {
  return Math.max(COLUMNS_MIN, columns ?? COLUMNS);
}
