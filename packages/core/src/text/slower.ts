/**
 * A slowdown in words: 1.04 is "4.0 % slower", 1.215 "22 % slower", and from three times on "20
 * times slower", since nobody reads "1900 %".
 */
export function slowerText(slowdown: number): string {
  if (slowdown >= 3) return `${Number(slowdown.toFixed(1))} times slower`;
  const percent = (slowdown - 1) * 100;
  return `${percent.toFixed(percent < 9.95 ? 1 : 0)} % slower`;
}
