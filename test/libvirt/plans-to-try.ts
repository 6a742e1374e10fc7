/**
 * How many generated plans a test tries: as many as it says for `npm test`, or at least those that
 * `EVENKEEL_PLANS` asks for, for a long run by itself.
 */
export function plansToTry(usual: number): number {
  const { EVENKEEL_PLANS = `${usual}` } = process.env;
  return Math.max(usual, Number(EVENKEEL_PLANS));
}
