/** A number with its noun: `1 core`, `2 cores`. */
export function amountOf(amount: number, noun: string): string {
  return `${amount} ${plural(amount, noun)}`;
}

/** The noun in the form that goes with a number. */
export function plural(amount: number, noun: string): string {
  return amount === 1 ? noun : `${noun}s`;
}
